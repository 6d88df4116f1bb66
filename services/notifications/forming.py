"""Forming letters of the deliveries that are due, once each; and anew where others are due now."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from services.notifications import preferences
from services.notifications.domain.collapsing import Item, Waiting, collapse, story_of
from services.notifications.domain.delivery import Missed, Outcome, Suppressed
from services.notifications.domain.preferences import Preferences, route
from services.notifications.domain.rules import (
    LONGEST_AGE,
    MUST_BE_TOLD,
    REMINDERS,
    TOLD_UNTIL_STOPPED,
    longest_age,
)
from services.notifications.letters import AT_ONCE, COLUMNS, WAITING, Letter, as_letter, settle
from services.notifications.projections.deliveries import ANNOUNCEMENTS
from services.notifications.untimely import Reminder, untimely
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import lock_in_turn, mark, marks
from shared.erasure import erased_among
from shared.identifiers import derived_id
from shared.projection.generations import OWN, active
from shared.projection.projection import load_rows
from shared.restoring import moments
from shared.service import Service

MESSAGE, DIGEST = "message", "digest"
MOST_AT_ONCE = 5  # messages to one person; more go as one


class _Due(NamedTuple):
    id: str
    person: str
    announcement: str
    about: str
    category: str
    community: str | None
    digest: int
    at: str
    due: str
    rule: str


_DUE = ", ".join(_Due._fields)


def form(service: Service, as_of: datetime) -> int:
    """Put what is due as of a time into letters; returns how many deliveries were looked at."""
    now = service.clock.now()
    with service.write() as connection:
        due = _due(connection, as_of)
        if not due:
            return 0
        lock_in_turn(connection, "letters")
        due = _due(connection, as_of)  # as it is now that nobody else forms letters
        due += _companions(connection, due)
        _form(service, connection, due, now)
    return len(due)


def _form(
    service: Service,
    connection: Connection,
    due: Sequence[_Due],
    now: datetime,
    before: "_Before | None" = None,
) -> None:
    """Settle what is not to go, and put the rest into letters."""
    before = before or _Before({}, {})
    outcomes, wanted = _sift(connection, due, now)
    versions = _versions(connection, wanted)
    made: list[tuple[str, str, list[Item]]] = []
    for person, theirs in _by_person(wanted).items():
        waiting = [_waiting(each, versions, before.told.get(each.id, ())) for each in theirs]
        for kind, items in _letters_for(waiting):
            made.append((person, kind, items))
            overtaken = Suppressed("a newer message tells it")
            outcomes |= {old: overtaken for item in items for old in item.overtaken}
    settle(service, connection, outcomes, now)
    soon = {each.id for each in wanted if longest_age(each.rule) < LONGEST_AGE}
    _write(connection, made, now, before.letters, soon)


class _Before(NamedTuple):
    """What was in letters that are taken apart: the announcements that deliveries overtook, and
    each person's letters.
    """

    told: Mapping[str, tuple[str, ...]]
    letters: Mapping[str, Sequence[Letter]]


def think_again(service: Service, people: Sequence[str], now: datetime) -> None:
    """Form these people's waiting letters anew where, as they are now, they would be others.

    A person may have changed their mind, newer news may have come, and so many that they go as
    one. A letter that is perhaps sent already stays, unless it is no longer wanted.
    """
    with service.database.read() as connection:
        if not _outdated(connection, people, now):
            return
    with service.write() as connection:
        lock_in_turn(connection, "letters")
        old = _outdated(connection, people, now)
        if not old:
            return
        ids = [(letter.id,) for letters in old.values() for letter in letters]
        deliveries = [d for letters in old.values() for each in letters for d in each.deliveries]
        p = mark(connection)
        sql = f"DELETE FROM letter_deliveries WHERE delivery = {p}"
        connection.exec_driver_sql(sql, [(each,) for each in deliveries])
        connection.exec_driver_sql(f"DELETE FROM letters WHERE id = {p}", ids)
        told = {
            item.delivery: item.story[:-1]
            for letters in old.values()
            for each in letters
            for item in each.items
        }
        _form(service, connection, _by_ids(connection, deliveries), now, _Before(told, old))


def _outdated(
    connection: Connection, people: Sequence[str], now: datetime
) -> dict[str, list[Letter]]:
    """The letters to form anew, of each person whose letters are no longer as they should be."""
    waiting: dict[str, list[Letter]] = {}
    for start in range(0, len(people), AT_ONCE // 2):
        chunk = tuple(people[start : start + AT_ONCE // 2])
        rows = connection.exec_driver_sql(
            f"SELECT {COLUMNS} FROM letters WHERE person IN ({marks(connection, len(chunk))})"
            " AND due IS NOT NULL AND claim IS NULL ORDER BY at, id",
            chunk,
        )
        for row in rows:
            waiting.setdefault(row[1], []).append(as_letter(row))
    ids = [d for theirs in waiting.values() for letter in theirs for d in letter.deliveries]
    known = {each.id: each for each in _by_ids(connection, ids)}
    kept = preferences.of_many(connection, list(waiting))
    passed = _untimely(connection, known.values(), now)
    found: dict[str, list[Letter]] = {}
    for person, theirs in waiting.items():
        wishes = kept[person].preferences
        unwanted = {
            letter.id
            for letter in theirs
            if any(
                d in passed or _unwanted(wishes, known[d], now)
                for d in letter.deliveries
                if d in known
            )
        }
        fresh = [letter for letter in theirs if not letter.uncertain]
        if unwanted or _would_be_fewer(fresh, known):
            found[person] = [each for each in theirs if not each.uncertain or each.id in unwanted]
    return found


def _would_be_fewer(theirs: Sequence[Letter], known: Mapping[str, _Due]) -> bool:
    if len(theirs) < 2:
        return False
    if sum(letter.kind == MESSAGE for letter in theirs) > MOST_AT_ONCE:
        return True
    told = [_story(known[d]) for letter in theirs for d in letter.deliveries if d in known]
    return len(set(told)) < len(told)


def _by_ids(connection: Connection, ids: Sequence[str]) -> list[_Due]:
    """Those of these deliveries that are still to go."""
    found: list[_Due] = []
    for start in range(0, len(ids), AT_ONCE // 2):
        chunk = tuple(ids[start : start + AT_ONCE // 2])
        rows = connection.exec_driver_sql(
            f"SELECT {_DUE} FROM deliveries_{active(connection, OWN)}"
            f" WHERE id IN ({marks(connection, len(chunk))}) AND due IS NOT NULL ORDER BY due, id",
            chunk,
        )
        found += [_Due._make(row) for row in rows]
    return found


def _due(connection: Connection, as_of: datetime) -> list[_Due]:
    p = mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT {_DUE} FROM deliveries_{active(connection, OWN)} AS waiting"
        f" WHERE due <= {p} AND NOT EXISTS"
        " (SELECT 1 FROM letter_deliveries WHERE delivery = waiting.id)"
        f" ORDER BY due, id LIMIT {p}",
        (rfc3339(as_of), AT_ONCE),
    )
    return [_Due._make(row) for row in rows]


def _companions(connection: Connection, due: Sequence[_Due]) -> list[_Due]:
    """What waits for a later time and tells of the same as what goes now: it would come too late
    to be true.
    """
    stories = {(each.person, _story(each)) for each in due}
    people = list(dict.fromkeys(each.person for each in due if len(_story(each)) > 1))
    known = {each.id for each in due}
    found: list[_Due] = []
    for start in range(0, len(people), AT_ONCE // 2):
        chunk = people[start : start + AT_ONCE // 2]
        rows = connection.exec_driver_sql(
            f"SELECT {_DUE} FROM deliveries_{active(connection, OWN)} AS waiting"
            f" WHERE person IN ({marks(connection, len(chunk))}) AND due IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM letter_deliveries WHERE delivery = waiting.id)"
            " ORDER BY due, id",
            tuple(chunk),
        )
        others = [_Due._make(row) for row in rows]
        found += [o for o in others if o.id not in known and (o.person, _story(o)) in stories]
    return found


def _story(each: _Due) -> tuple[str, ...]:
    return story_of(each.id, each.about, each.category, each.rule)


def _sift(
    connection: Connection, due: Sequence[_Due], now: datetime
) -> tuple[dict[str, Outcome], list[_Due]]:
    """What is not to go after all and why, and what is."""
    people = {each.person for each in due}
    kept = preferences.of_many(connection, list(people))
    erased = erased_among(connection, "notifications", people)
    restored = moments.last(connection)
    outcomes: dict[str, Outcome] = {}
    wanted, passed = [], _untimely(connection, due, now)
    for each in due:
        late = now - parse_rfc3339(each.due)
        most = longest_age(each.rule)
        reason = _unwanted(kept[each.person].preferences, each, now)
        if each.person in erased:
            outcomes[each.id] = Suppressed("erased")
        elif reason:
            outcomes[each.id] = Suppressed(reason)
        elif each.id in passed:
            outcomes[each.id] = passed[each.id]
        elif restored and parse_rfc3339(each.due) <= restored:
            outcomes[each.id] = Missed(moments.REASON)
        elif late > most:
            outcomes[each.id] = Missed(late_by(late))
        else:
            wanted.append(each)
    return outcomes, wanted


def _untimely(connection: Connection, due: Iterable[_Due], now: datetime) -> dict[str, Outcome]:
    """The reminders that are not to go any more."""
    waiting = [
        Reminder(each.id, each.person, each.announcement, each.about)
        for each in due
        if each.category == REMINDERS
    ]
    return untimely(connection, waiting, now)


def late_by(late: timedelta) -> str:
    hours = late / timedelta(hours=1)
    words = f"{hours:.0f} hours" if hours >= 1 else f"{late / timedelta(minutes=1):.0f} minutes"
    return f"late by {words}: nothing could send it in time"


def _unwanted(wishes: Preferences, each: _Due, now: datetime) -> str:
    """Why the person no longer wants it, who may have changed their mind since it was queued."""
    way = route(
        wishes,
        category=each.category,
        community=each.community,
        urgent=True,  # when it goes is decided already
        must=each.category in MUST_BE_TOLD,
        until_stopped=each.category in TOLD_UNTIL_STOPPED,
        now=now,
    )
    return way.reason if way.due is None else ""


def _by_person(due: Sequence[_Due]) -> dict[str, list[_Due]]:
    found: dict[str, list[_Due]] = {}
    for each in due:
        found.setdefault(each.person, []).append(each)
    return found


def _letters_for(theirs: Sequence[Waiting]) -> list[tuple[str, list[Item]]]:
    """One person's letters: a digest, and messages, or where these are many, one of all."""
    told = collapse(theirs)
    digest = [item for item, waits in told if waits]
    single = [item for item, waits in told if not waits]
    if len(single) > MOST_AT_ONCE:
        digest, single = [*single, *digest], []
    letters = [(MESSAGE, [item]) for item in single]
    return [*letters, (DIGEST, digest)] if digest else letters


