"""Given these events, when this command, then these events or this refusal."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.registry.domain.refusal import Refused
from services.registry.events import COMMUNITY, NETWORK, ORGANISATION, PERSON
from shared.eventstore.streams import Decider

AnyDecider = Decider[Any, Any, Any]


class Given:
    """A stream's past; `state` is what it comes to."""

    def __init__(self, decider: AnyDecider, events: Sequence[Any]) -> None:
        self.decider, self.state = decider, decider.initial
        for event in events:
            self.state = decider.evolve(self.state, event)

    def when(self, command: Any) -> "Outcome":
        try:
            return Outcome(self, self.decider.decide(self.state, command), None)
        except Refused as refused:
            return Outcome(self, [], refused)


class Outcome:
    def __init__(self, given: Given, events: Sequence[Any], refused: Refused | None) -> None:
        self._given, self.events, self.refused = given, list(events), refused

    def then(self, *expected: Any) -> Any:
        """Exactly these events came about; returns the state after them."""
        assert self.refused is None, f"refused: {self.refused}"
        assert self.events == list(expected)
        return self.state

    def then_nothing(self) -> None:
        self.then()

    def then_refused(self, why: str, *, field: str | None = None, unlawful: bool = False) -> None:
        """Refused with these words, about this field; `unlawful` where the state forbids it."""
        if self.refused is None:
            pytest.fail(f"it was not refused: {self.events}")
        assert why in self.refused.reason
        assert (self.refused.field, self.refused.unlawful) == (field, unlawful)

    @property
    def state(self) -> Any:
        state = self._given.state
        for event in self.events:
            state = self._given.decider.evolve(state, event)
        return state


def given_community(*events: Any) -> Given:
    return Given(COMMUNITY, events)


def given_network(*events: Any) -> Given:
    return Given(NETWORK, events)


def given_organisation(*events: Any) -> Given:
    return Given(ORGANISATION, events)


def given_person(*events: Any) -> Given:
    return Given(PERSON, events)
