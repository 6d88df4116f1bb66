"""The processes of notifications: `python -m services.notifications migrate | web | worker`."""

from services.notifications.bootstrap import build
from shared.process import main

if __name__ == "__main__":
    raise SystemExit(main(build, worker=("service_token", "secret")))
