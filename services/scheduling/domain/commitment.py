"""What a participant has done and still owes, and what is still to come that would fill it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.scheduling.domain.attendance import ATTENDED
from services.scheduling.domain.programme import Rules
from services.scheduling.domain.session import CELEBRATION, MEETING, MODULE, ONLINE, WEBINAR


@dataclass(frozen=True, slots=True)
class Held:
    """A session that counts for a participant, and what was recorded of them there."""

    id: str
    kind: str
    number: int | None
    title: str
    date: date
    modality: str
    state: str
    status: str | None


@dataclass(frozen=True, slots=True)
class Count:
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Record:
    """`missing` is in words; `to_come` are ids of sessions ahead that would count."""

    modules: Count
    webinars: Count
    celebration: Count
    community_meetings: Count
    days: float
    days_of: float
    missing: tuple[str, ...]
    to_come: tuple[str, ...]
    statuses: Mapping[str, str]

    @property
    def complete(self) -> bool:
        return not self.missing


def record(rules: Rules, held: Iterable[Held], today: date) -> Record:
    """One participant's account, of their cohort's sessions and their own communities' meetings.

    Only face-to-face meetings count as meetings of the community: those not wholly online.
    """
    counting = [
        h
        for h in held
        if h.state != "cancelled" and not (h.kind == MEETING and h.modality == ONLINE)
    ]
    came = [h for h in counting if h.status == ATTENDED]
    ahead = [h for h in counting if h.status is None and h.date >= today]
    promised = rules.commitment
    counts = {
        MODULE: Count(_number(came, MODULE), len(rules.modules)),
        WEBINAR: Count(_number(came, WEBINAR), len(rules.modules) if rules.webinars else 0),
        CELEBRATION: Count(_number(came, CELEBRATION), int(rules.celebration)),
        MEETING: Count(_number(came, MEETING), promised.community_meetings),
    }
    days = round(sum(rules.day_values.get(h.kind, 0.0) for h in came), 2)
    missing = [*_missing(counts), *_days_missing(days, promised.days)]
    return Record(
        counts[MODULE],
        counts[WEBINAR],
        counts[CELEBRATION],
        counts[MEETING],
        days,
        promised.days,
        tuple(missing),
        tuple(h.id for h in ahead if _would_count(h, counts, days < promised.days)),
        {h.id: h.status for h in counting if h.status is not None},
    )


_WORDS = {
    MODULE: ("module", "modules"),
    WEBINAR: ("webinar", "webinars"),
    CELEBRATION: ("celebration event", "celebration events"),
    MEETING: ("meeting of your own community", "meetings of your own community"),
}


def _number(came: Sequence[Held], kind: str) -> int:
    """How many of a kind; a module attended twice, on another day, is one."""
    of_kind = [h for h in came if h.kind == kind]
    return len({h.number if h.number is not None else h.id for h in of_kind})


def _missing(counts: Mapping[str, Count]) -> list[str]:
    return [
        f"{count.of - count.done} {_WORDS[kind][count.of - count.done > 1]}"
        for kind, count in counts.items()
        if count.done < count.of
    ]


def _days_missing(days: float, promised: float) -> list[str]:
    short = round(promised - days, 2)
    return [f"{short:g} of {promised:g} days"] if short > 0 else []


def _would_count(held: Held, counts: Mapping[str, Count], days_short: bool) -> bool:
    count = counts.get(held.kind)
    return days_short or (count is not None and count.done < count.of)
