"""Four services with so many communities, and about as much of everything else that they list.

The registry imports a list; the others read its events. What people do one by one (sessions,
links, messages) is done once, and the rows that it left are copied.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from shared.database import Database, marks
from shared.eventstore.events import START, Cursor
from shared.identifiers import derived_id
from shared.projection.projection import project
from shared.service import Service
from tests.discovery import Discovery
from tests.notifications import Notifications
from tests.registry import Registry
from tests.scheduling import Scheduling

_BATCH = 1000
_NETWORK_OF, _REGIONS, _SECTORS = 50, 40, 7  # communities to a network; how many there are
_WORDS = ("falls", "frailty", "hearts", "lungs", "sleep", "pain", "stroke", "births", "wards")


class Filled(NamedTuple):
    """Ids of which there is much to list."""

    size: int
    network: str
    community: str
    person: str
    cohort: str
    session: str


def fill(
    size: int,
    registry: Registry,
    scheduling: Scheduling,
    discovery: Discovery,
    post: Notifications,
) -> Filled:
    """Fill all four with `size` of what each lists."""
    network = _registered(size, registry)
    with registry.service.database.read() as connection:
        known = connection.exec_driver_sql("SELECT id FROM communities_1 ORDER BY id").scalars()
    for service in (scheduling.service, discovery.service, post.service):
        _follow(registry.service, service)
    person = registry.operator.person("Ada", email="ada@people.example")
    cohort, session = _scheduled(size, scheduling, known)
    _linked(size, discovery, known)
    _sent(size, post, known, person)
    discovery.follower.catch_up(discovery.service.database)
    return Filled(size, network, known[0], person, cohort, session)


def _registered(size: int, registry: Registry) -> str:
    """The id of a network."""
    registry.operator.made("/organisations", name="A", kind="nhs-trust", ods_code="R9X")
    for start in range(0, size, _BATCH):
        records = [_record(n) for n in range(start, min(size, start + _BATCH))]
        assert registry.operator.import_list(*records)["new"] == len(records)
    database = registry.service.database
    _copies(database, "organisations_1", size // 10, id=_number("org"), sort_name=_number("name"))
    for n in range(size // 20):  # some that changed since
        name = derived_id("com", "import", "import", str(n))
        registry.operator.changed(f"/communities/{name}", sectors=[f"Sector {n % _SECTORS}"])
    registry.operator.person("Bob", email="bob@people.example")
    _copies(database, "people", size, id=_number("per"), email=_number("m"), email_key=_number("m"))
    return str(registry.anyone.get("/networks").json["items"][0]["id"])


def _record(n: int) -> dict[str, Any]:
    words = [_WORDS[(n * k + n // 7) % len(_WORDS)] for k in (1, 3, 5)]
    return {
        "id": str(n),
        "name": f"{words[0]} {n}",
        "domain": f"Better {' and '.join(words)} in the places where people live",
        "topics": words[:2],
        "network": f"Network {n // _NETWORK_OF}",
        "region": f"Region {n % _REGIONS}",
    }


def _follow(source: Service, service: Service) -> None:
    """Project all events of the one into what the other knows of it."""
    cursor: Cursor = START
    while True:
        with source.database.read() as connection:
            events = source.store.read(connection, cursor, _BATCH)
        if not events:
            return
        with service.database.write() as connection:
            assert not project(connection, service.followed, 1, events)
        cursor = events[-1].cursor


def _scheduled(size: int, scheduling: Scheduling, known: list[str]) -> tuple[str, str]:
    session = scheduling.meeting(known[0])["id"]
    cohort = scheduling.cohort()["id"]
    database, first = scheduling.service.database, date(2024, 1, 1)

    def day(n: int) -> str:
        return (first + timedelta(days=n % 1500)).isoformat()

    _copies(database, "sessions_1", size, id=_number("ses"), day=day)
    _copies(
        database,
        "session_communities_1",
        size,
        session=_number("ses"),
        day=day,
        community=lambda n: known[n // 4 % len(known)],
    )
    began = {"id": _number("id"), "began_at": _moment}
    _copies(database, "cohorts_1", size // 20, **began)
    _copies(database, "programmes_1", size // 20, **began)
    return cohort, session


def _linked(size: int, discovery: Discovery, known: list[str]) -> None:
    discovery.link(known[0], known[1])
    _copies(
        discovery.service.database,
        "links_1",
        size,
        id=_number("lnk"),
        low=lambda n: known[n % len(known)],
        high=lambda n: known[(n * 7 + 2) % len(known)],
        began_at=_moment,
        state=lambda n: "ended",
        over_at=lambda n: None,
        agreed_at=_moment,
    )


def _sent(size: int, post: Notifications, known: list[str], person: str) -> None:
    """Deliveries of messages, of which one in a hundred waits."""
    now = post.service.clock.now()
    post.role(person, "convener", known[0])
    post.tell("registry.community.convener-needed", stream=known[0], at=now, now=now)
    database = post.service.database
    _copies(
        database,
        "deliveries_1",
        size,
        id=_number("dlv"),
        person=_number("per"),
        about=lambda n: known[n % len(known)],
        status=lambda n: "queued" if n % 100 == 0 else "sent",
        queued_at=_moment,
        due=lambda n: _moment(n) if n % 100 == 0 else None,
    )


def _number(kind: str) -> Callable[[int], str]:
    return lambda n: f"{kind}_{n:020}"


def _moment(n: int) -> str:
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _copies(database: Database, table: str, count: int, **changes: Callable[[int], object]) -> None:
    """Copies of the table's first row, with some columns by their number."""
    columns = _columns(database, table)
    with database.write() as connection:
        sql = f"SELECT {', '.join(columns)} FROM {table} LIMIT 1"
        row = connection.exec_driver_sql(sql).first()
        assert row is not None, f"{table} has no row to copy"
        rows = []
        for n in range(count):
            new = dict(zip(columns, row, strict=True)) | {k: f(n) for k, f in changes.items()}
            rows.append(tuple(new.values()))
        insert = f"INSERT INTO {table} ({', '.join(columns)})"
        connection.exec_driver_sql(f"{insert} VALUES ({marks(connection, len(columns))})", rows)


def _columns(database: Database, table: str) -> list[str]:
    with database.read() as connection:
        if connection.dialect == "sqlite":
            sql = f"SELECT name FROM pragma_table_info('{table}') ORDER BY cid"
        else:
            sql = (
                "SELECT column_name FROM information_schema.columns"
                f" WHERE table_name = '{table}' ORDER BY ordinal_position"
            )
        return [str(name) for name in connection.exec_driver_sql(sql).scalars()]
