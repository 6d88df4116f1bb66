"""Calendars as two parsers see them that others wrote: the package icalendar, and npm's ical.js."""

import json
import os
import re
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import icalendar
import pytest

_FOLDER = Path(__file__).parent / "parsers"


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
    _install()
    result = subprocess.run(
        ["node", "occurrences.mjs"], cwd=_FOLDER, input=body, capture_output=True, check=False
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
def _install() -> None:
    """From the lock file, with its hashes, once."""
    if (_FOLDER / "node_modules" / "ical.js").is_dir():
        return
    try:
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=_FOLDER,
            check=True,
            capture_output=True,
            timeout=100,
        )
    except (OSError, subprocess.SubprocessError) as error:
        reason = f"ical.js cannot be installed; node and npm are needed ({error})"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
