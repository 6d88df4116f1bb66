"""Which secrets each container has mounted: those that it reads, and no others."""

from pathlib import Path
from typing import Any

import pytest
import yaml

COMPOSE = Path(__file__).parents[3] / "deploy/compose.yaml"
MOUNTED = "/run/secrets/"
# Of what a role of a service may hold; the others have a database's address alone.
HELD = {
    "registry-web": {"operator_token_hash", "service_token", "secret", "oidc_client_secret"},
    "registry-worker": {"kafka_password"},
    "scheduling-web": {"operator_token_hash", "service_token", "secret"},
    "scheduling-worker": {"kafka_password"},
    "notifications-web": {"operator_token_hash", "service_token", "secret", "mail_server"},
    "notifications-worker": {"service_token", "secret", "kafka_password", "smtp_url"},
    "discovery-web": {"operator_token_hash", "service_token_hash", "secret"},
    "discovery-worker": {"kafka_password"},
    "edge": set(),
    "topics": {"kafka_password"},
    "cli": {"operator_token"},
}


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


@pytest.mark.parametrize("role", HELD)
def test_a_role_has_what_it_needs_mounted_and_nothing_else(role: str):
    database = {f"{role.partition('-')[0]}_database_url"} & set(services()[role].get("secrets", ()))
    assert set(services()[role].get("secrets", ())) - database == HELD[role]


def test_nobody_but_the_command_line_has_the_operators_token():
    having = [name for name, s in services().items() if "operator_token" in s.get("secrets", ())]
    assert having == ["cli"]


def test_each_secret_that_a_service_reads_is_mounted_and_each_mounted_is_read():
    for name, service in services().items():
        read = {
            value.removeprefix(MOUNTED)
            for value in (service.get("environment") or {}).values()
            if str(value).startswith(MOUNTED)
        }
        mounted = set(service.get("secrets", ()))
        assert read <= mounted, name
        if name not in ("databases", "kafka-users"):  # whose scripts read the files
            assert read == mounted, name