def _waiting(each: _Due, versions: Mapping[str, int], earlier: tuple[str, ...]) -> Waiting:
    return Waiting(
        each.id,
        each.announcement,
        each.about,
        each.category,
        each.at,
        version=versions.get(each.announcement, 0),
        earlier=earlier,
        digest=bool(each.digest),
        rule=each.rule,
    )


def _versions(connection: Connection, wanted: Sequence[_Due]) -> dict[str, int]:
    """The streams' versions that announcements tell of, where several tell of one thing."""
    stories: dict[tuple[str, ...], set[str]] = {}
    for each in wanted:
        stories.setdefault(_story(each), set()).add(each.announcement)
    several = {a for story in stories.values() if len(story) > 1 for a in story}
    rows = load_rows(connection, ANNOUNCEMENTS, active(connection, OWN), several)
    return {key: row["content"]["facts"].get("version", 0) for key, row in rows.items()}


def _write(
    connection: Connection,
    made: Sequence[tuple[str, str, list[Item]]],
    now: datetime,
    before: Mapping[str, Sequence[Letter]],
    first: Container[str],
) -> None:
    """`before` are the letters in whose stead these come: how long they have waited goes on.

    Those with deliveries of `first` go before all others that wait.
    """
    if not made:
        return
    at, ahead = rfc3339(now), rfc3339(now - LONGEST_AGE)
    rows, enclosed = [], []
    for person, kind, items in made:
        letter = derived_id("let", *(item.delivery for item in items))
        old = before.get(person, ())
        since = max((each.at for each in old), default=at)
        attempts = max((each.attempts for each in old), default=0)
        tried = min((each.first_try for each in old if each.first_try), default=None)
        uncertain = max((each.uncertain for each in old), default=0)
        words = next((each.words for each in old if each.words), "")
        told = (letter, person, kind, _json(items), WAITING)
        due = ahead if items[0].delivery in first else at
        rows.append((*told, since, due, attempts, tried, 0, uncertain, words, 0))
        enclosed += [(item.delivery, letter) for item in items]
    connection.exec_driver_sql(
        "INSERT INTO letters (id, person, kind, items, state, at, due, attempts, first_try,"
        f" place, uncertain, words, address_version) VALUES ({marks(connection, 13)})"
        " ON CONFLICT DO NOTHING",
        rows,
    )
    connection.exec_driver_sql(
        "INSERT INTO letter_deliveries (delivery, letter)"
        f" VALUES ({marks(connection, 2)}) ON CONFLICT DO NOTHING",
        enclosed,
    )


def _json(items: Sequence[Item]) -> str:
    return msgspec.json.encode(items).decode()
