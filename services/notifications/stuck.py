"""How the post stands: what is due, what waits and why. For status, metrics and operators."""

from datetime import datetime
from typing import Any

from services.notifications import holding
from services.notifications.domain.delivery import STATUSES
from services.notifications.letters import WAITING
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark
from shared.projection.generations import OWN, active
from shared.service import Trouble


def unformed(connection: Connection, now: datetime) -> int:
    """Deliveries that are due and in no letter yet."""
    row = connection.exec_driver_sql(
        f"SELECT count(*) FROM deliveries_{active(connection, OWN)} AS waiting"
        f" WHERE due <= {mark(connection)} AND NOT EXISTS"
        " (SELECT 1 FROM letter_deliveries WHERE delivery = waiting.id)",
        (rfc3339(now),),
    )
    return int(row.scalar_one())


def due_letters(connection: Connection, now: datetime) -> int:
    """Letters whose next attempt is due."""
    sql = f"SELECT count(*) FROM letters WHERE due <= {mark(connection)}"
    return int(connection.exec_driver_sql(sql, (rfc3339(now),)).scalar_one())


def account(connection: Connection, now: datetime) -> dict[str, Any]:
    """Counts by status, the oldest that waits, and what the mail server last said, by its words."""
    by_status = connection.exec_driver_sql(
        f"SELECT status, count(*) FROM deliveries_{active(connection, OWN)} GROUP BY status"
    )
    p = mark(connection)
    oldest = connection.exec_driver_sql(
        f"SELECT min(at) FROM letters WHERE state = {p} AND due IS NOT NULL", (WAITING,)
    ).scalar_one()
    words = connection.exec_driver_sql(
        "SELECT words, count(*), max(attempts), min(due) FROM letters"
        f" WHERE state = {p} AND words <> '' GROUP BY words ORDER BY count(*) DESC LIMIT 10",
        (WAITING,),
    )
    uncertain = connection.exec_driver_sql("SELECT count(*) FROM letters WHERE uncertain > 0")
    return {
        "deliveries": {row[0]: row[1] for row in by_status},
        "due": unformed(connection, now) + due_letters(connection, now),
        "oldest_waiting": oldest,
        "oldest_waiting_seconds": oldest
        and round((now - parse_rfc3339(oldest)).total_seconds(), 1),
        "retrying": [
            {"why": row[0], "letters": row[1], "attempts": row[2], "next": row[3]} for row in words
        ],
        "perhaps_sent_twice": uncertain.scalar_one(),
        "held": held(connection),
    }


def held(connection: Connection) -> dict[str, str] | None:
    """Why messages that wait do not go out, and since when; None where nothing holds them."""
    trouble = holding.trouble(connection)
    return trouble._asdict() if trouble else None


def troubles(connection: Connection) -> list[Trouble]:
    """What keeps messages from going out, for status."""
    trouble = holding.trouble(connection)
    if trouble is None:
        return []
    return [Trouble(f"mail: {trouble.kind}", f"messages wait: {trouble.words}", trouble.since)]


def measures(connection: Connection, now: datetime, *, sends: bool) -> dict[str, tuple[str, float]]:
    """Gauges for Prometheus. Where no mail server is set, no letter waits for one."""
    found = account(connection, now)
    status = {name: float(found["deliveries"].get(name, 0)) for name in STATUSES}
    gauges = {
        f"hedgerow_messages_{name}": (f"Messages in the ledger that are {name}", count)
        for name, count in status.items()
    }
    held_since = found["held"] and parse_rfc3339(found["held"]["since"])
    retrying = float(sum(group["letters"] for group in found["retrying"]))
    return gauges | {
        "hedgerow_letters_retrying": ("Letters that are tried again", retrying),
        "hedgerow_letters_oldest_seconds": (
            "Age of the oldest letter that waits",
            float(found["oldest_waiting_seconds"] or 0) if sends else 0.0,
        ),
        "hedgerow_mail_held_seconds": (
            "How long nothing has gone out: hedgerow_troubles says why",
            (now - held_since).total_seconds() if held_since and sends else 0.0,
        ),
        "hedgerow_messages_perhaps_twice": (
            "Letters whose outcome a crash left unknown, and which were sent again",
            float(found["perhaps_sent_twice"]),
        ),
        "hedgerow_webhooks_failing": ("Endpoints that fail", float(_failing(connection))),
    }


def _failing(connection: Connection) -> int:
    sql = "SELECT count(*) FROM webhooks WHERE failing_since IS NOT NULL"
    return int(connection.exec_driver_sql(sql).scalar_one())
