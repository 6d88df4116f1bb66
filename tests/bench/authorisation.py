"""What looking at callers' rights adds to a read: `python -m tests.bench.authorisation`.

The webs of release 0.2.0 and of this version run beside one another over the same communities, on
SQLite and on PostgreSQL, and are asked the same in turns. What counts is the processor time of the
web for one answer, which other programmes on the machine do not change; the clock's is shown too.
Who signs in is compared with the operator's token of 0.2.0, which had nobody else.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import NamedTuple

import httpx

from services.registry.identity.sign_ins import handlers as sign_ins
from services.registry.identity.tokens.api import SESSION_GRANT
from tests.bench.costs import fill, processor
from tests.bench.ground import Ground, ground
from tests.bench.landscapes import Landscape
from tests.platform import Platform
from tests.releases import release
from tests.servers import await_that

BEFORE, MOST = "0.2.0", 1.15
_COMMUNITIES, _ROUNDS, _ASKED = 200, 15, 60
_PEOPLE = 3
_SERVICES = ("registry", "discovery")
Headers = Mapping[str, str]


class Cost(NamedTuple):
    """Milliseconds for one answer."""

    processor: float
    clock: float


def main() -> int:
    worst = 0.0
    with ground() as place:
        for kind in ("sqlite", "postgresql"):
            print(f"{kind:24}{'0.2.0':>14}{'now':>14}{'ratio':>8}{'by the clock':>14}")
            for what, before, now in measured(place, kind):
                ratio = now.processor / before.processor
                clock = now.clock / before.clock
                worst = max(worst, ratio)
                was, found = f"{before.processor:.2f} ms", f"{now.processor:.2f} ms"
                print(f"{what:24}{was:>14}{found:>14}{ratio:>8.2f}{clock:>14.2f}", flush=True)
    print(f"The most is {worst:.2f} times as much as before, of {MOST} that are allowed.")
    return int(worst > MOST)


def measured(place: Ground, kind: str) -> Iterator[tuple[str, Cost, Cost]]:
    source = release(BEFORE).unpack(place.room() / "source")
    with ExitStack() as ends:
        old, now = (
            ends.enter_context(
                Platform(
                    place.room(),
                    databases={service: place.database(kind) for service in _SERVICES},
                    services=_SERVICES,
                    **({} if folder is None else {"source": folder}),
                )
            )
            for folder in (source, None)
        )
        communities = [filled(platform) for platform in (old, now)]
        person = signed_in(now, "ada@people.example")
        for name, service, path in (
            ("one community", "registry", "/communities/{}"),
            ("communities", "registry", "/communities?limit=50"),
            ("related", "discovery", "/communities/{}/related"),
        ):
            paths = [path.format(community) for community in communities]
            for caller, (was, is_now) in callers(old, now, person).items():
                before, after = compared(service, ((old, paths[0], was), (now, paths[1], is_now)))
                yield f"{name}, {caller}", before, after


def callers(old: Platform, now: Platform, person: Headers) -> dict[str, tuple[Headers, Headers]]:
    """Who asks: with which headers before, and with which now."""
    operator = {"Authorization": old.client("registry").headers["Authorization"]}
    return {"anyone": ({}, {}), "operator": (operator, operator), "a person": (operator, person)}


def filled(platform: Platform) -> str:
    """Communities, one of which has people; the id of that one."""
    community = fill(platform, Landscape(_COMMUNITIES))
    registry = platform.client("registry")
    for number in range(_PEOPLE):
        address = f"{number or 'ada'}@people.example"
        made = registry.post("/people", json={"name": f"Ada {number}", "email": address})
        role = {"person": made.json()["id"], "role": "convener", "from": "2020-01-01"}
        registry.post(f"/communities/{community}/roles", json=role).raise_for_status()
    platform.await_caught_up(600)
    return community


def signed_in(platform: Platform, address: str) -> Headers:
    """The headers of whoever has the address; good for five minutes."""
    client = platform.client("registry", None)
    sign_in = client.post("/sign-ins", json={"email": address}).json()["sign_in"]
    code = sign_ins.code(platform.environ["HEDGEROW_SECRET"], sign_in)
    done = client.post(f"/sign-ins/{sign_in}/completion", json={"code": code})
    form = {"grant_type": SESSION_GRANT, "session": done.json()["session"]}
    answer = client.post("/oauth/token", data=form).raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def compared(
    service: str, both: tuple[tuple[Platform, str, Headers], tuple[Platform, str, Headers]]
) -> tuple[Cost, Cost]:
    """Over rounds in which one is asked after the other."""
    rounds: tuple[list[Cost], list[Cost]] = ([], [])
    with ExitStack() as ends:
        asked = []
        for platform, path, headers in both:
            client = ends.enter_context(
                httpx.Client(
                    base_url=platform.urls[service], headers=headers, timeout=60, trust_env=False
                )
            )
            ask = _asking(client, path)
            await_that(ask)
            asked.append((platform.pids(f"{service} web")[1], ask))
        for _ in range(_ROUNDS):
            for found, (pid, ask) in zip(rounds, asked, strict=True):
                found.append(_cost(pid, ask))
    before, now = (
        Cost(  # ticks of the processor's clock are long: the mean; the wall's has outliers
            statistics.fmean(cost.processor for cost in found),
            statistics.median(cost.clock for cost in found),
        )
        for found in rounds
    )
    return before, now


def _asking(client: httpx.Client, path: str) -> Callable[[], bool]:
    def ask() -> bool:
        answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(answer.text)
        return True

    return ask


def _cost(pid: int, ask: Callable[[], bool]) -> Cost:
    began, started = processor(pid), time.monotonic()
    for _ in range(_ASKED):
        ask()
    milliseconds = 1000 / _ASKED
    taken = time.monotonic() - started
    return Cost((processor(pid) - began) * milliseconds, taken * milliseconds)


if __name__ == "__main__":
    sys.exit(main())
