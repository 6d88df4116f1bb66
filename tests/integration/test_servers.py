"""The servers that the tests run on keep their word: real, durable, the same after an outage."""

import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from tests.servers import KafkaServer, PostgresServer, Server, await_that

OUTAGES = {"stop": Server.stop, "kill": Server.kill}
either_outage = pytest.mark.parametrize("end", OUTAGES.values(), ids=OUTAGES.keys())


@pytest.fixture
def topic(kafka: KafkaServer):
    name = f"test-{uuid.uuid4().hex}"
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        admin.create_topics([NewTopic(name, num_partitions=2, replication_factor=1)])
    yield name
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        admin.delete_topics([name])


def outage(server: Server, end: Callable[[Server], None]) -> None:
    if not server.controllable:
        pytest.skip(f"{server!r} is not for the tests to stop")
    end(server)
    try:
        assert not server.answers()
    finally:
        server.start()


def produce(kafka: KafkaServer, topic: str, *values: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all", enable_idempotence=True)
    for value in values:
        producer.send(topic, key=b"com_1", value=value).get(timeout=20)
    producer.close(timeout=10)


def consume(kafka: KafkaServer, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=kafka.bootstrap,
        group_id=topic,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        consumer_timeout_ms=20_000,
    )
    try:
        return [next(consumer).value for _ in range(count)]
    finally:
        consumer.close()


def write_note(url: str, note: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS note (words text)"))
        connection.execute(text("INSERT INTO note VALUES (:words)"), {"words": note})
    engine.dispose()


def read_notes(url: str) -> list[str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        notes = list(connection.execute(text("SELECT words FROM note")).scalars())
    engine.dispose()
    return notes


@pytest.mark.kafka
def test_a_consumer_group_reads_what_was_produced_in_order(kafka: KafkaServer, topic: str):
    produce(kafka, topic, b"proposed", b"accepted", b"ended")

    assert consume(kafka, topic, 3) == [b"proposed", b"accepted", b"ended"]


@pytest.mark.kafka
def test_a_reader_of_committed_transactions_does_not_see_an_aborted_one(
    kafka: KafkaServer, topic: str
):
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=topic)
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(topic, b"never", partition=0)
    producer.flush()
    producer.abort_transaction()
    producer.begin_transaction()
    producer.send(topic, b"for good", partition=0)
    producer.commit_transaction()
    producer.close(timeout=10)

    consumer = KafkaConsumer(
        bootstrap_servers=kafka.bootstrap,
        isolation_level="read_committed",
        consumer_timeout_ms=20_000,
    )
    consumer.assign([TopicPartition(topic, 0)])
    consumer.seek_to_beginning()
    assert next(consumer).value == b"for good"
    consumer.close()


@pytest.mark.kafka
def test_a_topic_that_nobody_made_is_not_made_by_asking(kafka: KafkaServer):
    name = f"test-{uuid.uuid4().hex}"
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap)
        assert not consumer.partitions_for_topic(name)
        consumer.close()

        assert name not in admin.list_topics()


@pytest.mark.kafka
@either_outage
def test_a_broker_comes_back_at_the_same_address_with_what_it_acknowledged(
    kafka: KafkaServer, topic: str, end: Callable[[Server], None]
):
    produce(kafka, topic, b"before")

    outage(kafka, end)

    produce(kafka, topic, b"after")
    assert consume(kafka, topic, 2) == [b"before", b"after"]


@pytest.mark.postgres
@either_outage
def test_postgres_comes_back_at_the_same_address_with_what_it_committed(
    postgres: PostgresServer, postgres_url: str, end: Callable[[Server], None]
):
    write_note(postgres_url, "before")
    lingering = create_engine(postgres_url)
    with lingering.connect() as connection:  # a client that is there when the server goes
        outage(postgres, end)
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT 1"))
    lingering.dispose()

    write_note(postgres_url, "after")
    assert read_notes(postgres_url) == ["before", "after"]


@pytest.mark.postgres
def test_postgres_is_set_to_lose_nothing_and_to_take_many_connections(postgres: PostgresServer):
    with postgres.connect() as connection:
        settings = dict(connection.execute("SELECT name, setting FROM pg_settings").fetchall())

    assert settings["fsync"] == settings["synchronous_commit"] == "on"
    assert settings["full_page_writes"] == "on"
    assert int(settings["max_connections"]) >= 200


def test_each_database_url_is_of_an_empty_database(database_url: str):
    write_note(database_url, "alone")

    assert read_notes(database_url) == ["alone"]


@pytest.mark.postgres
def test_a_role_logs_in_with_its_password_alone_and_may_do_no_more_than_it_was_granted(
    postgres: PostgresServer, postgres_url: str
):
    database = make_url(postgres_url).database
    role = f"hedgerow_test_{uuid.uuid4().hex}"
    postgres.create_role(role, "right")
    write_note(postgres_url, "not for everyone")

    with pytest.raises(OperationalError, match="password authentication failed"):
        read_notes(postgres.url(database, role, "wrong"))
    with pytest.raises(Exception, match="permission denied for table note"):
        read_notes(postgres.url(database, role, "right"))


@pytest.mark.postgres
def test_a_database_can_be_made_as_a_copy_of_another(postgres: PostgresServer, postgres_url: str):
    write_note(postgres_url, "copied")
    name = f"hedgerow_test_{uuid.uuid4().hex}"
    try:
        copy = postgres.create_database(name, template=make_url(postgres_url).database)
        assert read_notes(copy) == ["copied"]
    finally:
        postgres.drop_database(name)


@pytest.mark.postgres
def test_a_dump_is_restored_to_a_cluster_of_its_own(
    postgres: PostgresServer,
    postgres_url: str,
    new_postgres: Callable[[], PostgresServer],
    tmp_path,
):
    if postgres.bin is None:
        pytest.skip("no pg_dump of the server's version or later")
    other = new_postgres()
    copy = other.create_database("restored")
    write_note(postgres_url, "kept")
    dump = tmp_path / "dump"

    pg = {name: str(postgres.bin / name) for name in ("pg_dump", "pg_restore")}
    subprocess.run([pg["pg_dump"], "-Fc", "-f", dump, plain(postgres_url)], check=True)
    subprocess.run([pg["pg_restore"], "--no-owner", "-d", plain(copy), dump], check=True)

    assert read_notes(copy) == ["kept"]
    with postgres.connect() as here, other.connect() as there:
        query = "SELECT system_identifier FROM pg_control_system()"
        assert here.execute(query).fetchone() != there.execute(query).fetchone()


@pytest.mark.postgres
def test_a_discarded_server_is_gone(new_postgres: Callable[[], PostgresServer]):
    server = new_postgres()
    assert server.answers()

    server.discard()

    assert not server.answers()


def test_a_local_server_and_its_folder_go_when_the_tests_are_killed(tmp_path: Path):
    psutil = pytest.importorskip("psutil", reason="local servers need requirements/local.lock")
    from tests.servers import process

    folder = tmp_path / "server"
    folder.mkdir()
    tests = subprocess.Popen(
        [sys.executable, "-c", TESTS_THAT_START_A_SERVER, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert tests.stdout
    server = psutil.Process(int(tests.stdout.readline()))
    assert server.is_running()

    tests.kill()
    tests.wait()

    await_that(lambda: not folder.exists())
    assert not process.lives(server)


TESTS_THAT_START_A_SERVER = """
import pathlib, sys, time
from tests.servers.process import ServerProcess
server = ServerProcess(["sleep", "600"], pathlib.Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
time.sleep(600)
"""


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
