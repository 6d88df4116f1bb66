"""The processes of a service: `python -m services.NAME migrate | web | worker`.

`restored TIME` puts a database right that was put back from a backup taken at TIME. `start-over`
has everything sent and read again, for Kafka's topics are emptied; the worker must be stopped.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy.exc import DBAPIError

from shared.migrations.migrate import migrate
from shared.service import Service
from shared.settings import EVERY_SECRET, Settings, settings_or_exit

_ROLES = ("migrate", "web", "worker", "restored", "start-over")


def main(
    build: Callable[[Settings], Service],
    *,
    web: Sequence[str] = EVERY_SECRET,
    worker: Sequence[str] = (),
) -> int:
    """Run the process that the command line names. Returns the exit status.

    `web` and `worker` name the secrets that each needs; deploy/compose.yaml mounts those alone.
    """
    role = sys.argv[1] if len(sys.argv) > 1 else ""
    if role not in _ROLES or len(sys.argv) != (3 if role == "restored" else 2):
        usage = "usage: python -m services.NAME migrate|web|worker|start-over|restored TIME"
        print(usage, file=sys.stderr)  # noqa: T201
        return 2
    needs = {"web": web, "worker": worker}.get(role, ())
    settings = settings_or_exit(needs=needs, follows=role == "worker")
    if role == "restored":
        return _put_right(build(_as_owner(settings)), sys.argv[2])
    if role == "start-over":
        return _start_over(build(_as_owner(settings)))
    if role == "web":  # it recognises the operator, and is never one
        settings = replace(settings, operator_token=settings.operator_token.only_hashed())
    service = build(settings)
    if role == "migrate":
        return _migrate(service, build(_as_owner(settings)))
    if role == "web":
        from shared.web.server import run_web

        _and_leave(run_web, service)
    else:
        from shared.worker.process import run_worker

        _and_leave(run_worker, service)
    return 0


def _and_leave(run: Callable[[Service], None], service: Service) -> None:
    """End as soon as all is done: taking the libraries apart takes seconds on a busy machine, and
    those with threads of their own may abort in it.
    """
    status: int | str | None = 0
    try:
        run(service)
    except SystemExit as end:
        status = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 1 if status else 0)


def _as_owner(settings: Settings) -> Settings:
    """Epochs are raised by the role that owns the tables alone."""
    return replace(settings, database_urls=settings.owner_database_urls)


def _put_right(service: Service, taken: str) -> int:
    from shared.restoring.putting_right import put_right, words

    return _step(service, "put right", lambda: words(service.name, put_right(service, taken)))


def _start_over(service: Service) -> int:
    from shared.restoring.starting_over import start_over_and_tell

    def work() -> Sequence[str]:
        epoch = start_over_and_tell(service)
        return [f"{service.name}: a new epoch, {epoch}; everything is sent and read again."]

    return _step(service, "used", work)


def _migrate(service: Service, owner: Service) -> int:
    from shared.restoring.republishing import republish_where_no_topics_are

    settings = service.settings

    def work() -> Sequence[str]:
        known = migrate(
            settings.owner_database_urls[service.name],
            settings.database_urls[service.name],
            service.migrations,
        )
        if known:
            told = republish_where_no_topics_are(owner)
            what = " Followers are told that the past is shown in another form." if told else ""
            return [f"{service.name}: the database has every migration.{what}"]
        return [f"{service.name}: the database is of a newer release, and left as it is."]

    return _step(service, "migrated", work)


def _step(service: Service, done: str, work: Callable[[], Sequence[str]]) -> int:
    """Say what the work tells, or why the database cannot be `done`. Returns the exit status."""
    try:
        lines = work()
    except DBAPIError as error:
        why = str(error.orig).strip().splitlines()[0]
        print(f"{service.name}: the database cannot be {done}: {why}", file=sys.stderr)  # noqa: T201
        return 1
    print("\n".join(lines))  # noqa: T201
    return 0
