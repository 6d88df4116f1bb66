"""What the alert rules and the dashboard ask for is what the platform tells."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from shared.settings import SERVICES
from tests.deploy.deployment import ROOT, Deployment

WATCHING = ROOT / "deploy" / "watching"
METRIC = re.compile(r"\bhedgerow_\w+")


def expressions() -> Iterator[str]:
    for group in yaml.safe_load((WATCHING / "alerts.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"], rule["alert"]
            assert rule["labels"]["severity"] in ("warning", "critical")
            yield rule["expr"]
    panels: list[dict[str, Any]] = json.loads((WATCHING / "dashboard.json").read_text())["panels"]
    for panel in panels:
        yield from (target["expr"] for target in panel["targets"])


def test_every_metric_that_is_watched_is_told(deployment: Deployment) -> None:
    told: set[str] = set()
    for service in SERVICES:
        deployment.get(service, "/status")
        told |= {*METRIC.findall(deployment.client(service).get("/metrics").text)}
    asked = {name for expression in expressions() for name in METRIC.findall(expression)}
    assert len(asked) > 15
    assert asked - told == set()


@pytest.mark.parametrize(
    "words",
    [
        ("check", "config", str(WATCHING / "prometheus.yaml")),
        ("test", "rules", str(ROOT / "tests/deploy/alerts.yaml")),
    ],
)
def test_prometheus_takes_the_files_and_each_alert_fires_when_it_should(
    words: tuple[str, ...],
) -> None:
    if shutil.which("promtool") is None:
        said = "promtool is not here: Debian's package prometheus has it"
        pytest.fail(said, pytrace=False) if os.environ.get("CI") == "true" else pytest.skip(said)
    done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_looks_at_every_service_by_the_name_it_has_here() -> None:
    scraped = yaml.safe_load((WATCHING / "prometheus.yaml").read_text())["scrape_configs"][0]
    names = {name: s["port"] for s in scraped["dns_sd_configs"] for name in s["names"]}
    services = {f"{service}-web": 8001 + n for n, service in enumerate(SERVICES)}
    assert names == {"web": 8000} | services
