"""A broker and a database server in containers (testcontainers)."""

import os
import secrets
from contextlib import suppress
from functools import cache
from typing import Any

# It would take a machine with a stray /.dockerenv for a container, and look for the server at
# the bridge's gateway; read when testcontainers is imported.
os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")

from docker.errors import DockerException, ImageNotFound, NotFound
from requests import RequestException
from sqlalchemy import URL
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

from .control import free_port
from .kafka import KafkaServer, broker_settings
from .postgres import MAX_CONNECTIONS, PostgresServer

KAFKA_IMAGE = "apache/kafka:4.3.1"
POSTGRES_IMAGE = "postgres:17"


class ContainerControl:
    """Stops and starts one container; what it wrote stays in it."""

    def __init__(self, container: DockerContainer) -> None:
        self._container = container
        container.start()

    @property
    def running(self) -> bool:
        return bool(self._state["Running"])

    @property
    def pid(self) -> int | None:
        return self._state["Pid"] or None

    def start(self) -> None:
        self._container.get_wrapped_container().start()

    def stop(self) -> None:
        self._container.get_wrapped_container().stop(timeout=30)

    def kill(self) -> None:
        if self.running:
            self._container.get_wrapped_container().kill()
            self._container.get_wrapped_container().wait(timeout=30)

    def discard(self) -> None:
        with suppress(NotFound):
            self._container.stop()

    def log(self) -> str:
        return b"".join(self._container.get_logs()).decode(errors="replace")[-4000:]

    @property
    def _state(self) -> Any:
        container = self._container.get_wrapped_container()
        container.reload()
        return container.attrs["State"]


@cache
def lacking() -> str | None:
    """Why containers can't be had; None where an engine answers and has, or pulls, the images."""
    prefix = testcontainers_config.hub_image_name_prefix
    images = [prefix + KAFKA_IMAGE, prefix + POSTGRES_IMAGE]
    if not testcontainers_config.ryuk_disabled:
        images.append(testcontainers_config.ryuk_image)
    try:
        client = DockerClient().client
        client.ping()
        for image in images:
            try:
                client.images.get(image)
            except ImageNotFound:
                client.images.pull(image)
    except (DockerException, RequestException, OSError) as error:
        return f"no docker engine with the images {', '.join(images)}: {error}"
    return None


def start_kafka() -> KafkaServer:
    """A fresh broker."""
    port, controller_port = free_port(), 9093
    container = DockerContainer(KAFKA_IMAGE)
    host = _publish(container, port, port)  # the broker finds itself by the same address
    settings = broker_settings(host, "", port, controller_port)
    for name, value in settings.items():
        container.with_env(f"KAFKA_{name.upper().replace('.', '_')}", value)
    server = KafkaServer(f"{host}:{port}", ContainerControl(container))
    server.await_ready()
    return server


def start_postgres() -> PostgresServer:
    """A fresh cluster with a password of its own."""
    port, password = free_port(), secrets.token_hex(16)
    container = DockerContainer(POSTGRES_IMAGE)
    host = _publish(container, 5432, port)
    container.with_env("POSTGRES_PASSWORD", password)
    container.with_command(["postgres", "-c", f"max_connections={MAX_CONNECTIONS}"])
    url = URL.create("postgresql+psycopg", "postgres", password, host, port, database="postgres")
    server = PostgresServer(url.render_as_string(hide_password=False), ContainerControl(container))
    server.await_ready()
    return server


def _publish(container: DockerContainer, inside: int, port: int) -> str:
    """Gives the container a port that stays the same when it is started again; answers the host.

    Where the engine is on this machine, no other machine can reach the port.
    """
    host = container.get_container_host_ip()
    if host == "localhost":
        host = "127.0.0.1"
        container.ports[f"{inside}/tcp"] = (host, port)
    else:
        container.with_bind_ports(inside, port)
    return host
