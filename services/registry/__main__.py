"""The registry's processes: `python -m services.registry migrate | web | worker`."""

from services.registry.bootstrap import build
from shared.process import main

if __name__ == "__main__":
    raise SystemExit(main(build))
