"""No log repeats a signed link: ours, Flask's, gunicorn's or the edge's, whatever came of it."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from gunicorn.config import Config

from shared.foundation.masking import mask_links, mask_path
from shared.http.server import ServerLog
from shared.settings import Secret
from shared.web.signer import sign
from tests.integration.logged_links import paths
from tests.integration.services import SERVICES

PERSON = "per_k3v9tq27mz5wxh8dc4fa"
EDGE = Path(__file__).parents[2] / "deploy" / "edge" / "nginx.conf"
LINKS = [
    sign(Secret("HEDGEROW_SECRET", value="a-secret-of-the-tests"), "reply", subject, number, None)
    for subject in (PERSON, f"ses_00000000000000000001 {PERSON}", "x" * 400)
    for number in (1, 12)
]
LINK = next(link for link in LINKS if not link.startswith("."))


def percent(link: str) -> str:
    """As some programs send it: the point, and letters here and there, in hexadecimal."""
    return link.replace(".", "%2e").replace("W", "%57").replace("I", "%49")


def parts(link: str) -> list[str]:
    """Payload and signature, as they are written."""
    return [part for part in re.split(r"\.|%2e", link) if part]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("written", [str, percent])
@pytest.mark.parametrize(
    "around",
    ["/preferences/{}", "GET /nothing/here/{} HTTP/1.1", "'{}'", "{}xyz", '{{"url":"{}"}}', "{}\n"],
)
def test_a_line_is_written_without_the_link(link: str, written: Callable[[str], str], around: str):
    line = mask_links(around.format(written(link)))
    assert not any(part in line for part in parts(written(link)))
    assert around.split("{}")[0].replace("{{", "{") in line


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("path", ["/{}", "/reply/{}", "/v1/reply/{}/", "//{}/extra", "/{}.ics"])
def test_a_path_keeps_what_is_no_link(link: str, path: str):
    assert mask_path(path.format(link)) == path.replace(".ics", "").format("…")


@pytest.mark.parametrize(
    "text",
    [
        "/communities/com_00000000000000000001/roles/rol_00000000000000000001",
        "registry.community.succession-withdrawn 2026-11-30T03:14:32.123456Z",
        "shared.projection.reactions scheduling.application.decision-released",
        "0123456789abcdef0123456789abcdef",
    ],
)
def test_what_is_no_link_stays(text: str):
    assert mask_links(text) == text
    assert " " in text or mask_path(text) == text


@pytest.mark.parametrize("form", ["text", "json"])
def test_each_service_logs_no_link_whether_a_route_matches_or_fails(form: str):
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.logged_links", form, LINK],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("GET /") >= len(SERVICES) * len(paths(LINK))
    assert "no page for" in done.stdout
    assert "Exception on /defect/…/x [GET]" in done.stdout
    assert not any(part in done.stdout for part in parts(LINK))
    if form == "json":
        asked = [line for line in done.stdout.splitlines() if '"event":"GET /' in line]
        assert all(json.loads(line)["status"] in (404, 500) for line in asked)


def test_gunicorn_s_log_of_a_raw_address(capfd: pytest.CaptureFixture[str]):
    config = Config()
    config.set("accesslog", "-")
    log = ServerLog(config)
    try:
        raise RuntimeError(f"in {LINK}")
    except RuntimeError:
        log.exception("Error handling request %s %s", "GET", f"/link/{percent(LINK)}")
    log.access_log.info('"GET /link/%s HTTP/1.1" 500', LINK)
    out = "".join(capfd.readouterr())
    assert "Error handling request GET /link/…" in out
    assert not any(part in out for part in (*parts(LINK), *parts(percent(LINK))))


def edge_logs(path: str) -> str:
    """What the edge's access log shows of a path."""
    found = re.search(r'map \$uri \$logged_path \{\s*"~(.+?)" "\$before…";', EDGE.read_text())
    assert found is not None
    pattern = found[1].replace("(?<", "(?P<")
    matched = re.match(pattern, path)
    return f"{matched['before']}…" if matched else path


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("path", ["/{}", "/link/{}", "/calendars/{}.ics", "/a\n/{}", "//x/{}/y"])
def test_the_edge_logs_no_link(link: str, path: str):
    shown = edge_logs(path.format(link))
    assert shown == f"{path.split('{}')[0]}…"
    text = EDGE.read_text()
    assert "error_log stderr alert;" in text
    assert "$request " not in text
    assert "$request_uri" not in text
