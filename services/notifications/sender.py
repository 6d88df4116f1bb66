"""The sender: claims letters, sends them over one connection, and records each outcome.

Between the server's yes and the row that says so a process may die. Then that one letter is sent
again, with the same Message-ID, and the ledger says that it may have come twice. Letters are
claimed in an order and each outcome is recorded before the next is sent, so that it is never more
than one letter.
"""

import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from services.notifications import bouncing, forming, letters, reading
from services.notifications.ahead import Ahead
from services.notifications.contact_book import (
    Contact,
    ContactBook,
    ContactsUnavailable,
    is_address,
)
from services.notifications.domain.backoff import GIVE_UP, LONGEST, pause
from services.notifications.domain.delivery import Failed, Missed, Outcome, Sent, Suppressed
from services.notifications.domain.refusals import About
from services.notifications.domain.rules import LONGEST_AGE, longest_age
from services.notifications.holding import REGISTRY, SERVER, Hold, Verdict
from services.notifications.joining import JoinBook
from services.notifications.letters import ENDED, HANDED_OVER, SENT, WAITING, Letter
from services.notifications.mail import Envelope, envelope
from services.notifications.rate import Rate
from services.notifications.reasons import NoReasons, ReasonDirectory
from services.notifications.record import Record
from services.notifications.rendering import Renderer
from services.notifications.smtp import Connection, Cut, NoServer
from services.notifications.unreachable import tell_conveners
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection as Database
from shared.database import mark
from shared.restoring import moments
from shared.service import Service

log = structlog.get_logger()
_AT_ONCE = 100  # letters in one claim
_REFUSED = "refused by the mail server"
_LONGEST_PAUSE = timedelta(minutes=10)  # of a message that may not be at fault itself


class Held(Exception):
    """A refusal that is about us: nothing else needs to be tried now."""


