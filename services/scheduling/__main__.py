"""The processes of scheduling: `python -m services.scheduling migrate | web | worker`."""

from services.scheduling.bootstrap import build
from shared.process import main

if __name__ == "__main__":
    raise SystemExit(main(build))
