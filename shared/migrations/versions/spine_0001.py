"""The event store, and what relays, consumers, reactions and idempotent requests remember.

Every service has these tables; each has its own branch of migrations for what is its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "spine_0001"
down_revision = None
branch_labels = ("spine",)
depends_on = None


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    _events(sqlite)
    _consumers()
    _received()
    _reactions()
    _commands()


def _events(sqlite: bool) -> None:
    op.create_table("event_store", sa.Column("epoch", sa.Integer, nullable=False))
    op.execute("INSERT INTO event_store (epoch) VALUES (1)")
    for statement in _EVENTS_SQLITE if sqlite else _EVENTS_POSTGRESQL:
        op.execute(statement)
    op.create_table(  # how far the relay has sent, and what the broker acknowledged
        "relay",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("cursor", sa.Text, nullable=False),
    )


def _consumers() -> None:
    op.create_table(  # which of two sets of tables a group of projections is read from
        "generations",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("active", sa.Integer, nullable=False),
    )
    op.create_table(
        "rebuilds",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger),
        sa.Column("error", sa.Text),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_table(
        "positions",
        sa.Column("generation", sa.Integer, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("partition", sa.Text, primary_key=True),
        sa.Column("position", sa.Text, nullable=False),
    )
    op.create_table(  # what each consumer last saw of its source: for status, never for deciding
        "consumer_reports",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("transport", sa.Text, nullable=False),
        sa.Column("lag", sa.BigInteger),
        sa.Column("looked_at", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
    )


def _received() -> None:
    op.create_table(  # every event applied, so that none is applied twice and a fork is seen
        "inbox",
        sa.Column("generation", sa.Integer, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("stream_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("event_id", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(  # events that wait: one that failed, and those of its stream behind it
        "parked",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("stream_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),  # failed, gap, behind or divergence
        sa.Column("error", sa.Text),
        sa.Column("envelope", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.UniqueConstraint("generation", "source", "stream_id", "version", "event_id"),
    )


def _reactions() -> None:
    op.create_table(  # what an event asks to be done once
        "reactions",
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),  # pending or done
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
    )
    op.create_index("reactions_due", "reactions", ["state", "due"])


def _commands() -> None:
    op.create_table(  # the first answer to a request, for those who ask again with the same key
        "idempotency_keys",
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("request", sa.Text, nullable=False),  # a hash of method, path and body
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("idempotency_keys_at", "idempotency_keys", ["at"])


_EVENTS_SQLITE = (
    """
CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  stream_id TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  schema_version INTEGER NOT NULL,
  time TEXT NOT NULL,
  audience TEXT NOT NULL CHECK (audience IN ('public', 'internal')),
  correlation_id TEXT NOT NULL,
  causation_id TEXT,
  actor TEXT,
  data TEXT NOT NULL,
  UNIQUE (stream_id, version)
) STRICT""",
    """
CREATE TRIGGER events_are_kept BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END""",
    """
CREATE TRIGGER events_are_facts BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END""",
    # INSERT OR REPLACE would delete an event without a word to the trigger on DELETE.
    """
CREATE TRIGGER events_are_never_replaced BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position)
  OR EXISTS (SELECT 1 FROM events WHERE stream_id = NEW.stream_id AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'events are never replaced'); END""",
)

_EVENTS_POSTGRESQL = (
    """
CREATE TABLE events (
  epoch integer NOT NULL,
  transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
  position bigint GENERATED ALWAYS AS IDENTITY,
  stream_id text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  event_id text NOT NULL,
  type text NOT NULL,
  schema_version integer NOT NULL,
  time timestamptz NOT NULL,
  audience text NOT NULL CHECK (audience IN ('public', 'internal')),
  correlation_id text NOT NULL,
  causation_id text,
  actor text,
  data json NOT NULL,
  PRIMARY KEY (stream_id, version)
)""",
    "CREATE UNIQUE INDEX events_in_order ON events (epoch, transaction_id, position)",
    """
CREATE FUNCTION refuse_change_of_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'events are never changed or deleted (% refused)', TG_OP; END $$""",
    """
CREATE TRIGGER events_are_facts BEFORE UPDATE OR DELETE ON events
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_events()""",
    """
CREATE TRIGGER events_are_kept BEFORE TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_events()""",
)
