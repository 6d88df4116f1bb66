"""Says which vulnerabilities are known of what the lock files in a folder name; for deploy/scan.

Packages of Python by pip-audit, jars by OSV. Ends with 0 where none is known, with 3 where some
are, and with 2 where not everything could be looked at. It runs where nothing of ours is installed.
"""

import json
import subprocess
import sys
import tempfile
import urllib.request  # noqa: TID251
from pathlib import Path

_OSV = "https://api.osv.dev/v1/querybatch"
_PATIENCE = 30  # seconds
_NOT_LOOKED_AT, _VULNERABLE = 2, 3  # 1 is what Python ends with by itself


class NotLookedAt(Exception):
    """Why a lock file could not be looked at."""


def main(folder: Path) -> int:
    """Look at every lock file of the folder. Returns the exit status."""
    vulnerable, not_looked_at = False, False
    locks = sorted(folder.glob("*.lock"))
    if not locks:
        print(f"There is no lock file in {folder}.")  # noqa: T201
        return _NOT_LOOKED_AT
    for lock in locks:
        try:
            known = of_jars(lock) if is_of_jars(lock) else of_packages(lock)
        except NotLookedAt as error:
            print(f"{lock.name}: could not be looked at: {error}")  # noqa: T201
            not_looked_at = True
            continue
        print(f"{lock.name}: {'vulnerable:' if known else 'no vulnerability is known.'}")  # noqa: T201
        for line in known:
            print(f"  {line}")  # noqa: T201
        vulnerable = vulnerable or bool(known)
    return _NOT_LOOKED_AT if not_looked_at else _VULNERABLE if vulnerable else 0


def is_of_jars(lock: Path) -> bool:
    """Whether the file names jars, group:name:jar:version, where others name package==version."""
    return "==" not in lock.read_text(encoding="utf-8")


def of_packages(lock: Path) -> list[str]:
    """What is known of a pip lock file. Raises NotLookedAt."""
    with tempfile.NamedTemporaryFile(suffix=".json") as told:
        command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--no-deps"]
        command += ["--disable-pip", "-r", str(lock), "--format", "json", "--output", told.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            report = json.loads(Path(told.name).read_text(encoding="utf-8"))
        except ValueError:
            raise NotLookedAt(_last_line(done.stderr)) from None
    skipped = [p for p in report["dependencies"] if "skip_reason" in p]
    if skipped or not report["dependencies"]:
        why = skipped[0]["skip_reason"] if skipped else "it names nothing"
        raise NotLookedAt(
            f"{len(skipped)} packages, as {skipped[0]['name']}: {why}" if skipped else why
        )
    return [
        f"{package['name']} {package['version']}: {found['id']}, mended in"
        f" {', '.join(found['fix_versions']) or 'no version'}"
        for package in report["dependencies"]
        for found in package["vulns"]
    ]


def of_jars(lock: Path) -> list[str]:
    """What is known of the jars. Raises NotLookedAt."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    jars = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    queries = []
    for jar in jars:
        group, name, *_, version = jar.split(":")
        queries.append(
            {"package": {"ecosystem": "Maven", "name": f"{group}:{name}"}, "version": version}
        )
    request = urllib.request.Request(  # noqa: TID251
        _OSV, json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310, TID251
            results = json.load(answer)["results"]
    except (OSError, ValueError, KeyError) as error:
        raise NotLookedAt(f"osv.dev does not answer ({error})") from error
    if len(results) != len(jars):
        raise NotLookedAt("osv.dev answered for some of them only")
    return [
        f"{jar}: {', '.join(found['id'] for found in result['vulns'])}"
        for jar, result in zip(jars, results, strict=True)
        if result.get("vulns")
    ]


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["pip-audit said nothing"])[-1]


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
