"""Calendars as two parsers see them that others wrote: the package icalendar, and npm's ical.js."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import icalendar
import pytest

_FOLDER = Path(__file__).parent / "parsers"
_LOCK = Path(__file__).parents[1] / "requirements" / "parsers.lock"


def by_icalendar(body: bytes) -> dict[str, Any]:
    """The calendar's name and events, times in UTC, through its own VTIMEZONE."""
    calendar = icalendar.Calendar.from_ical(body)
    return {
        "name": str(re.sub(r"\\(.)", r"\1", str(calendar["NAME"]))),
        "events": [
            {
                "uid": str(event["UID"]),
                "sequence": int(event["SEQUENCE"]),
                "summary": str(event["SUMMARY"]),
                "location": str(event.get("LOCATION", "")),
                "status": str(event["STATUS"]),
                "start": _utc(event["DTSTART"].dt),
                "end": _utc(event["DTEND"].dt),
            }
            for event in calendar.walk("VEVENT")
        ],
    }


def by_ical_js(body: bytes) -> dict[str, Any]:
    """The same by ical.js, which reads nothing but the VTIMEZONE that is there."""
    result = subprocess.run(
        [_install(), "occurrences.mjs"], cwd=_FOLDER, input=body, capture_output=True, check=False
    )
    assert result.returncode == 0, result.stderr.decode()
    found: dict[str, Any] = json.loads(result.stdout)
    for event in found["events"]:
        event["location"] = event["location"] or ""
        event["start"], event["end"] = (
            e.replace(".000Z", "Z") for e in (event["start"], event["end"])
        )
    return found


@cache
def _install() -> str:
    """Install ical.js from its lock file, with its hash; gives the program node.

    Where the machine has no node, one comes from pip's packages.
    """
    try:
        node, npm = _node()
        if not (_FOLDER / "node_modules" / "ical.js").is_dir():
            _run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        return node
    except (OSError, subprocess.SubprocessError) as error:
        reason = f"ical.js cannot be installed: {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


def _node() -> tuple[str, str]:
    """node and npm: the machine's, else those of requirements/parsers.lock."""
    found = shutil.which("node"), shutil.which("npm")
    if found[0] and found[1]:
        return found[0], found[1]
    own = Path(sys.executable).parent
    if not (own / "npm").exists():
        _run(
            sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(_LOCK)
        )
    os.environ["PATH"] += f":{own}"  # npm is a script that looks for node
    return str(own / "node"), str(own / "npm")


def _run(*command: str) -> None:
    subprocess.run(command, cwd=_FOLDER, check=True, capture_output=True, timeout=110)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
