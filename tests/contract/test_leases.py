"""A lease: one process of a service's replicas does a thing at a time."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from shared.database import Database
from shared.worker.lease import Lease
from tests.servers import PostgresServer, await_that

HOLD = """
import sys
from shared.database import Database
from shared.worker.lease import Lease

lease = Lease(Database(sys.argv[1]), "relay")
print(lease.held(), flush=True)
sys.stdin.read()
"""


def test_one_holds_a_lease_until_it_lets_go(database: Database):
    mine, yours = Lease(database, "relay"), Lease(database, "relay")
    assert mine.held()
    assert mine.held()
    assert not yours.held()
    mine.release()
    assert yours.held()
    assert not mine.held()
    yours.release()


def test_leases_of_other_names_are_other_leases(database: Database):
    relay, rebuild = Lease(database, "relay"), Lease(database, "rebuild")
    assert relay.held()
    assert rebuild.held()
    relay.release()
    rebuild.release()


def test_leases_of_other_services_are_other_leases(database: Database, neighbour: Database):
    mine, theirs = Lease(database, "relay"), Lease(neighbour, "relay")
    assert mine.held()
    assert theirs.held()
    mine.release()
    theirs.release()


def test_a_lease_is_free_when_the_process_that_held_it_is_killed(database: Database):
    lease = Lease(database, "relay")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, database.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "True\n"
        assert not lease.held()
    finally:
        holder.kill()
        holder.wait(20)
    await_that(lease.held)
    lease.release()


@pytest.mark.postgres
def test_a_lease_is_lost_with_its_session_and_taken_anew(
    postgres: PostgresServer, postgres_database: Database
):
    mine, yours = Lease(postgres_database, "relay"), Lease(postgres_database, "relay")
    assert mine.held()
    with postgres.connect() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON oid = database"
            " WHERE locktype = 'advisory' AND datname = %s",
            (postgres_database.engine.url.database,),
        )
    await_that(_without_errors(yours.held))
    assert not _without_errors(mine.held)()
    yours.release()
    assert mine.held()
    mine.release()


def _without_errors(held: Callable[[], bool]) -> Callable[[], bool]:
    """As a worker's loop asks: an error is no lease, and asked again."""

    def ask() -> bool:
        try:
            return held()
        except Exception:  # noqa: BLE001 - whatever the database says while it lets go
            return False

    return ask
