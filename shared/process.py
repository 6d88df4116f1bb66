"""The processes of a service: `python -m services.NAME migrate | web | worker`."""

import sys
from collections.abc import Callable

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from shared.migrations.migrate import migrate
from shared.service import Service
from shared.settings import Settings, settings_or_exit

_ROLES = ("migrate", "web", "worker")


def main(build: Callable[[Settings], Service]) -> int:
    """Run the process that the command line names. Returns the exit status."""
    role = sys.argv[1] if len(sys.argv) == 2 else ""
    if role not in _ROLES:
        print(f"usage: python -m services.NAME {'|'.join(_ROLES)}", file=sys.stderr)  # noqa: T201
        return 2
    service = build(settings_or_exit(need_tokens=role != "migrate"))
    if role == "migrate":
        return _migrate(service)
    if role == "web":
        from shared.web.server import run_web

        run_web(service)
    else:
        from shared.worker.process import run_worker

        run_worker(service)
    return 0


def _migrate(service: Service) -> int:
    settings = service.settings
    try:
        migrate(
            settings.owner_database_urls[service.name],
            settings.database_urls[service.name],
            service.migrations,
        )
    except DBAPIError as error:
        why = str(error.orig).strip().splitlines()[0]
    except CommandError as error:
        why = f"it is of a newer release than this one: start that again ({error})"
    else:
        print(f"{service.name}: the database has every migration.")  # noqa: T201
        return 0
    print(f"{service.name}: the database cannot be migrated: {why}", file=sys.stderr)  # noqa: T201
    return 1
