"""What a deployment needs: `python -m tests.bench.sizing [SIZE …]`; with docker.

1,000, 10,000 and 100,000 communities, where no size is given, imported one after another into one
deployment by the compose file. For each: how long the import takes and until all are found, memory
of each container after use, disk, answers through the edge, how soon discovery answers again after
a start, and the backup. From 2,000 on the vectors of meaning are random ones, put into the table:
real ones take an hour for 100,000, and weigh the same.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.projection.generations import FOLLOWED
from tests.bench.discovery import SIZES, timed
from tests.bench.landscapes import Landscape
from tests.deploy.deployment import Deployment, docker
from tests.deploy.reckoning import generation
from tests.servers import await_that

_ASKED = 200
_REAL = 2_000  # communities below which vectors are awaited
_HOUR = 3600.0

# In a container of the deployment's, whose role may write the vectors.
_RANDOM_VECTORS = """
import numpy as np
from services.discovery.follower import as_document
from services.discovery.meaning.files import read_model
from services.discovery.meaning.store import missing, write_vectors
from services.discovery.meaning.text import key_of, text_of
from services.discovery.projections.registry import DOCUMENTS
from shared.database import Database
from shared.projection.follow import Mark, rows_since
from shared.projection.generations import FOLLOWED, active
from shared.settings import load_settings
database = Database(load_settings().database_urls["discovery"])
numbers, model = np.random.default_rng(1), read_model(None).id
with database.read() as connection:
    since = Mark(active(connection, FOLLOWED), -(2**62))
    keys = [key_of(text_of(as_document(row))) for row in rows_since(connection, DOCUMENTS, since)]
    keys = sorted(missing(connection, keys, model))
for start in range(0, len(keys), 2000):
    some = keys[start : start + 2000]
    vectors = numbers.standard_normal((len(some), 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with database.write() as connection:
        write_vectors(connection, dict(zip(some, vectors)), model)
"""


class Sizing:
    """One deployment that grows."""

    def __init__(self, folder: Path) -> None:
        self.deployment, self.folder, self.there = Deployment(folder), folder, 0
        self.deployment.environ["HEDGEROW_DISCOVERY_MEMORY"] = "4g"  # what is used is asked
        done = self.deployment.configure()
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        self.deployment.compose("build", timeout=900)
        print(f"up in {self.deployment.up():.0f} s", flush=True)

    def measure(self, size: int) -> None:
        print(f"\n{size:,} communities", flush=True)
        self._import(size)
        self._await_vectors()
        landscape = Landscape(size)
        for line in self._answers(landscape):
            print(line.told(), flush=True)
        self._memory()
        self._disk()
        began = time.monotonic()
        self.deployment.compose("restart", "discovery-web")
        await_that(self._answers_again, 300)
        print(f"discovery answers {time.monotonic() - began:.1f} s after its restart", flush=True)
        self._backup(size)

    def _import(self, size: int) -> None:
        """What is missing to this size."""
        path = self.folder / f"{size}.jsonl"
        rows = list(Landscape(size).rows())[self.there :]
        with path.open("w") as file:
            for row in rows:
                content = row["content"]
                record = {key: content[key] for key in ("name", "domain", "topics", "region")}
                record |= {"id": row["id"], "network": content["networks"][0]}
                file.write(json.dumps(record) + "\n")
        began = time.monotonic()
        done = self.deployment.hedgerow("import", path.name, cwd=self.folder, timeout=_HOUR)
        if f"{len(rows):,} new".replace(",", "") not in done.stdout.replace(",", ""):
            raise RuntimeError(done.stdout[-500:] + done.stderr[-500:])
        took = time.monotonic() - began
        print(f"import of {len(rows):,}: {took:.0f} s, {len(rows) / took:.0f} a second", flush=True)
        await_that(lambda: self._found() >= size, 1800)
        print(f"all are found {time.monotonic() - began - took:.0f} s later", flush=True)
        self.there = size

    def _await_vectors(self) -> None:
        before, began = self._vectors(), time.monotonic()
        if self.there < _REAL:
            await_that(lambda: self._vectors() >= self.there, _HOUR)
            made, took = self._vectors() - before, time.monotonic() - began
            print(f"vectors: {made:,} in {took:.0f} s", flush=True)
            return
        await_that(lambda: time.monotonic() - began > 60, 70)
        print(f"vectors: {self._vectors() - before:,} in 60 s; random ones from here", flush=True)
        self._fill_vectors()

    def _vectors(self) -> int:
        return int(self.deployment.rows("discovery", "SELECT count(*) FROM vectors")[0][0])

    def _fill_vectors(self) -> None:
        done = self.deployment.execute("discovery-worker", "python", "-c", _RANDOM_VECTORS)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        self.deployment.await_well(600)

    def _found(self) -> int:
        """How many discovery has, in the tables that its index follows."""
        table = f"documents_{generation(self.deployment, 'discovery', FOLLOWED)}"
        return int(self.deployment.rows("discovery", f"SELECT count(*) FROM {table}")[0][0])

    def _answers(self, landscape: Landscape) -> Iterator[Any]:
        registry, discovery = (self.deployment.client(s) for s in ("registry", "discovery"))
        listed = self.deployment.get("registry", "/communities", limit=200)["items"]
        ids = [community["id"] for community in listed]
        yield timed("list of 50", (lambda: registry.get("/communities") for _ in range(_ASKED)))
        related = [f"/communities/{community}/related" for community in ids]
        yield timed("related", (lambda p=path: discovery.get(p) for path in related))
        asked = [landscape.text(2) for _ in range(_ASKED)]
        calls = (lambda q=q: discovery.get("/search", params={"q": q}) for q in asked)
        yield timed("search, 2 words", calls)

    def _memory(self) -> None:
        form = "{{.Name}} {{.MemUsage}} {{.CPUPerc}}"
        ids = self.deployment.compose("ps", "--quiet").stdout.split()
        for line in sorted(
            docker("stats", "--no-stream", "--format", form, *ids).stdout.split("\n")
        ):
            print(line.removeprefix(self.deployment.project).strip("- "), flush=True)

    def _disk(self) -> None:
        for service, path in (
            ("postgres", "/var/lib/postgresql/data"),
            ("kafka", "/var/lib/kafka/data"),
        ):
            print(
                service, self.deployment.execute(service, "du", "-sm", path).stdout.split()[0], "MB"
            )

    def _answers_again(self) -> bool:
        answer = self.deployment.client("discovery").get("/search", params={"q": "a"})
        return answer.status_code == 200

    def _backup(self, size: int) -> None:
        folder, began = self.folder / f"backups-{size}", time.monotonic()
        done = self.deployment.run("deploy/backup", str(folder), timeout=_HOUR)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        took = time.monotonic() - began
        megabytes = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
        print(f"backup: {took:.0f} s, {megabytes:.0f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sizing", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="SIZE")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sizing = Sizing(Path(folder))
        try:
            for size in sorted(asked.sizes):
                sizing.measure(size)
        finally:
            sizing.deployment.down()


if __name__ == "__main__":
    main()
