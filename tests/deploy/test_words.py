"""What an operator is told where something is wrong: in words, with the mend, changing nothing."""

import os
import socket
from pathlib import Path

import pytest

from tests.deploy.deployment import Deployment, docker
from tests.mail_servers import MailServer


@pytest.fixture
def unconfigured(clone: Deployment, tmp_path: Path) -> Deployment:
    """A clone that knows nothing yet, apart from the deployment that is up."""
    return Deployment(tmp_path)


def docker_that_says(folder: Path, engine: str, compose: str) -> str:
    """A PATH on which docker claims these versions."""
    script = folder / "bin" / "docker"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\n[ "$1" = version ] && echo {engine} || echo {compose}\n')
    script.chmod(0o755)
    return f"{script.parent}:{os.environ['PATH']}"


def nothing_was_written(deployment: Deployment) -> bool:
    folder = deployment.folder / "deploy"
    return not (folder / "secrets").exists() and not (folder / ".env").exists()


def test_no_engine(unconfigured: Deployment) -> None:
    done = unconfigured.configure(DOCKER_HOST="unix:///nowhere/docker.sock")
    assert done.returncode == 1
    assert "no docker engine answers" in done.stderr
    assert nothing_was_written(unconfigured)


def test_an_old_engine_and_an_old_compose(unconfigured: Deployment, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    old = unconfigured.configure(PATH=docker_that_says(tmp_path / "a", "20.10.24", "2.26.1"))
    assert "docker engine 20.10.24 is too old; 25 or later is needed" in old.stderr
    old = unconfigured.configure(PATH=docker_that_says(tmp_path / "b", "26.1.5", "v2.17.2"))
    assert (old.returncode, nothing_was_written(unconfigured)) == (1, True)
    assert "docker compose 2.17.2 is too old; 2.24 or later is needed" in old.stderr


def test_a_port_that_is_taken(unconfigured: Deployment) -> None:
    with socket.create_server(("127.0.0.1", unconfigured.first_port + 2)):
        done = unconfigured.configure()
    assert (done.returncode, nothing_was_written(unconfigured)) == (1, True)
    assert f"ports {unconfigured.front_port} to" in done.stderr
    assert "--first-port" in done.stderr


def test_a_mail_server_that_does_not_answer(unconfigured: Deployment) -> None:
    url = "smtp://ada:very-secret@mail.invalid:587"
    done = unconfigured.configure("--mail-server", url)
    assert (done.returncode, nothing_was_written(unconfigured)) == (1, True)
    assert "no mail server answers at mail.invalid:587" in done.stderr
    assert "very-secret" not in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--mail-server", "mail.example", "write it as smtp://"),
        ("--mail-server", "smtp://mail.example:x", "no port"),
        ("--public-url", "hedgerow.example", "does not begin with https://"),
        ("--public-url", "http://hedgerow.example", "the cookie that people sign in by"),
        ("--public-url", "http://localhost.example", "the cookie that people sign in by"),
        ("--first-port", "1", "is not from 2 to 65532"),
        ("--first-port", "80a", "is no number"),
        ("--operator", "Hedgerow", "has no address"),
        ("--postgres", "postgresql://db.example", "write it as HOST:PORT"),
        ("--kafka", "kafka.example", "has no port"),
        ("--colour", "green", "usage:"),
    ],
)
def test_an_answer_that_is_none(
    unconfigured: Deployment, option: str, value: str, said: str
) -> None:
    done = unconfigured.configure(option, value)
    assert (done.returncode, nothing_was_written(unconfigured)) == (2, True)
    assert said in done.stderr


def test_an_image_of_another_revision_is_named(unconfigured: Deployment, tmp_path: Path) -> None:
    """`up` builds nothing where there is an image: this one would run another version."""
    label = "LABEL org.opencontainers.image.revision=0123456789ab"
    (tmp_path / "Dockerfile").write_text(f"FROM postgres:17\n{label}\n")
    other = f"{unconfigured.project}-other"
    docker("build", "-q", "-t", other, str(tmp_path))
    try:
        done = unconfigured.configure(HEDGEROW_IMAGE=other)
    finally:
        docker("image", "rm", other)
    assert done.returncode == 0, done.stderr
    assert f"There is an image {other} of another revision, 0123456789ab" in done.stdout


def test_configured_again_it_keeps_every_secret_and_answer(
    deployment: Deployment, mail: MailServer
) -> None:
    folder = deployment.folder / "deploy"
    before = {file.name: deployment.secret(file.name) for file in (folder / "secrets").iterdir()}
    answers = (folder / ".env").read_text()
    done = deployment.configure()
    assert done.returncode == 0, done.stderr
    assert before == {name: deployment.secret(name) for name in before}
    assert (folder / ".env").read_text() == answers
    assert before["smtp_url"] == f"smtp://host.docker.internal:{mail.port}"
    assert not [secret for secret in before.values() if secret and secret in done.stdout]


def test_secrets_that_others_can_read_or_that_are_missing_stop_it(deployment: Deployment) -> None:
    inside = "cd /here/deploy/secrets; "
    check = ("run", "--rm", "--no-deps", "-T", "check")
    deployment.as_root(inside + "chmod 444 service_token; mv secret away")
    try:
        done = deployment.compose(*check)
    finally:
        deployment.as_root(inside + "chmod 400 service_token; mv away secret")
    assert done.returncode == 1
    assert "deploy/secrets/service_token can be read by others: chmod 400" in done.stderr
    assert "deploy/secrets/secret is missing: run deploy/configure" in done.stderr
    assert deployment.compose(*check).returncode == 0


def test_a_volume_of_another_version_is_named(deployment: Deployment) -> None:
    """Before the server would begin, fail, and begin again."""
    volume = f"{deployment.project}-older"
    write = "echo 16 > /var/lib/postgresql/data/PG_VERSION"
    data = f"{volume}:/var/lib/postgresql/data"
    try:
        docker("run", "--rm", "--entrypoint", "sh", "-v", data, "postgres:17", "-c", write)
        done = deployment.compose("run", "--rm", "--no-deps", "-T", "-v", f"{data}:ro", "check")
    finally:
        docker("volume", "rm", "--force", volume)
    assert done.returncode == 1
    assert "written by version 16, and this is 17" in done.stderr


def test_a_database_of_a_newer_release_is_named(deployment: Deployment) -> None:
    """An older image, to which somebody went back, says so, and leaves alone what it has more."""
    newer = "INSERT INTO alembic_version VALUES ('registry_9999')"
    deployment.rows("registry", newer)
    try:
        done = deployment.compose("run", "--rm", "--no-deps", "-T", "migrate")
    finally:
        deployment.rows(
            "registry", "DELETE FROM alembic_version WHERE version_num = 'registry_9999'"
        )
    assert done.returncode == 0, done.stderr
    assert "registry: the database is of a newer release, and left as it is." in done.stdout


def test_settings_that_are_wrong_are_all_listed(deployment: Deployment) -> None:
    run = ("run", "--rm", "--no-deps", "-T", "-e", "HEDGEROW_PUBLIC_URL=here")
    wrong = ("-e", "HEDGEROW_CLOCK_OFFSET=soon", "registry-web")
    done = deployment.compose(*run, *wrong)
    assert done.returncode == 2
    assert "HEDGEROW_PUBLIC_URL" in done.stderr
    assert "HEDGEROW_CLOCK_OFFSET" in done.stderr
