"""`python -m tests.servers` fetches, before the tests, what their servers need on this machine.

Does nothing where the tests are given servers or a docker engine answers (its images are pulled);
else installs requirements/local.lock and fetches Kafka's jars. What fails is told, and is an
error with CI=true alone: the tests that need a server are skipped elsewhere.
"""

import importlib
import os
import subprocess
import sys
from pathlib import Path

from . import choice
from .control import Unavailable

LOCK = Path(__file__).parents[2] / "requirements" / "local.lock"


def main() -> int:
    """Prints where the servers come from; 1 where none can be had and CI=true, else 0."""
    try:
        print(f"Kafka and PostgreSQL for the tests: {_prepare()}")
    except (Unavailable, subprocess.CalledProcessError) as error:
        print(f"{choice.HOW_TO_GET_ONE}\n{error}", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else 0
    return 0


def _prepare() -> str:
    given = all(
        os.environ.get(name) for name in ("HEDGEROW_TEST_KAFKA", "HEDGEROW_TEST_DATABASE_URL")
    )
    if given and not choice.forced():
        return "as the environment says"
    if choice.forced() != "local":
        from . import containers

        reason = containers.lacking()
        if reason is None:
            return "containers"
        if choice.forced():
            raise Unavailable(reason)
    if choice.missing_packages():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes"]
        subprocess.run([*pip, "-r", str(LOCK)], check=True)
        importlib.invalidate_caches()
    from .jars import kafka_classpath

    kafka_classpath()
    return "local ones, from pip's packages"


if __name__ == "__main__":
    sys.exit(main())
