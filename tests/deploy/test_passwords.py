"""Every password is made anew, and Kafka asks for one."""

from collections.abc import Iterator

import pytest

from tests.deploy.deployment import Deployment
from tests.deploy.reckoning import in_topics
from tests.deploy.test_walk import made

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

_WITHOUT_PASSWORD = """
from kafka import KafkaAdminClient
KafkaAdminClient(bootstrap_servers="kafka:9092", bootstrap_timeout_ms=3000).list_topics()
"""


@pytest.fixture(scope="module")
def changed(
    clone: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Deployment, str]]:
    """A deployment with a community, whose passwords were all deleted and made anew."""
    found = Deployment(tmp_path_factory.mktemp("passwords"))
    found.prepare()
    found.up()
    community = register(found)
    found.await_well()
    secrets = found.folder / "deploy/secrets"
    passwords = sorted(f.name for f in secrets.iterdir() if "password" in f.name or "url" in f.name)
    old = {name: found.secret(name) for name in passwords if name != "smtp_url"}
    assert len(old) == 10
    found.as_root(f"cd /here/deploy/secrets; rm {' '.join(old)}")
    with (found.folder / "deploy/.env").open("a") as settings:
        settings.write("HEDGEROW_KAFKA_SECURITY_PROTOCOL='SASL_PLAINTEXT'\n")
    assert found.configure().returncode == 0
    assert [name for name in old if found.secret(name) == old[name]] == []
    found.up("--force-recreate")
    yield found, community
    found.down()


def register(deployment: Deployment) -> str:
    body = {"name": "Falls", "domain": "Falls in care homes"}
    return made(deployment.client("registry").post("/communities", json=body))


def test_all_goes_on_with_new_passwords(changed: tuple[Deployment, str]) -> None:
    deployment, community = changed
    new = register(deployment)
    deployment.await_well()
    assert {community, new} <= set(in_topics(deployment))
    found = deployment.get("discovery", "/search", q="falls")["items"]
    assert {item["id"] for item in found} == {community, new}
    assert "SASL_PLAINTEXT" in (deployment.folder / "deploy/.env").read_text()


def test_kafka_answers_nobody_without_the_password(changed: tuple[Deployment, str]) -> None:
    deployment, _ = changed
    done = deployment.execute("registry-worker", "python", "-c", _WITHOUT_PASSWORD)
    assert done.returncode != 0
    assert "kafka.errors" in done.stderr


def test_postgresql_answers_nobody_with_another_password(
    changed: tuple[Deployment, str],
) -> None:
    deployment, _ = changed
    asked = "PGPASSWORD=wrong psql -h postgres -U postgres -c 'SELECT 1'"
    done = deployment.execute("postgres", "sh", "-c", asked)
    assert "password authentication failed" in done.stderr
    right = deployment.secret("postgres_password")
    done = deployment.execute("postgres", "sh", "-c", asked.replace("wrong", right))
    assert done.returncode == 0, done.stderr


def test_a_backup_is_made_and_restored_with_the_new_passwords(
    changed: tuple[Deployment, str],
) -> None:
    deployment, _ = changed
    folder = str(deployment.folder.parent / "backups")
    assert deployment.run("deploy/backup", folder).returncode == 0
    tried = deployment.run("deploy/backup", "--check", folder)
    assert tried.returncode == 0, tried.stderr
    before = deployment.get("registry", "/communities")["items"]
    deployment.compose("down", "--volumes")
    said = deployment.run("deploy/restore", folder, timeout=600)
    assert said.returncode == 0, said.stdout + said.stderr
    assert deployment.get("registry", "/communities")["items"] == before