class Sender:
    """`step` is called again and again by one thread of one process: see shared/worker."""

    def __init__(
        self,
        service: Service,
        contacts: ContactBook,
        joins: JoinBook,
        renderer: Renderer,
        reasons: ReasonDirectory | None = None,
    ) -> None:
        self._service, self._renderer = service, renderer
        self._contacts, self._joins = contacts, joins
        self._reasons = reasons or NoReasons()
        settings = service.settings
        self._mail_from = settings.mail_from
        self._sender_per_message = settings.mail_sender_per_message
        self._connection = Connection(settings.smtp_url) if settings.smtp_url else None
        self._rate = Rate(settings.mail_per_minute)
        self._claim = f"sender-{uuid.uuid4().hex}"
        self._recovered = False
        self._record = Record(service.database)
        self._hold = Hold(service.database)

    def step(self) -> bool:
        """Form letters, and send what is due; returns whether there was anything to do."""
        now = self._service.clock.now()
        if not self._recovered:
            self._recover()
            self._recovered = True
        formed = forming.form(self._service, now) > 0
        if self._connection is None or self._hold.rests(now):
            return formed
        return self._send_some(self._connection, now) or formed

    def close(self) -> None:
        self._record.close()
        if self._connection is not None:
            self._connection.close()

    def _recover(self) -> None:
        """Take over what a sender that died had claimed."""
        with self._service.database.write() as connection:
            rows = connection.exec_driver_sql(
                "SELECT id, claim FROM letters WHERE claim IS NOT NULL AND state = 'waiting'"
                " ORDER BY claim, place"
            ).all()
            in_hand = {claim: letter for letter, claim in reversed(rows)}  # the first of each
            p = mark(connection)
            for letter in in_hand.values():
                sql = f"UPDATE letters SET uncertain = 1 WHERE id = {p}"
                connection.exec_driver_sql(sql, (letter,))
            connection.exec_driver_sql(
                "UPDATE letters SET claim = NULL WHERE claim IS NOT NULL AND state = 'waiting'"
            )
        if in_hand:
            log.warning("a sender died; sending again what it had in hand", letters=len(in_hand))
        self._settle_handed_over()
        if self._connection is not None:
            self._miss_restored()

    def _miss_restored(self) -> None:
        """What waited when a backup was taken has long been sent when it is put back: not again."""
        with self._service.database.read() as connection:
            restored = moments.last(connection)
            if restored is None:
                return
            p = mark(connection)
            rows = connection.exec_driver_sql(
                f"SELECT {letters.COLUMNS} FROM letters WHERE due IS NOT NULL AND at <= {p}",
                (rfc3339(restored),),
            ).all()
        for row in rows:
            self._end(letters.as_letter(row), Missed(moments.REASON))

    def _send_some(self, connection: Connection, now: datetime) -> bool:
        claimed = self._claim_due(now)
        if not claimed:
            return False
        try:
            self._send_claimed(connection, claimed, now)
        except (NoServer, ContactsUnavailable) as error:
            kind = SERVER if isinstance(error, NoServer) else REGISTRY
            self._hold.record(kind, str(error), now)
            self._hold.rest_shortly(now)
            self._say_why(str(error))
        except Held as held:
            self._say_why(str(held))
        else:
            self._hold.reached()
        finally:
            self._settle_handed_over()
            self._unclaim()
        return True

    def _say_why(self, trouble: str) -> None:
        """Why those in hand wait, for the operator."""
        with self._service.database.write() as connection:
            p = mark(connection)
            connection.exec_driver_sql(
                f"UPDATE letters SET words = {p} WHERE claim = {p} AND state = {p}",
                (trouble, self._claim, letters.WAITING),
            )

    def _claim_due(self, now: datetime) -> list[Letter]:
        limit = min(_AT_ONCE, self._rate.allowed(now))
        if limit == 0:
            return []
        with self._service.database.read() as connection:
            people = [row[1] for row in _due(connection, now, limit)]
        if not people:
            return []
        forming.think_again(self._service, list(dict.fromkeys(people)), now)
        with self._service.database.write() as connection:
            p = mark(connection)
            rows = _due(connection, now, limit)
            if rows:
                connection.exec_driver_sql(
                    f"UPDATE letters SET claim = {p}, place = {p} WHERE id = {p}",
                    [(self._claim, place, row[0]) for place, row in enumerate(rows)],
                )
        return [letters.as_letter(row) for row in rows]

    def _send_claimed(self, smtp: Connection, claimed: Sequence[Letter], now: datetime) -> None:
        """Raises NoServer, ContactsUnavailable, Held: then the rest stays as it was."""
        with self._service.database.read() as connection:
            parts = reading.parts_of(connection, claimed)
            renewals = reading.renewals_of(connection, claimed)
        contacts = self._contacts.look_up(reading.everybody_in(claimed, parts))
        with self._service.database.read() as connection:
            blocked = bouncing.blocked(connection, contacts)
        joins = self._joins.look_up(reading.joining_in(claimed, parts))
        reasons = self._reasons.look_up(reading.reasoned_in(parts))
        known = reading.Known(parts, renewals, contacts, joins, reasons)
        ready = Ahead(self._written(claimed, known, blocked, now))
        for letter, wire in ready:
            outcome: Outcome | None
            if isinstance(wire, Envelope):
                contact = contacts[letter.person]
                outcome = self._deliver(smtp, letter, wire, contact, now, ready.prepare)
            else:
                outcome = wire
            if outcome is not None:
                self._end(letter, outcome)

    def _written(
        self,
        claimed: Sequence[Letter],
        known: reading.Known,
        blocked: set[str],
        now: datetime,
    ) -> Iterator[tuple[Letter, Envelope | Outcome]]:
        """Each letter as it goes out, or why it does not."""
        for letter in claimed:
            if (reason := _hopeless(letter, known, blocked, now)) is not None:
                yield letter, reason
                continue
            try:
                wire = self._write(letter, known, now)
            except Exception as error:
                log.exception("a letter cannot be written", letter=letter.id)
                said = f"{type(error).__name__}: {error}"[:200]
                yield letter, Failed("cannot be written", said)
            else:
                yield letter, wire

    def _write(self, letter: Letter, known: reading.Known, now: datetime) -> Envelope:
        said = reading.rendered(self._renderer, letter, known, now)
        contact = known.contacts[letter.person]
        return envelope(
            self._mail_from,
            contact.own_name,
            contact.email or "",
            letter.id,
            said,
            sender_per_message=self._sender_per_message,
        )

    def _deliver(
        self,
        smtp: Connection,
        letter: Letter,
        wire: Envelope,
        contact: Contact,
        now: datetime,
        meanwhile: Callable[[], None],
    ) -> Outcome | None:
        """One exchange, recorded at once. What ends the letter without its being sent, if so.

        Raises NoServer, Held.
        """
        self._rate.take(now)
        try:
            refusal = smtp.send(wire, meanwhile)
        except NoServer:
            raise
        except Cut as cut:
            return self._doubtful(letter, About.PASSING, str(cut), now, uncertain=cut.unknown)
        except Exception as error:
            log.exception("a letter cannot be sent", letter=letter.id)
            words = f"{type(error).__name__}: {error}"[:200]
            return self._doubtful(letter, About.POLICY, words, now)
        if refusal is None:
            self._record.handed_over(letter.id, contact.version)
            self._hold.passed(letter.person)
            return None
        words = f"{refusal.code} {refusal.words}"
        match refusal.about:
            case About.ADDRESS:
                self._block(letter.person, contact, refusal.words, now)
                return Failed(_REFUSED, words)
            case About.MESSAGE:
                return Failed(_REFUSED, words)
            case About.PASSING:
                return self._postpone(letter, words, now)
            case About.SENDER | About.POLICY:
                return self._doubtful(letter, refusal.about, words, now)

    def _doubtful(
        self, letter: Letter, about: About, words: str, now: datetime, *, uncertain: bool = False
    ) -> Outcome | None:
        """It is not known to be the letter's own fault. Raises Held."""
        verdict = self._hold.refused(letter.person, about, words, now)
        if verdict is Verdict.FAIL:
            return Failed(_REFUSED, words)
        if verdict is Verdict.POSTPONE:
            return self._postpone(letter, words, now, longest=_LONGEST_PAUSE, uncertain=uncertain)
        rested = self._hold.rest(now)
        ended = self._postpone(letter, words, now, due=rested, uncertain=uncertain)
        if ended is not None:
            self._end(letter, ended)
        raise Held(words)

    def _block(self, person: str, contact: Contact, words: str, now: datetime) -> None:
        """The server knows no such address: nothing goes there any more, and conveners hear of it.

        Before the letter is ended: if the process dies between, that is done again, and told once.
        """
        with self._service.write() as connection:
            if not bouncing.is_blocked(connection, person, contact.version):
                status = words.partition(" ")[0]
                bouncing.note(connection, person, contact.version, bouncing.HARD, now, status)
                tell_conveners(self._service, connection, person, now)

    def _postpone(
        self,
        letter: Letter,
        words: str,
        now: datetime,
        *,
        due: datetime | None = None,
        longest: timedelta = LONGEST,
        uncertain: bool = False,
    ) -> Outcome | None:
        """To be tried again at `due`, else ever later; after two days it is given up."""
        first = parse_rfc3339(letter.first_try) if letter.first_try else now
        if now - first > GIVE_UP:
            hours = GIVE_UP // timedelta(hours=1)
            return Failed(f"tried for {hours} hours without success", words)
        if due is None:
            due = now + pause(letter.attempts + 1, random.random(), longest=longest)  # noqa: S311 - only to spread
        with self._service.database.write() as connection:
            p = mark(connection)
            connection.exec_driver_sql(
                f"UPDATE letters SET attempts = attempts + 1, due = {p}, words = {p}, claim = NULL,"
                f" first_try = coalesce(first_try, {p}), uncertain = uncertain | {p}"
                f" WHERE id = {p}",
                (rfc3339(due), words, rfc3339(now), int(uncertain), letter.id),
            )
        log.info("a letter is tried again later", letter=letter.id, why=words)
        return None

    def _settle_handed_over(self) -> None:
        """Say in the ledger what was sent."""
        with self._service.write() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT {letters.COLUMNS} FROM letters WHERE claim IS NOT NULL"
                f" AND state = {mark(connection)}",
                (HANDED_OVER,),
            ).all()
            handed = [letters.as_letter(row) for row in rows]
            outcomes: dict[str, Outcome] = {
                delivery: Sent(letter.id, bool(letter.uncertain))
                for letter in handed
                for delivery in letter.deliveries
            }
            letters.settle(self._service, connection, outcomes, self._service.clock.now())
            _state(connection, [letter.id for letter in handed], SENT)
        for letter in handed:
            log.info("a letter was sent", letter=letter.id, deliveries=letter.deliveries)

    def _end(self, letter: Letter, outcome: Outcome) -> None:
        """It is not sent, and never will be."""
        outcomes = dict.fromkeys(letter.deliveries, outcome)
        with self._service.write() as connection:
            letters.settle(self._service, connection, outcomes, self._service.clock.now())
            _state(connection, [letter.id], ENDED)

    def _unclaim(self) -> None:
        with self._service.database.write() as connection:
            p = mark(connection)
            connection.exec_driver_sql(
                f"UPDATE letters SET claim = NULL WHERE claim = {p} AND state = {p}",
                (self._claim, WAITING),
            )


