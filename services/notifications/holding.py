"""Whether the queue is held: by refusals that are about us, and by ones that may be.

A refusal that is about the sender, the quota, the login or a policy says nothing about the message
that met it. The queue rests, and one message tries again after each rest, each time another one:
as soon as one passes, all go. So one recipient whom a policy keeps from us holds nobody up: other
messages pass meanwhile, and that is how such a refusal is known to be about that recipient alone.
See docs/decisions/refusals-of-mail.md.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import structlog

from services.notifications.domain.refusals import About
from services.notifications.letters import WAITING
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import Database, mark, marks

log = structlog.get_logger()
_FIRST_REST, _LONGEST_REST = timedelta(seconds=5), timedelta(seconds=60)
_IN_A_ROW = 2  # messages to different people that a policy may refuse before it is thought of us
_MOST_DOUBTS = 10_000
SERVER, REGISTRY, CUT = "server", "registry", "cut"
_OUT_OF_REACH = (SERVER, REGISTRY)


class Verdict(StrEnum):
    """What becomes of a message that was refused."""

    HOLD = "hold"  # it waits, and so do all others
    POSTPONE = "postpone"  # it alone waits
    FAIL = "fail"


class Trouble(NamedTuple):
    """Why nothing goes out: `kind` is server, registry, sender, policy or cut."""

    kind: str
    words: str
    since: str


class Hold:
    """For one thread. What it holds for is in the table `mail_holds`, for whoever asks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._passed = 0  # messages that were accepted
        self._doubts: dict[str, int] = {}  # by person: how many had passed at the last refusal
        self._in_a_row = set[str]()
        self._rests = 0
        self._rested_until: datetime | None = None
        self._recorded: tuple[str, str] | None = None
        self._inherited = True  # perhaps, from the process before this one

    def rests(self, now: datetime) -> bool:
        return self._rested_until is not None and now < self._rested_until

    def rest(self, now: datetime, longest: timedelta = _LONGEST_REST) -> datetime:
        """Nothing is sent until the moment that this returns."""
        pause = min(_FIRST_REST * float(1 << min(self._rests, 10)), longest)
        self._rests += 1
        self._rested_until = now + pause
        return self._rested_until

    def rest_shortly(self, now: datetime) -> None:
        """Where a server could not be reached: trying again costs nobody anything."""
        self._rested_until = now + _FIRST_REST

    def passed(self, person: str) -> None:
        """A message to this person was accepted: nothing keeps the others."""
        self._passed += 1
        self._rests = 0
        self._in_a_row.clear()
        self._doubts.pop(person, None)
        if self._recorded or self._inherited:
            self._delete()
            self._inherited = False

    def refused(self, person: str, about: About, words: str, now: datetime) -> Verdict:
        """Of a refusal by SENDER or POLICY, or (PASSING) a connection that broke.

        Whoever was refused before, while others' messages passed since, is refused alone: that
        holds nobody else. Of the others it records why nothing goes out.
        """
        others_passed = self._passed > self._doubts.get(person, self._passed)
        if len(self._doubts) >= _MOST_DOUBTS:
            self._doubts.clear()
        self._doubts[person] = self._passed
        if others_passed:
            return Verdict.FAIL if about is About.POLICY else Verdict.POSTPONE
        self._in_a_row.add(person)
        self.record(CUT if about is About.PASSING else str(about), words, now)
        certain = about is About.SENDER
        return Verdict.HOLD if certain or len(self._in_a_row) >= _IN_A_ROW else Verdict.POSTPONE

    def record(self, kind: str, words: str, now: datetime) -> None:
        """Say why nothing goes out; in the log once, however often it is tried."""
        if (kind, words) == self._recorded:
            return
        log.warning("messages wait", why=words)
        with self._database.write() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO mail_holds (id, kind, words, since) VALUES ({marks(connection, 4)})"
                " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, words = excluded.words",
                (1, kind, words, rfc3339(now)),
            )
        self._recorded = (kind, words)

    def reached(self) -> None:
        """The registry and the mail server could be used."""
        known = self._recorded[0] if self._recorded else None
        if known in _OUT_OF_REACH or (known is None and self._inherited):
            self._delete(f"WHERE kind IN ({', '.join(map(repr, _OUT_OF_REACH))})")

    def _delete(self, where: str = "") -> None:
        with self._database.write() as connection:
            connection.exec_driver_sql(f"DELETE FROM mail_holds {where}")
        self._recorded = None


def trouble(connection: Connection) -> Trouble | None:
    """Why messages that wait do not go out; None where nothing waits, or nothing is known."""
    row = connection.exec_driver_sql(
        "SELECT kind, words, since FROM mail_holds WHERE EXISTS"
        f" (SELECT 1 FROM letters WHERE state = {mark(connection)} AND due IS NOT NULL)",
        (WAITING,),
    ).first()
    return Trouble._make(row) if row else None
