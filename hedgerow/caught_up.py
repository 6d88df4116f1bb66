"""What a look at all services says: has everything arrived everywhere, and is all well?

A look is one answer of `GET /status` for each service, or the sentence why there was none.
Nothing here asks anyone anything: these are functions from looks to sentences.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

Status = Mapping[str, Any]
Look = Mapping[str, Status | str]

LAG_LIMIT = 1000
"""Events of a topic that a consumer may be behind while all is well."""

LOOK_LIMIT = timedelta(seconds=60)
"""How long ago a topic's lag may have been measured while all is well."""


def cursor(text: str | None) -> tuple[int, ...]:
    """Where in a store a cursor `EPOCH-TX-POS` stands, comparable; None is before the first."""
    return tuple(int(part) for part in text.split("-")) if text else (0, 0, 0)


def applied_all(consumer: Mapping[str, Any], look: Look) -> bool:
    """Whether a consumer has applied what its source's store held, as far as `look` shows."""
    if consumer["transport"] == "kafka":
        return bool(consumer["lag"] == 0)
    source = look.get(consumer["source"])
    if source is None or isinstance(source, str):
        return False
    return cursor(consumer["position"]) >= cursor(source["head"])


def behind(look: Look) -> list[str]:
    """What one look shows to be still under way, a clause each; empty when there is nothing."""
    found = []
    for name, status in look.items():
        if isinstance(status, str):
            found.append(status)
            continue
        found += _held_back(name, status)
        if not _sent(status, status["head"]):
            found.append(f"{name} has events still to send to Kafka")
        found += [
            f"{name} is {distance(consumer)} {consumer['source']}"
            for consumer in status["consumers"]
            if consumer["error"] or consumer["looked_at"] is None or not applied_all(consumer, look)
        ]
        if left := pending(status):
            found.append(f"{name} has still to do: {left}")
    return found


def pending(status: Status) -> str:
    """What a service has still to do of its own, such as `2 reactions`; empty for nothing."""
    return ", ".join(f"{count:,} {what}" for what, count in status["pending"].items() if count)


def distance(consumer: Mapping[str, Any]) -> str:
    """How far behind, to stand between a consumer and its source."""
    lag = consumer["lag"]
    return f"{lag:,} event{'s' * (lag != 1)} behind" if lag else "behind"


def _sent(status: Status, head: str) -> bool:
    """Whether a service's relay, where it has one, has sent what its store held up to `head`."""
    relay = status["relay"]
    return relay is None or relay["at_head"] or cursor(relay["position"]) >= cursor(head)


def _held_back(name: str, status: Status) -> list[str]:
    count = status["held_back"]
    events = f"{count:,} event{'s' * (count != 1)}"
    return [f"{name} holds {events} back for a transaction that is still open"] if count else []


def still_to_come(looks: Sequence[Look]) -> list[str]:
    """Why the platform has not caught up, from successive looks; empty when it has.

    One look is not enough: its answers are not of one moment, and what one service still had to
    do may be a new event in another that had answered already. Two successive looks that find
    nothing behind and the same heads leave no such gap. Over Kafka the lag was measured at
    `looked_at`, so it counts only when that is later than the first of at least three such looks,
    whose heads had been sent by then. Times are compared on one service's clock.
    """
    latest = looks[-1]
    found = behind(latest)
    if found:
        return found
    kafka = any(status["relay"] is not None for status in _answers(latest))
    steady = list(takewhile(lambda look: _as_in(latest, look), reversed(looks)))
    needed = 3 if kafka else 2
    if len(looks) < needed:
        return ["one more look is needed"]
    if len(steady) < needed:
        return ["events were written a moment ago"]
    return [
        f"{status['service']} has not looked for events of {consumer['source']} since it was asked"
        for status in _answers(latest)
        for consumer in status["consumers"]
        if consumer["transport"] == "kafka"
        and not _looked_after(consumer, steady[-1][status["service"]])
    ]


def _as_in(latest: Look, look: Look) -> bool:
    """Whether nothing was behind in a look, and nothing has been written since."""
    return not behind(look) and heads(look) == heads(latest)


def heads(look: Look) -> dict[str, str | None]:
    """The last event's cursor in each service's store; None for a service that is not there."""
    return {
        name: None if isinstance(status, str) else status["head"] for name, status in look.items()
    }


def late(look: Look, earlier: Look) -> list[str]:
    """What should have arrived by now: it was there at the `earlier` look, some seconds ago."""
    found = []
    for name, status in look.items():
        before = earlier[name]
        if isinstance(status, str) or isinstance(before, str):
            continue
        if before["held_back"]:
            found += _held_back(name, status)
        if not _sent(status, before["head"]):
            found.append(f"{name} has events still to send to Kafka")
        found += [
            f"{name} is {distance(consumer)} {consumer['source']}"
            for consumer in status["consumers"]
            if not _within_limit(consumer, earlier)
        ]
    return found


def _within_limit(consumer: Mapping[str, Any], earlier: Look) -> bool:
    if consumer["transport"] == "kafka":
        return consumer["lag"] is not None and consumer["lag"] <= LAG_LIMIT
    # Of a feed only the place is known, not how many events lie between; time tells instead.
    return isinstance(earlier.get(consumer["source"]), str) or applied_all(consumer, earlier)


def unwell(look: Look) -> list[str]:
    """What is not as it should be, lateness aside, a clause each; empty when nothing is."""
    found = []
    for name, status in look.items():
        if isinstance(status, str):
            found.append(status)
            continue
        for consumer in status["consumers"]:
            found += _unwell_consumer(name, consumer, status)
        found += [f"{name}: {trouble['words']}" for trouble in status.get("troubles", ())]
        if letters := status["dead_letters"]:
            found.append(
                f"{name} has {letters:,} dead letter{'s' * (letters != 1)} "
                f"(`hedgerow dead-letters list --service {name}`)"
            )
        if differing := status["divergences"]:
            found.append(
                f"{name} has seen {differing:,} events that their source has no more, or has with "
                f"other content (`hedgerow dead-letters list --service {name}`)"
            )
    return found


def _unwell_consumer(name: str, consumer: Mapping[str, Any], status: Status) -> list[str]:
    source, looked_at = consumer["source"], consumer["looked_at"]
    if consumer["error"]:
        return [f"{name} cannot follow {source}: {consumer['error']}"]
    if looked_at is None:
        return [f"{name} has not looked for events of {source} yet"]
    # Over a feed only a change is noted, so an old look says nothing there.
    over_kafka = consumer["transport"] == "kafka"
    if over_kafka and moment(status["now"]) - moment(looked_at) > LOOK_LIMIT:
        return [f"{name} last looked for events of {source} at {looked_at}"]
    return []


def _looked_after(consumer: Mapping[str, Any], earlier: Status | str) -> bool:
    return (
        not isinstance(earlier, str)
        and consumer["looked_at"] is not None
        and moment(consumer["looked_at"]) > moment(earlier["now"])
    )


def _answers(look: Look) -> list[Status]:
    return [status for status in look.values() if not isinstance(status, str)]


def moment(text: str) -> datetime:
    """An RFC 3339 time."""
    return datetime.fromisoformat(text)
