"""Notifications' read models in two generations, the ledger, and what its workers keep."""

import sqlalchemy as sa
from alembic import op

revision = "notifications_0001"
down_revision = None
branch_labels = ("notifications",)
depends_on = ("spine_0001",)


def upgrade() -> None:
    for generation in (1, 2):
        _followed(generation)
        _ledger(generation)
    _people()
    _letters()
    _reminders()
    _webhooks()


def _followed(generation: int) -> None:
    op.create_table(
        f"communities_{generation}",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False, index=True),
        sa.Column("content", sa.Text, nullable=False),
    )
    people = f"community_people_{generation}"
    op.create_table(
        people,
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("begins", sa.Text, nullable=False),
        sa.Column("ends", sa.Text),
    )
    op.create_index(f"{people}_community", people, ["community"])
    op.create_index(f"{people}_person", people, ["person"])
    networks = f"community_networks_{generation}"
    op.create_table(
        networks,
        sa.Column("community", sa.Text, primary_key=True),
        sa.Column("network", sa.Text, primary_key=True),
    )
    op.create_index(f"{networks}_network", networks, ["network"])
    op.create_table(
        f"networks_{generation}",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_table(
        f"sessions_{generation}",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        f"attendance_{generation}",
        sa.Column("session", sa.Text, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
    )
    applications = f"applications_{generation}"
    op.create_table(
        applications,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("cohort", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("accepted", sa.Integer, nullable=False),
    )
    op.create_index(f"{applications}_cohort", applications, ["cohort", "accepted"])


def _ledger(generation: int) -> None:
    name = f"deliveries_{generation}"
    texts = ("person", "rule", "category", "about", "announcement")
    op.create_table(
        name,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        *(sa.Column(column, sa.Text, nullable=False) for column in texts),
        sa.Column("community", sa.Text),
        sa.Column("urgent", sa.Integer, nullable=False),
        sa.Column("digest", sa.Integer, nullable=False),
        *(
            sa.Column(column, sa.Text, nullable=False)
            for column in ("status", "reason", "letter", "words")
        ),
        sa.Column("uncertain", sa.Integer, nullable=False),
        sa.Column("queued_at", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("planned_for", sa.Text, nullable=False),
        sa.Column("due", sa.Text),  # while it is queued
    )
    there = sa.text("due IS NOT NULL")
    op.create_index(f"{name}_due", name, ["due", "id"], postgresql_where=there, sqlite_where=there)
    op.create_index(f"{name}_person", name, ["person", "queued_at"])
    op.create_index(f"{name}_about", name, ["about"])
    op.create_index(f"{name}_in_order", name, ["queued_at", "id"])
    op.create_index(f"{name}_letter", name, ["letter"])
    op.create_table(
        f"announcements_{generation}",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )


def _people() -> None:
    op.create_table(  # how each likes to hear of things: erasable, in no event
        "preferences",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),  # of the links signed for the person
        sa.Column("changed_at", sa.Text, nullable=False),
    )
    op.create_table(  # whom a network, or the operators, want told
        "contacts",
        sa.Column("scope", sa.Text, primary_key=True),  # a network's id, or "operators"
        sa.Column("person", sa.Text, primary_key=True),
    )
    op.create_table(  # addresses that bounce, by the version that the registry gives them
        "bounces",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("address_version", sa.Integer, nullable=False),
        sa.Column("hard", sa.Integer, nullable=False),
        sa.Column("soft", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )


def _letters() -> None:
    op.create_table(  # what goes out as one email: a message, or several as one
        "letters",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),  # message or digest
        sa.Column("items", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),  # waiting, handed over, sent, ended
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("due", sa.Text),  # the next attempt, while it is waiting
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("first_try", sa.Text),
        sa.Column("claim", sa.Text),  # of the sender that has it in hand
        sa.Column("place", sa.Integer, nullable=False),  # within the claim
        sa.Column("uncertain", sa.Integer, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("address_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "letter_deliveries",
        sa.Column("delivery", sa.Text, primary_key=True),
        sa.Column("letter", sa.Text, nullable=False),
    )
    waiting = sa.text("due IS NOT NULL")
    op.create_index(
        "letters_due", "letters", ["due", "id"], postgresql_where=waiting, sqlite_where=waiting
    )
    claimed = sa.text("claim IS NOT NULL")
    op.create_index(
        "letters_claim", "letters", ["claim"], postgresql_where=claimed, sqlite_where=claimed
    )
    op.create_index("letters_in_order", "letters", ["at", "id"])
    op.create_index("letters_person", "letters", ["person"])


def _reminders() -> None:
    op.create_table(  # one for each session, its time and each rule that says when to remind
        "reminders",
        sa.Column("session", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("starts", sa.Text, primary_key=True),
        sa.Column("due", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),  # planned, told, missed or void
        sa.Column("reason", sa.Text, nullable=False),
    )
    planned = sa.text("state = 'planned'")
    op.create_index(
        "reminders_due", "reminders", ["due"], postgresql_where=planned, sqlite_where=planned
    )


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("types", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("internal", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),  # active or disabled
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("former_secret", sa.Text),
        sa.Column("former_until", sa.Text),
        sa.Column("failing_since", sa.Text),
        sa.Column("pause_until", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
    )
    op.create_table(  # each event that each endpoint is still to get
        "webhook_queue",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("webhook", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),  # the webhook-id that its receiver sees
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("queued_at", sa.Text, nullable=False),
        sa.Column("due", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.UniqueConstraint("webhook", "message"),
    )
    op.create_index("webhook_queue_stream", "webhook_queue", ["webhook", "stream", "number"])
    op.create_index("webhook_queue_due", "webhook_queue", ["webhook", "due"])
    op.create_table(
        "webhook_attempts",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("webhook", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("ms", sa.Integer, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
    )
    op.create_index("webhook_attempts_of", "webhook_attempts", ["webhook", "number"])
    op.create_table(  # how far a replay of a service's feed has come
        "webhook_replays",
        sa.Column("webhook", sa.Text, primary_key=True),
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
    )
