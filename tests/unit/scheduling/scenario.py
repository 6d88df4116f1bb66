"""Given these events, when this command, then these events or this refusal: for scheduling."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.session import MEETING, Particulars
from services.scheduling.domain.wall_clock import When

LONDON = "Europe/London"


def when(day: str = "2027-03-10", start: str = "10:00", end: str = "12:00", **more: Any) -> When:
    return When(date.fromisoformat(day), start, end, **({"zone": LONDON} | more))


def meeting(**fields: Any) -> Particulars:
    known = {"kind": MEETING, "title": "We meet", "when": when(), "communities": ("com_a",)}
    return Particulars(**(known | fields))


class Given:
    """A stream's past; `state` is what it comes to."""

    def __init__(self, decider: Any, events: Sequence[Any]) -> None:
        self.decider, self.state = decider, decider.initial
        for event in events:
            self.state = decider.evolve(self.state, event)

    def when(self, command: Any) -> list[Any]:
        """What the command brings about; `state` is what it is afterwards."""
        events = list(self.decider.decide(self.state, command))
        for event in events:
            self.state = self.decider.evolve(self.state, event)
        return events

    def refuses(self, command: Any, *, field: str | None = None, unlawful: bool = False) -> str:
        with pytest.raises(Refused) as refused:
            self.decider.decide(self.state, command)
        assert (refused.value.field, refused.value.unlawful) == (field, unlawful)
        return refused.value.reason
