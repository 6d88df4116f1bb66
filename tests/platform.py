"""The platform's services as processes of their own, started for a test and ended with it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import httpx
from kafka import KafkaAdminClient
from kafka.errors import UnknownTopicOrPartitionError

from hedgerow.caught_up import Look, still_to_come, unwell
from hedgerow.supervisor import LEADER
from shared.settings import FRONT, SERVICES
from shared.stream.kafka import ALL_TOPICS
from tests.servers import await_that, free_port

ROOT = Path(__file__).parents[1]
OPERATOR, SERVICE = "operator-token-of-the-tests", "service-token-of-the-tests"
Part = Literal["all", "parent", "child"]


class Platform:
    """All services, unless some are named; data and logs in `folder`.

    A role is a service and its process, such as "registry web". Databases are SQLite's where
    `databases` has none for a service. The topics of `kafka` are made anew, empty. What ends the
    tests ends these processes too. `source` is where the code is from: another folder's is that of
    an earlier release.
    """

    def __init__(
        self,
        folder: Path,
        *,
        databases: Mapping[str, str] | None = None,
        kafka: str | None = None,
        services: Iterable[str] = SERVICES,
        settings: Mapping[str, str] | None = None,
        source: Path = ROOT,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.source = source
        self.folder, self.services, self.kafka = folder, tuple(services), kafka
        self.roles = [
            f"{service} {role}" for service in self.services for role in ("web", "worker")
        ]
        self.acknowledged: dict[str, int] = {}  # each community's version, as its writers know it
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._marks: dict[str, int] = {}
        self._clients: dict[tuple[str, str | None], httpx.Client] = {}
        ports = {service: free_port() for service in (FRONT, *SERVICES)}
        self.urls = {service: f"http://127.0.0.1:{port}" for service, port in ports.items()}
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith("HEDGEROW_")}
        self.environ |= {
            "HEDGEROW_DATA_DIR": str(folder),
            "HEDGEROW_OPERATOR_TOKEN": OPERATOR,
            "HEDGEROW_SERVICE_TOKEN": SERVICE,
            "HEDGEROW_SECRET": "secret-of-the-tests",
            **{f"HEDGEROW_{s.upper()}_PORT": str(port) for s, port in ports.items()},
            **{f"HEDGEROW_{s.upper()}_DATABASE_URL": u for s, u in (databases or {}).items()},
            **({"HEDGEROW_KAFKA_BOOTSTRAP": kafka} if kafka else {}),
            **(settings or {}),
        }

    def __enter__(self) -> "Platform":
        self._leader = subprocess.Popen(LEADER, stdin=subprocess.PIPE, process_group=0)
        try:
            self._migrate()
            self.start(*self.roles)
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        if error is not None and not isinstance(error, KeyboardInterrupt):
            error.add_note(self.logs())

    def end(self) -> None:
        """Kill all that runs."""
        os.killpg(self._leader.pid, signal.SIGKILL)
        self._leader.communicate()
        for process in self._processes.values():
            process.wait()
        for client in self._clients.values():
            client.close()

    def start(self, *roles: str) -> None:
        """Start these, and return when each is at work."""
        for role in roles:
            self.begin(role)
        for role in roles:
            self.await_work(role)

    def await_work(self, role: str) -> None:
        """Wait until a web is ready, or a worker at work."""
        service, what = role.split()

        def at_work() -> bool:
            assert self.alive(role), f"{role} ended\n{self.log(role)[-3000:]}"
            if what == "worker":
                return "working" in self.log(role)[self._marks[role] :]
            return self.ready(service)

        await_that(at_work, 120)

    def kill(self, role: str, part: Part = "all") -> None:
        """SIGKILL to a process and its children, to it alone, or to its children alone."""
        process = self._processes[role]
        victims = children(process.pid) if part != "parent" else []
        if part != "child":
            process.kill()
            process.wait()
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        await_that(lambda: not {*victims} & {*running()})

    def stop(self, role: str) -> float:
        """SIGTERM; the seconds until it ended. AssertionError where that was no clean end."""
        process = self._processes[role]
        started = time.monotonic()
        process.terminate()
        code = process.wait(timeout=60)
        assert code == 0, f"{role} ended with {code}\n{self.log(role)}"
        return time.monotonic() - started

    def alive(self, role: str) -> bool:
        return self._processes[role].poll() is None

    def pids(self, role: str) -> list[int]:
        """The process and its children."""
        pid = self._processes[role].pid
        return [pid, *children(pid)]

    def client(self, service: str, token: str | None = OPERATOR) -> httpx.Client:
        """A client of a service's web, one for each token; it is closed with the platform."""
        key = (service, token)
        if key not in self._clients:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            self._clients[key] = httpx.Client(
                base_url=self.urls[service], headers=headers, timeout=30, trust_env=False
            )
        return self._clients[key]

    def database_url(self, service: str) -> str:
        setting = f"HEDGEROW_{service.upper()}_DATABASE_URL"
        return self.environ.get(setting, f"sqlite:///{self.folder / service}.db")

    def status(self, service: str) -> dict[str, Any]:
        """Without what it says of following services that were not started here."""
        answer = self.client(service).get("/status")
        answer.raise_for_status()
        found = dict(answer.json())
        found["consumers"] = [c for c in found["consumers"] if c["source"] in self.services]
        return found

    def look(self) -> Look:
        """Each service's status, or why there was none."""
        found: dict[str, Any] = {}
        for service in self.services:
            try:
                found[service] = self.status(service)
            except httpx.HTTPError as error:
                found[service] = f"{service}: {error}"
        return found

    def await_caught_up(self, seconds: float = 60) -> float:
        """Wait until everything has arrived everywhere; returns the seconds that it took."""
        started, looks = time.monotonic(), [self.look()]
        while left := still_to_come(looks):
            assert time.monotonic() - started < seconds, f"not caught up: {left}, {looks[-1]}"
            time.sleep(0.1)
            looks.append(self.look())
        return time.monotonic() - started

    def await_well(self, seconds: float = 20) -> None:
        """Wait until no consumer has trouble to tell of, and there is no dead letter."""
        deadline = time.monotonic() + seconds
        while found := unwell(self.look()):
            assert time.monotonic() < deadline, found
            time.sleep(0.1)

    def log(self, role: str) -> str:
        """What a role's processes wrote, over all their lives."""
        path = self._log_path(role)
        return path.read_text(errors="replace") if path.exists() else ""

    def logs(self) -> str:
        """The last words of every role, for a failure's output."""
        return "\n".join(f"--- {role}\n{self.log(role)[-3000:]}" for role in self.roles)

    def _migrate(self) -> None:
        steps = [f"services.{service}" for service in self.services]
        running = [self._popen([step, "migrate"], f"{step} migrate") for step in steps]
        if self.kafka:
            delete_topics(self.kafka)
            running.append(self._popen(["shared.stream.topics"], "topics"))
        for process in running:
            assert process.wait(timeout=180) == 0, f"{process.args!r} failed\n{self._last_words()}"

    def begin(self, role: str) -> None:
        """Start it, without waiting for it."""
        self._marks[role] = len(self.log(role))  # where in its log this life of it begins
        service, what = role.split()
        self._processes[role] = self._popen([f"services.{service}", what], role)

    def _popen(self, arguments: list[str], name: str) -> "subprocess.Popen[bytes]":
        with self._log_path(name).open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=self.source,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=self._leader.pid,
            )

    def ready(self, service: str) -> bool:
        try:
            return httpx.get(f"{self.urls[service]}/health/ready", trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def _log_path(self, name: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}.log"

    def _last_words(self) -> str:
        return "\n".join(path.read_text()[-2000:] for path in self.folder.glob("*.log"))


def topics(admin: KafkaAdminClient) -> set[str]:
    """The platform's topics that are there."""
    return {*admin.list_topics()} & {*ALL_TOPICS}


def delete_topics(bootstrap: str) -> None:
    """Delete the platform's topics, and return when they are gone."""
    with KafkaAdminClient(bootstrap_servers=bootstrap) as admin:

        def gone() -> bool:
            for name in topics(admin):
                with suppress(UnknownTopicOrPartitionError):  # it is listed for a moment longer
                    admin.delete_topics([name])
            return not topics(admin)

        await_that(gone)


def running() -> dict[int, int]:
    """Every process of this machine that lives, and the one that started it, by /proc."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":  # a zombie holds nothing any more
            found[int(path.parent.name)] = int(parent)
    return found


def children(parent: int) -> list[int]:
    return [pid for pid, started_by in running().items() if started_by == parent]
