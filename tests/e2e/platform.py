"""A platform as a person starts it: `hedgerow up`, with its own data and ports."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

from shared.settings import FRONT, SERVICES
from tests.platform import ROOT, delete_topics
from tests.servers import KafkaServer, PostgresServer, await_that, free_port

HEDGEROW = [sys.executable, "-m", "hedgerow"]


class Platform:
    """Started by `start`; `run` runs another of the commands beside it.

    `source` is where the code is from: another folder's is that of an earlier release.
    """

    def __init__(self, data: Path, *, source: Path = ROOT, **settings: str) -> None:
        self.data, self.source = data, source
        self.ports = {service: free_port() for service in (FRONT, *SERVICES)}
        own = {f"HEDGEROW_{s.upper()}_PORT": str(port) for s, port in self.ports.items()}
        kept = {k: v for k, v in os.environ.items() if not k.startswith("HEDGEROW_")}
        self.environ = kept | own | {"HEDGEROW_DATA_DIR": str(data)} | settings
        self.log = data.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str, within: float = 60) -> float:
        """Start it and wait until it says that it is ready; returns the seconds that took."""
        began = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*HEDGEROW, "up", *arguments],
                cwd=self.source,
                env=self.environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        await_that(lambda: "Ready in" in self.said() or self.process.poll() is not None, within)
        assert self.process.poll() is None, self.said()
        return time.monotonic() - began

    def stop(self, number: int = signal.SIGINT) -> float:
        """Stop it as Ctrl-C does; returns the seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=60)
        return time.monotonic() - began

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def run(self, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*HEDGEROW, *arguments],
            check=False,
            cwd=self.source,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def caught_up(self, within: float = 90) -> None:
        wait = ("status", "--wait", "--timeout", f"{within:g}")
        done = self.run(*wait, timeout=within + 60)
        assert done.returncode == 0, done.stdout + done.stderr

    def url(self, service: str, path: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}{path}"

    def get(self, service: str, path: str, **parameters: Any) -> Any:
        answer = httpx.get(self.url(service, path), params=parameters, headers=self.token)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return httpx.post(self.url("registry", path), json=body, headers=self.token)

    @property
    def token(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {(self.data / 'operator_token').read_text().strip()}"}

    def pid(self, module: str, role: str) -> int:
        """The process id of a service's process."""
        for folder in Path("/proc").iterdir():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                environ = (folder / "environ").read_bytes()
            except OSError:
                continue
            if [w.decode() for w in words[-3:-1]] == [
                f"services.{module}",
                role,
            ] and f"HEDGEROW_DATA_DIR={self.data}\0".encode() in environ:
                return int(folder.name)
        raise AssertionError(f"no process {module} {role}")


def deployment(kafka: KafkaServer, postgres: PostgresServer) -> dict[str, str]:
    """The settings for a platform over empty topics and databases of its own."""
    delete_topics(kafka.bootstrap)
    name = uuid.uuid4().hex[:12]
    urls = {
        f"HEDGEROW_{service.upper()}_DATABASE_URL": postgres.create_database(f"{service}_{name}")
        for service in SERVICES
    }
    return {"HEDGEROW_KAFKA_BOOTSTRAP": kafka.bootstrap, **urls}


def write_list(path: Path, count: int, *, broken: int | None = None) -> Path:
    """A list of communities to import; line `broken` (from 1) lacks its domain."""
    subjects = ("stroke", "sepsis", "frailty", "maternity", "asthma", "dementia", "wound care")
    with path.open("w") as file:
        for number in range(1, count + 1):
            subject = subjects[number % len(subjects)]
            record: dict[str, Any] = {
                "id": f"list/{number}",
                "name": f"{subject.title()} circle {number}",
                "domain": f"People who improve {subject} care in place {number} and beyond.",
                "topics": [subject],
                "network": f"Network {number % 5}",
                "region": "Wessex" if number % 2 else "Yorkshire",
                "url": f"https://communities.example/{number}",
            }
            if number == broken:
                del record["domain"]
            file.write(json.dumps(record) + "\n")
    return path
