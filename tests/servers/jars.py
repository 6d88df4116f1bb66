"""Kafka's jars: fetched once by their Maven coordinates, checked by hash at each start."""

import contextlib
import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from maven_artifact import Artifact, Downloader, RequestException

from .control import Unavailable

LOCK = Path(__file__).parents[2] / "requirements" / "kafka-jars.lock"
ATTEMPTS = 3


class Jar(NamedTuple):
    coordinates: str
    sha256: str


def kafka_classpath() -> str:
    """Java's class path of all the jars in the lock file; fetches what the cache lacks.

    Raises Unavailable where a jar can't be fetched, or is not the one that was locked.
    """
    jars = [Jar(*line.split()) for line in LOCK.read_text().splitlines()]
    version = next(jar.coordinates for jar in jars if ":kafka_2.13:" in jar.coordinates)
    cache = Path(os.environ.get("HEDGEROW_TEST_CACHE") or Path.home() / ".cache" / "hedgerow")
    folder = cache / f"kafka-{version.rsplit(':', 1)[1]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # What the downloader prints a jar is not for the tests' output.
        with contextlib.redirect_stdout(io.StringIO()), ThreadPoolExecutor(8) as pool:
            return os.pathsep.join(pool.map(lambda jar: str(_held(jar, folder)), jars))
    except (OSError, RequestException) as error:
        raise Unavailable(f"Kafka's jars can't be fetched: {error}") from error


def _held(jar: Jar, folder: Path) -> Path:
    """Where the jar is in the folder, fetched if need be, and certainly the locked one."""
    group, name, version = jar.coordinates.split(":")
    path = folder / f"{group}.{name}-{version}.jar"
    if path.exists() and _sha256(path) == jar.sha256:
        return path
    fetched = path.with_suffix(f".{os.getpid()}")  # another run may be fetching the same
    try:
        _download(jar, fetched)
        if (found := _sha256(fetched)) != jar.sha256:
            raise Unavailable(f"{jar.coordinates} has sha256 {found}, the lock has {jar.sha256}")
        fetched.replace(path)
    finally:
        fetched.unlink(missing_ok=True)
    return path


def _download(jar: Jar, path: Path) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            Downloader().download(Artifact.parse(jar.coordinates), str(path))
        except (OSError, RequestException):
            path.unlink(missing_ok=True)  # or the downloader would ask what it should have been
            if attempt == ATTEMPTS:
                raise
        else:
            return


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
