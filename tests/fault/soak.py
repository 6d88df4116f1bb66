"""The long fault run: `python -m tests.fault.soak --minutes N --seed S`, or `make soak`.

Rounds of kills and outages, in an order that the seed decides, on PostgreSQL and Kafka and, by
turns, on SQLite and feeds; after each round nothing may be lost or doubled.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from shared.settings import SERVICES
from tests import servers
from tests.fault.kills import Kills
from tests.fault.reckoning import assert_nothing_lost_or_doubled
from tests.fault.writers import Writers
from tests.platform import Platform
from tests.servers import KafkaServer, PostgresServer

KILLING_SECONDS, BROKER_AWAY_SECONDS, DATABASE_AWAY_SECONDS = 40, 30, 10


@dataclass
class Tally:
    """What was done, and how long things took at worst, in seconds."""

    rounds: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    events: int = 0
    repeated: int = 0
    slowest: dict[str, float] = field(default_factory=dict)

    def note(self, what: str, seconds: float) -> None:
        self.slowest[what] = max(self.slowest.get(what, 0.0), seconds)


@dataclass
class Soak:
    """Platforms and servers under test; each round is a method that harms them."""

    embedded: Platform
    deployed: Platform
    kafka: KafkaServer
    postgres: PostgresServer
    random: random.Random
    tally: Tally

    def kills_on_sqlite_and_feeds(self) -> Platform:
        return self._kill(self.embedded)

    def kills_on_postgresql_and_kafka(self) -> Platform:
        return self._kill(self.deployed)

    def broker_away(self) -> Platform:
        self._end(self.kafka)
        time.sleep(BROKER_AWAY_SECONDS)
        self.kafka.start()
        return self.deployed

    def database_away(self) -> Platform:
        self._end(self.postgres)
        time.sleep(self.random.uniform(0, DATABASE_AWAY_SECONDS))
        self.postgres.start()
        return self.deployed

    def kills_while_the_broker_is_away(self) -> Platform:
        self._end(self.kafka)
        self._kill(self.deployed, BROKER_AWAY_SECONDS)
        self.kafka.start()
        return self.deployed

    def kills_and_then_the_database_is_away(self) -> Platform:
        self._kill(self.deployed, KILLING_SECONDS / 4)
        return self.database_away()

    def _kill(self, platform: Platform, seconds: float = KILLING_SECONDS) -> Platform:
        with Kills(platform, self.random.randrange(2**32), pause=(0.2, 2.0)) as kills:
            time.sleep(seconds)
        self.tally.kills += kills.count
        for role, times in kills.recoveries.items():
            self.tally.note(f"until {role} was at work again", max(times, default=0.0))
        return platform

    def _end(self, server: KafkaServer | PostgresServer) -> None:
        self.random.choice((server.stop, server.kill))()


def run(soak: Soak, seconds: float, say: Callable[[str], None]) -> None:
    """Rounds until the time is up, each kind once before any comes again."""
    until, kinds = time.monotonic() + seconds, list[Callable[[], Platform]]()
    while time.monotonic() < until:
        if not kinds:
            kinds = [
                soak.kills_on_postgresql_and_kafka,
                soak.kills_on_sqlite_and_feeds,
                soak.broker_away,
                soak.database_away,
                soak.kills_while_the_broker_is_away,
                soak.kills_and_then_the_database_is_away,
            ]
            soak.random.shuffle(kinds)
        one_round(soak, kinds.pop(), say)


def one_round(soak: Soak, harm: Callable[[], Platform], say: Callable[[str], None]) -> None:
    """Harm a platform while people write to it, and reckon up."""
    name, tally = harm.__name__.replace("_", " "), soak.tally
    with Writers(soak.deployed, 8) as deployed, Writers(soak.embedded, 8) as embedded:
        platform = harm()
    behind = max(soak.deployed.await_caught_up(120), soak.embedded.await_caught_up(120))
    tally.note("from the end of writing until all had arrived", behind)
    for hit in (soak.deployed, soak.embedded):
        assert_nothing_lost_or_doubled(hit)
    writers = embedded if platform is soak.embedded else deployed
    tally.note("until a command was acknowledged", writers.longest)
    tally.rounds[name] += 1
    tally.events += deployed.events + embedded.events
    tally.repeated += deployed.repeated + embedded.repeated
    say(
        f"{name}: {deployed.events + embedded.events:,} events, {writers.repeated} commands sent "
        f"again, all there once; caught up after {behind:.1f} s"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fault.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    asked = parser.parse_args()
    began, tally = time.monotonic(), Tally()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {text}", flush=True)

    say(f"seed {asked.seed}, {asked.minutes:g} minutes")
    with ExitStack() as stack:
        kafka, postgres = servers.open_kafka(), servers.open_postgres()
        stack.callback(kafka.discard)
        stack.callback(postgres.discard)
        if not (kafka.controllable and postgres.controllable):
            print("The servers must be the tests' own, to be stopped and killed.", file=sys.stderr)
            return 1
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        databases = {s: postgres.create_database(f"soak_{s}") for s in SERVICES}
        embedded = stack.enter_context(Platform(folder / "embedded"))
        deployed = stack.enter_context(
            Platform(folder / "deployed", databases=databases, kafka=kafka.bootstrap)
        )
        soak = Soak(embedded, deployed, kafka, postgres, random.Random(asked.seed), tally)
        run(soak, asked.minutes * 60, say)
    report(tally, asked.seed, say)
    return 0


def report(tally: Tally, seed: int, say: Callable[[str], None]) -> None:
    say(
        f"seed {seed}: {tally.rounds.total()} rounds, {tally.kills.total()} kills "
        f"({', '.join(f'{role} {count}' for role, count in sorted(tally.kills.items()))}), "
        f"{tally.events:,} events acknowledged, {tally.repeated} commands sent again. "
        "Nothing lost, nothing doubled."
    )
    for what, seconds in sorted(tally.slowest.items()):
        say(f"at most {seconds:.1f} s {what}")


if __name__ == "__main__":
    sys.exit(main())
