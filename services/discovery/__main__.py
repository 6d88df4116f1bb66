"""Discovery's processes: `python -m services.discovery migrate | web | worker`."""

from services.discovery.bootstrap import build
from shared.process import main

if __name__ == "__main__":
    raise SystemExit(main(build))
