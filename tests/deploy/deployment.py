"""A deployment as an operator makes it: a clone, `deploy/configure`, `docker compose up`."""

import csv
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from shared.settings import SERVICES
from tests.servers import await_that, free_port

ROOT = Path(__file__).parents[2]
# Of this checkout: another's tests beside these would else start each other's.
IMAGE = f"hedgerow-under-test-{zlib.crc32(str(ROOT).encode()):08x}"
JOBS = ("check", "databases", "migrate", "kafka-users", "topics")


def engine_lacking() -> str | None:
    """Why there is no deployment to test here; None where an engine answers."""
    if shutil.which("docker") is None:
        return "there is no docker here"
    asked = subprocess.run(["docker", "version"], capture_output=True, text=True, check=False)
    return None if asked.returncode == 0 else f"no docker engine answers: {asked.stderr.strip()}"


def free_ports() -> int:
    """The first of four ports in a row that are free, as the one before them is."""
    while True:
        first = free_port()
        try:
            for port in (first - 1, *range(first + 1, first + 4)):
                _bind(port)
        except OSError:
            continue
        return first


def _bind(port: int) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))


class Deployment:
    """In a folder of its own, with ports, containers, volumes and image names of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "hedgerow"
        self.files = [self.folder / "deploy/compose.yaml"]
        self.project = f"hedgerow-test-{uuid.uuid4().hex[:8]}"
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith("HEDGEROW_")}
        self.environ |= {"COMPOSE_PROJECT_NAME": self.project, "HEDGEROW_IMAGE": IMAGE}
        self.first_port = free_ports()
        self.ports = {service: self.first_port + n for n, service in enumerate(SERVICES)}
        self.front_port = self.first_port - 1
        self.acknowledged: dict[str, int] = {}  # each community's version, as its writers know it
        self.seconds_up = 0.0  # that the first `up` took
        self._clients: dict[str, httpx.Client] = {}
        self._clone()

    def _clone(self) -> None:
        """What git has or would take, as it is now."""
        listed = _run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT).stdout
        for name in listed.rstrip("\0").split("\0"):
            if (ROOT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / name)

    # --- what an operator does ---

    def configure(self, *options: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """`deploy/configure`, called from another folder as people do."""
        port = ["--first-port", str(self.first_port)]
        command = [str(self.folder / "deploy/configure"), "--defaults", *port, *options]
        return self._run(command, environ=environ)

    def prepare(self, *options: str) -> None:
        """Configured, and its images are there. AssertionError with what was said."""
        configured = self.configure(*options)
        assert configured.returncode == 0, configured.stderr
        built = self.compose("build", timeout=600)
        assert built.returncode == 0, built.stderr[-3000:]

    def compose(self, *words: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        files = [word for file in self.files for word in ("-f", str(file))]
        return self._run(["docker", "compose", *files, *words], timeout=timeout)

    def up(self, *options: str) -> float:
        """`up -d --wait`; returns the seconds that it took. AssertionError with what was said."""
        began = time.monotonic()
        done = self.compose("up", "-d", "--wait", *options)
        assert done.returncode == 0, done.stderr[-2000:] + self.logs()
        return time.monotonic() - began

    def hedgerow(
        self, *words: str, cwd: Path | None = None, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """A command of Hedgerow's, run in a container of the deployment."""
        command = [str(self.folder / "deploy/hedgerow"), *words]
        return self._run(command, cwd=cwd, timeout=timeout)

    def await_well(self, timeout: float = 120) -> None:
        wait = ("status", "--wait", "--timeout", f"{timeout:g}")
        done = self.hedgerow(*wait, timeout=timeout + 60)
        assert done.returncode == 0, done.stdout + done.stderr + self.logs()

    def forget_clients(self) -> None:
        """Their token has been changed."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def run(
        self, script: str, *words: str, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """One of the operator's scripts, called from another folder as people do."""
        return self._run([str(self.folder / script), *words], timeout=timeout)

    def cut_off(self, script: str, at: str, timeout: float = 600) -> str:
        """Run one of the operator's scripts and kill it once it says `at`; what it had said."""
        said = ""
        running = subprocess.Popen(
            [str(self.folder / script)],
            cwd=self.folder.parent,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # with all that it has started
        )
        assert running.stdout is not None
        deadline = time.monotonic() + timeout
        for line in running.stdout:
            said += line
            if at in line or time.monotonic() > deadline:
                break
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        assert at in said, said
        return said

    def as_root(self, command: str) -> None:
        """What root does in the clone, which is at /here: the secrets are not everybody's."""
        here = ("-v", f"{self.folder}:/here")
        docker("run", "--rm", "--entrypoint", "bash", *here, "postgres:17", "-euc", command)

    def down(self) -> None:
        self.forget_clients()
        self._remove_commands()
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")

    def _remove_commands(self) -> None:
        """What a failed test left of `docker compose run`: `down` does not see it."""
        ours = f"label=com.docker.compose.project={self.project}"
        oneoff = ("--filter", ours, "--filter", "label=com.docker.compose.oneoff=True")
        if left := _run(["docker", "ps", "--all", "--quiet", *oneoff]).stdout.split():
            _run(["docker", "rm", "--force", *left])

    # --- what is seen of it ---

    def secret(self, name: str) -> str:
        """As root reads it; who is not root has docker read it."""
        file = self.folder / "deploy/secrets" / name
        if os.access(file, os.R_OK):
            return file.read_text()
        mounted = f"{file.parent}:/secrets:ro"
        command = ["docker", "run", "--rm", "--entrypoint", "cat", "-v", mounted, "postgres:17"]
        return self._run([*command, f"/secrets/{name}"]).stdout

    @property
    def token(self) -> str:
        return self.secret("operator_token").split(",")[0]

    def client(self, service: str) -> httpx.Client:
        """A client of a service by the edge, with the operator's token."""
        if service not in self._clients:
            self._clients[service] = httpx.Client(
                base_url=f"http://127.0.0.1:{self.ports[service]}",
                headers={"Authorization": f"Bearer {self.token}"},
                timeout=30,
                trust_env=False,
            )
        return self._clients[service]

    def get(self, service: str, path: str, **parameters: Any) -> Any:
        answer = self.client(service).get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def containers(self, service: str | None = None) -> list[dict[str, Any]]:
        """`docker inspect` of the containers there are, ended ones too."""
        wanted = [service] if service else []
        ids = self.compose("ps", "--all", "--quiet", *wanted).stdout.split()
        found: list[dict[str, Any]] = json.loads(_run(["docker", "inspect", *ids]).stdout)
        return found

    def execute(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        """A command in a service's first container."""
        return self.compose("exec", "-T", service, *command)

    def rows(self, database: str, sql: str) -> list[list[str]]:
        """What a database answers to the superuser."""
        asked = ["psql", "-U", "postgres", "-d", database, "--csv", "-t", "-c", sql]
        done = self.execute("postgres", *asked)
        assert done.returncode == 0, done.stderr
        return list(csv.reader(io.StringIO(done.stdout)))

    def await_health(self, container: str, state: str = "healthy", seconds: float = 60) -> None:
        """Wait until docker calls a container, by its id or name, healthy."""

        def so() -> bool:
            form = "{{.State.Health.Status}}"
            return _run(["docker", "inspect", "-f", form, container]).stdout.strip() == state

        await_that(so, seconds)

    def logs(self, *services: str) -> str:
        return self.compose("logs", "--no-color", "--tail", "40", *services).stdout[-20000:]

    def _run(
        self,
        command: list[str],
        *,
        cwd: Path | None = None,
        environ: Mapping[str, str] | None = None,
        timeout: float = 300,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            check=False,
            cwd=cwd or self.folder.parent,
            env=self.environ | dict(environ or {}),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
        )


def _run(command: list[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=cwd)


def docker(*words: str) -> subprocess.CompletedProcess[str]:
    """A command of docker's; raises CalledProcessError where it fails."""
    return _run(["docker", *words])
