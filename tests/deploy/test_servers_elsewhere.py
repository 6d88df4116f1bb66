"""PostgreSQL and Kafka on servers of somebody else's, reached by the addresses that were set."""

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.deployment import Deployment, docker
from tests.deploy.reckoning import in_topics
from tests.e2e.platform import write_list
from tests.servers import await_that, free_port

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
ADMIN, PASSWORD = "admin", "given-by-the-provider"
LISTED = 30


class Servers:
    """A PostgreSQL whose administrator is no superuser, and a Kafka, on the host's bridge."""

    def __init__(self) -> None:
        form = "{{(index .IPAM.Config 0).Gateway}}"
        self.host = docker("network", "inspect", "-f", form, "bridge").stdout.strip()
        self.postgres, self.kafka = free_port(), free_port()
        name = f"hedgerow-elsewhere-{uuid.uuid4().hex[:8]}"
        self.names = (f"{name}-postgres", f"{name}-kafka")
        self._run(self.names[0], self.postgres, 5432, "postgres:17", POSTGRES_PASSWORD=PASSWORD)
        listeners = f"CLIENTS://{self.host}:{self.kafka},LOCAL://localhost:9094"
        self._run(
            *(self.names[1], self.kafka, 9092, "apache/kafka:4.3.1"),
            KAFKA_NODE_ID="1",
            KAFKA_PROCESS_ROLES="broker,controller",
            KAFKA_CONTROLLER_QUORUM_VOTERS="1@localhost:9093",
            KAFKA_LISTENERS="CLIENTS://:9092,CONTROLLER://localhost:9093,LOCAL://localhost:9094",
            KAFKA_ADVERTISED_LISTENERS=listeners,
            KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=(
                "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT,LOCAL:PLAINTEXT"
            ),
            KAFKA_CONTROLLER_LISTENER_NAMES="CONTROLLER",
            KAFKA_INTER_BROKER_LISTENER_NAME="LOCAL",
            KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR="1",
            KAFKA_HEAP_OPTS="-Xms256m -Xmx512m",
        )
        await_that(lambda: "postgres" in self.ask("SELECT rolname FROM pg_roles", "postgres"), 60)
        rights = "LOGIN NOSUPERUSER CREATEDB CREATEROLE"
        self.ask(f"CREATE ROLE {ADMIN} {rights} PASSWORD '{PASSWORD}'", "postgres")

    def _run(self, name: str, port: int, inside: int, image: str, **environ: str) -> None:
        options = [word for key, value in environ.items() for word in ("-e", f"{key}={value}")]
        published = f"{self.host}:{port}:{inside}"
        docker("run", "-d", "--name", name, "-p", published, *options, image)

    def ask(self, sql: str, database: str) -> str:
        # By TCP: while the server is set up it answers on its socket alone.
        reached = ("-h", "127.0.0.1", "-U", "postgres", "-d", database, "-Atc", sql)
        command = ["docker", "exec", self.names[0], "psql", *reached]
        return run(command)

    def stop(self) -> None:
        docker("rm", "--force", "--volumes", *self.names)


def run(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def servers(clone: Deployment) -> Iterator[Servers]:
    found = Servers()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def elsewhere(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment that has neither of its own, made as the operator's guide says."""
    found = Deployment(tmp_path_factory.mktemp("elsewhere"))
    postgres = f"{servers.host}:{servers.postgres}?sslmode=prefer"
    kafka = f"{servers.host}:{servers.kafka}"
    found.prepare("--postgres", postgres, "--kafka", kafka)
    deploy = found.folder / "deploy"
    docker(
        *("run", "--rm", "--entrypoint", "bash"),
        *("-v", f"{deploy}/postgres/databases:/databases:ro"),
        *("-v", f"{deploy}/secrets:/run/secrets:ro"),
        *("-e", f"PGHOST={servers.host}", "-e", f"PGPORT={servers.postgres}"),
        *("-e", f"PGUSER={ADMIN}", "-e", f"PGPASSWORD={PASSWORD}"),
        *("postgres:17", "/databases"),
    )
    found.up()
    yield found
    found.down()


def test_what_is_imported_is_found_over_both(
    elsewhere: Deployment, servers: Servers, tmp_path: Path
) -> None:
    write_list(tmp_path / "list.jsonl", LISTED)
    done = elsewhere.hedgerow("import", "list.jsonl", cwd=tmp_path)
    assert f"{LISTED} new" in done.stdout, done.stdout + done.stderr
    elsewhere.await_well()
    assert elsewhere.get("discovery", "/search", q="stroke")["items"]
    counted = "SELECT count(DISTINCT stream_id) FROM events WHERE type LIKE '%registered'"
    assert int(servers.ask(counted, "registry")) >= LISTED
    assert len(in_topics(elsewhere)) >= LISTED


def test_it_has_no_server_of_its_own(elsewhere: Deployment) -> None:
    label = "com.docker.compose.service"
    there = {c["Config"]["Labels"][label] for c in elsewhere.containers()}
    assert there & {"postgres", "databases", "kafka", "kafka-users"} == set()
    assert "discovery-worker" in there


def test_a_backup_is_made_and_restoring_is_the_providers(elsewhere: Deployment) -> None:
    folder = str(elsewhere.folder.parent / "backups")
    made = elsewhere.run("deploy/backup", folder)
    assert made.returncode == 0, made.stderr
    for command in (("deploy/backup", "--check", folder), ("deploy/restore", folder)):
        said = elsewhere.run(*command)
        assert said.returncode == 1
        assert "restore them by that server's own means" in said.stderr


def test_it_is_upgraded_and_configured_again_and_stays_there(
    elsewhere: Deployment, servers: Servers
) -> None:
    assert elsewhere.configure().returncode == 0
    said = elsewhere.run("deploy/upgrade", timeout=600)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "All is well." in said.stdout
    assert f"@{servers.host}:{servers.postgres}/" in elsewhere.secret("registry_database_url")


def test_kafka_is_moved_here_and_its_topics_are_filled_again(elsewhere: Deployment) -> None:
    elsewhere.compose("down")
    assert elsewhere.configure("--kafka", "here").returncode == 0
    said = elsewhere.run("deploy/topics-anew", timeout=600)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "All is well." in said.stdout
    assert elsewhere.containers("kafka")[0]["State"]["Health"]["Status"] == "healthy"
    assert len(in_topics(elsewhere)) >= LISTED
    form, bus = "{{.Internal}}", f"{elsewhere.project}_bus"
    assert docker("network", "inspect", "-f", form, bus).stdout.strip() == "true"