def _due(connection: Database, now: datetime, limit: int) -> Sequence[Any]:
    p = mark(connection)
    return connection.exec_driver_sql(
        f"SELECT {letters.COLUMNS} FROM letters WHERE due <= {p} AND claim IS NULL"
        f" ORDER BY due, id LIMIT {p}",
        (rfc3339(now), limit),
    ).all()


def _state(connection: Database, ids: Sequence[str], state: str) -> None:
    if ids:
        p = mark(connection)
        connection.exec_driver_sql(
            f"UPDATE letters SET state = {p}, claim = NULL, due = NULL WHERE id = {p}",
            [(state, letter) for letter in ids],
        )


def _hopeless(
    letter: Letter, known: reading.Known, blocked: set[str], now: datetime
) -> Outcome | None:
    """Why a letter need not even be tried; None where it may."""
    late = now - parse_rfc3339(letter.at)
    if late > LONGEST_AGE and letter.attempts == 0:
        return Missed(forming.late_by(late))
    contact = known.contacts.get(letter.person)
    for content in (part.content for part in known.parts[letter.id]):
        late = now - parse_rfc3339(content["at"])
        if longest_age(content["rule"]) < LONGEST_AGE and late >= longest_age(content["rule"]):
            return Missed(forming.late_by(late))
    if contact is None and is_address(letter.person):
        return Suppressed("it was completed, or has expired")
    if contact is None:
        return Suppressed("erased, or not known to the registry")
    if contact.suspended:
        return Suppressed("suspended by an operator")
    if not contact.email:
        return Suppressed("no address")
    if letter.person in blocked:
        return Suppressed("the address bounces")
    return None
