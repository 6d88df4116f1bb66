"""The front's process: `python -m services.web web`; `check` looks at its settings alone."""

import sys

from services.web.settings import settings_or_exit


def main() -> int:
    """Returns the exit status."""
    if sys.argv[1:] not in (["check"], ["web"]):
        print("usage: python -m services.web check|web", file=sys.stderr)  # noqa: T201
        return 2
    settings = settings_or_exit()
    if sys.argv[1] == "web":
        from services.web.app import run

        run(settings)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
