"""What each container and each role of the database may do: no more than it needs."""

import json
from itertools import chain
from typing import Any

import pytest

from shared.settings import SERVICES
from tests.deploy.deployment import Deployment, docker

LOOPBACK = "127.0.0.1"


def of(deployment: Deployment) -> dict[str, dict[str, Any]]:
    label = "com.docker.compose.service"
    return {c["Config"]["Labels"][label]: c for c in deployment.containers()}


def test_each_container_is_held_to_what_it_needs(deployment: Deployment) -> None:
    for name, container in of(deployment).items():
        host = container["HostConfig"]
        assert host["CapDrop"] == ["ALL"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert host["LogConfig"]["Config"]["max-size"], name
        assert not host["Privileged"], name
        assert host["ReadonlyRootfs"] or name == "kafka"  # it writes its own settings
        if name not in ("postgres", "check", "kafka"):  # the first two by their entry point
            assert container["Config"]["User"] == "10001:10001", name
        if host["RestartPolicy"]["Name"] != "no":
            assert host["Memory"] > 0, name
            assert host["PidsLimit"] > 0, name


def test_only_the_edge_publishes_ports_and_to_this_machine_alone(deployment: Deployment) -> None:
    for name, container in of(deployment).items():
        published = chain.from_iterable((container["HostConfig"]["PortBindings"] or {}).values())
        addresses = {binding["HostIp"] for binding in published}
        assert addresses == ({LOOPBACK} if name == "edge" else set())


def test_the_networks_part_the_databases_from_the_edge(deployment: Deployment) -> None:
    networks = {
        name: {n.removeprefix(f"{deployment.project}_") for n in c["NetworkSettings"]["Networks"]}
        for name, c in of(deployment).items()
    }
    assert networks["edge"] == {"published", "front"}
    assert networks["postgres"] == {"data"}
    assert networks["kafka"] == {"bus"}
    for service in ("scheduling", "discovery"):
        assert networks[f"{service}-web"] == {"front", "data"}
    assert networks["registry-web"] == {"front", "data", "provider"}
    for network in ("front", "data", "bus", "provider"):
        form, name = "{{.Internal}}", f"{deployment.project}_{network}"
        assert docker("network", "inspect", "-f", form, name).stdout.strip() == "true"


def test_docker_inspect_shows_no_secret(deployment: Deployment) -> None:
    shown = json.dumps(deployment.containers())
    for file in (deployment.folder / "deploy/secrets").iterdir():
        secret = deployment.secret(file.name)
        assert not secret or secret not in shown, file.name


def test_secrets_are_for_the_containers_user_and_root_alone(deployment: Deployment) -> None:
    for file in (deployment.folder / "deploy/secrets").iterdir():
        found = file.stat()
        assert (found.st_mode & 0o777, found.st_uid) == (0o400, 10001), file.name


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_add_events_and_change_none(deployment: Deployment, service: str) -> None:
    table = f"has_table_privilege('hedgerow_{service}', 'events', '%s')"
    for right, has in (("SELECT", "t"), ("INSERT", "t"), ("UPDATE", "f"), ("DELETE", "f")):
        assert deployment.rows(service, f"SELECT {table % right}") == [[has]], right
    assert deployment.rows(service, f"SELECT {table % 'TRUNCATE'}") == [["f"]]
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert deployment.rows(service, owners) == [[f"hedgerow_{service}_owner"]]
    may_create = f"SELECT has_schema_privilege('hedgerow_{service}', 'public', 'CREATE')"
    assert deployment.rows(service, may_create) == [["f"]]
    others = (
        "SELECT rolname, datname FROM pg_roles, pg_database WHERE rolname LIKE 'hedgerow_%'"
        " AND datname IN ('registry', 'scheduling', 'notifications', 'discovery')"
        " AND rolname NOT IN ('hedgerow_' || datname, 'hedgerow_' || datname || '_owner')"
        " AND has_database_privilege(rolname, datname, 'CONNECT')"
    )
    assert deployment.rows("postgres", others) == []
