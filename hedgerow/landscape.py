"""The example landscape: communities and networks to look at on the first start.

It is told to the registry over HTTP, as anyone would. Each request carries an Idempotency-Key made
of its item's key in the example, so that a load that was interrupted continues where it stopped.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from hedgerow.failures import CannotDo
from hedgerow.service import Refused, Service, Unreachable

Item = Mapping[str, Any]
Landscape = Mapping[str, list[Item]]

KINDS = ("networks", "organisations", "people", "communities")
STATES = ("proposed", "active", "dormant")  # a community goes through them in this order
TOLD_OTHERWISE = ("networks", "organisation", "roles", "state", "closure")
PASSING = (409, 429, 503)  # statuses of a registry that may answer otherwise in a moment
TRIES = 5


def example() -> Landscape:
    """The example that comes with Hedgerow: a list of items for each of KINDS."""
    return read_landscape(files("hedgerow") / "example")


def read_landscape(folder: Traversable | Path) -> Landscape:
    """The landscape in a folder of four JSON files."""
    return {
        kind: json.loads((folder / f"{kind}.json").read_text(encoding="utf-8")) for kind in KINDS
    }


class FirstStart:
    """Whether the example is still to be loaded, as the data directory and the registry tell."""

    def __init__(self, directory: Path) -> None:
        self._begun = directory / "example_begun"
        self._loaded = directory / "example_loaded"

    def due(self, registry: Service) -> bool:
        """True until a first load has ended, but never for a registry with other content."""
        if self._loaded.exists():
            return False
        return self._begun.exists() or not registry.get("/communities", limit=1)["items"]

    def begun(self) -> date:
        """Note that a load begins; the day of the first time, from which the example's dates go."""
        if not self._begun.exists():
            self._begun.write_text(datetime.now(UTC).date().isoformat())
        written = self._begun.read_text()
        return date.fromisoformat(written) if written else datetime.now(UTC).date()

    def loaded(self) -> None:
        self._begun.replace(self._loaded)


class Load:
    """Tells a landscape to the registry, waiting `pause(seconds)` while that does not answer."""

    def __init__(self, registry: Service, pause: Callable[[float], object] = time.sleep) -> None:
        self._registry, self._pause = registry, pause
        self.ids: dict[tuple[str, str], str] = {}

    def run(self, landscape: Landscape) -> Iterator[tuple[int, int]]:
        """Tell it all; yields after each item how many are done, of how many. Raises CannotDo."""
        endings = [item for item in landscape["communities"] if item.get("closure")]
        items = [(kind, item) for kind in KINDS for item in landscape[kind]]
        total = len(items) + len(endings)
        for done, (kind, item) in enumerate(items, 1):
            if kind == "communities":
                self._community(item)
            else:
                self._make(kind, item, _without(item, "key"))
            yield done, total
        # Only now has every community that another ended in an id.
        for done, item in enumerate(endings, len(items) + 1):
            self._close(item)
            yield done, total

    def _community(self, item: Item) -> None:
        body = _without(item, "key", *TOLD_OTHERWISE)
        if item.get("state") == "proposed":  # later than at the registration it cannot be said
            body["state"] = "proposed"
        body["networks"] = [self._id("networks", key) for key in item.get("networks", [])]
        if item.get("organisation"):
            body["organisation"] = self._id("organisations", item["organisation"])
        made = self._make("communities", item, body)
        path = f"/communities/{made['id']}"
        for place, role in enumerate(item.get("roles", []), 1):
            held = {**_without(role), "person": self._id("people", role["person"])}
            self._post(f"{path}/roles", held, f"{item['key']}-role-{place}")
        for state in states_between(made["state"], item.get("state") or made["state"]):
            self._post(f"{path}/state", {"state": state}, f"{item['key']}-{state}")

    def _close(self, item: Item) -> None:
        closure = item["closure"]
        body = {
            "ending": closure["ending"],
            "into": [self._id("communities", key) for key in closure.get("into") or []],
        }
        path = f"/communities/{self._id('communities', item['key'])}/closure"
        self._post(path, body, f"{item['key']}-closure")

    def _make(self, kind: str, item: Item, body: dict[str, Any]) -> dict[str, Any]:
        made = self._post(f"/{kind}", body, f"{kind}-{item['key']}")
        self.ids[kind, item["key"]] = made["id"]
        return made

    def _id(self, kind: str, key: str) -> str:
        try:
            return self.ids[kind, key]
        except KeyError:
            raise CannotDo(f"The example names {key!r}, which is none of its {kind}.") from None

    def _post(self, path: str, body: Mapping[str, Any], once: str) -> dict[str, Any]:
        """Patient with a registry that is just being started again."""
        for attempt in range(1, TRIES + 1):
            try:
                return self._registry.post(path, body, once=f"example-{once}")
            except (Unreachable, Refused) as failure:
                passing = isinstance(failure, Unreachable) or failure.status in PASSING
                if attempt == TRIES or not passing:
                    raise CannotDo(f"{failure.message} ({once} of the example)") from None
                self._pause(0.2 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")


def states_between(present: str, wanted: str) -> tuple[str, ...]:
    """The states to go through from `present` to `wanted`, that one last.

    A closed community is told by its closure instead, and nothing leads back to proposed.
    """
    if wanted not in STATES or present not in STATES:
        return ()
    return STATES[STATES.index(present) + 1 : STATES.index(wanted) + 1]


def _without(item: Item, *fields: str) -> dict[str, Any]:
    """The item without these fields and those that say nothing."""
    return {
        field: value for field, value in item.items() if field not in fields and value is not None
    }
