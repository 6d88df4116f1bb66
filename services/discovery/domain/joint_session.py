"""Whether two communities may want to share a session that one of them has planned, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.foundation.names import name_key

ONLINE, HYBRID = "online", "hybrid"
_MOST_PURPOSE = 200  # characters: what a link's purpose takes
_MOST_WORDS = 4


@dataclass(frozen=True, slots=True)
class When:
    """A date and hours on the wall of a zone; `occurrence` of an hour that comes twice.

    An `end` that is not after `start` is on the next day.
    """

    date: date
    start: str
    end: str
    zone: str
    occurrence: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """What is planned. `communities` are the ids of those who hold it."""

    id: str
    title: str
    when: When
    communities: tuple[str, ...]
    modality: str = "in-person"
    place: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks: where they are, and what they have planned themselves."""

    region: str
    own: Sequence[Session]


@dataclass(frozen=True, slots=True)
class Beside:
    """What a session has to do with who asks.

    `linked` and `related` name who holds it; `words` are those of its title and topics that are
    theirs too; `region` is the holder's.
    """

    linked: str = ""
    related: str = ""
    words: Sequence[str] = ()
    region: str = ""
    holders: Sequence[str] = ()


def begins(when: When) -> datetime:
    """The moment at which it begins, in UTC."""
    return _moment(when, when.date, when.start)


def ends(when: When) -> datetime:
    """The moment at which it ends, in UTC; never before it begins."""
    return max(_moment(when, _end_date(when), when.end), begins(when))


def _end_date(when: When) -> date:
    return when.date + timedelta(days=int(when.end <= when.start))


def _written(when: When) -> str:
    over = "" if _end_date(when) == when.date else " (the next day)"
    return f"{when.date} {when.start}–{when.end}{over} {when.zone}"


def sensible(asking: Asking, session: Session, beside: Beside) -> tuple[str, ...]:
    """Why sharing makes sense: what it is about, or where. Nothing where it does not."""
    return (*_topics(beside.words), *_place(asking, session, beside))


def reasons(asking: Asking, session: Session, beside: Beside) -> tuple[str, ...]:
    """Every reason, in words; empty where neither topic nor place makes sharing sensible."""
    why = sensible(asking, session, beside)
    if not why:
        return ()
    return (*_whose(beside), *why, *_joint(beside.holders), *_same_week(asking, session))


def clashes(session: Session, own: Iterable[Session]) -> tuple[str, ...]:
    """What it overlaps of the asking community's own sessions, as scheduling would warn."""
    here = session.when
    return tuple(
        f"Overlaps “{other.title}” ({other.id}) of your own community, {_written(at)}."
        for other in own
        if (at := other.when) and begins(at) < ends(here) and begins(here) < ends(at)
    )


def purpose(session: Session) -> str:
    """What to write as a link's purpose, to propose a joint session."""
    day = session.when.date
    after = f"” on {day.day} {day:%B %Y}"
    room = _MOST_PURPOSE - len("A joint session: “" + after)
    title = session.title if len(session.title) <= room else session.title[: room - 1] + "…"
    return f"A joint session: “{title}{after}"


def _moment(when: When, day: date, hour: str) -> datetime:
    fold = int(when.occurrence == "second")
    wall = datetime.combine(day, time.fromisoformat(hour), ZoneInfo(when.zone))
    return wall.replace(fold=fold).astimezone(UTC)


def _whose(beside: Beside) -> Iterable[str]:
    if beside.linked:
        yield f"Of {beside.linked}, which you are linked with"
    elif beside.related:
        yield f"Of {beside.related}, which is closely related to you"


def _topics(words: Sequence[str]) -> Iterable[str]:
    if words:
        yield f"About what you work on too: {', '.join(words[:_MOST_WORDS])}"


def _place(asking: Asking, session: Session, beside: Beside) -> Iterable[str]:
    if session.modality in (ONLINE, HYBRID):
        yield "Online" if session.modality == ONLINE else "Online as well as in person"
    place = name_key(session.place)
    if place and any(name_key(own.place) == place for own in asking.own):
        yield f"At {session.place.strip()}, where you meet too"
    elif session.modality != ONLINE and name_key(asking.region):
        if name_key(beside.region) == name_key(asking.region):
            yield f"In your region, {asking.region.strip()}"
        elif name_key(asking.region) in place:
            yield f"At {session.place.strip()}, in your region"


def _joint(holders: Sequence[str]) -> Iterable[str]:
    if len(holders) > 1:
        yield f"Joint already: held by {', '.join(holders[:-1])} and {holders[-1]}"


def _same_week(asking: Asking, session: Session) -> Iterable[str]:
    week = _monday(session.when.date)
    if any(own.id != session.id and _monday(own.when.date) == week for own in asking.own):
        yield "In a week in which you meet anyway"


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
