"""Saved searches, searches that found nothing, people, and the sessions ahead.

People and what is known of them come from events that an older database has read already: the
worker reads them anew after its start, while the web serves.
"""

import sqlalchemy as sa
from alembic import op

from shared.migrations.anew import read_anew

revision = "discovery_0005"
down_revision = "discovery_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for generation in (1, 2):
        _followed(generation)
        _own(generation)
    _beside_events()
    _unmet()
    read_anew("documents")


def _followed(generation: int) -> None:
    op.create_table(
        f"people_{generation}",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("erased", sa.Integer, nullable=False),
    )
    op.create_table(
        f"sessions_{generation}",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    held = f"session_communities_{generation}"
    op.create_table(
        held,
        sa.Column("session", sa.Text, primary_key=True),
        sa.Column("community", sa.Text, primary_key=True),
        sa.Column("ends", sa.Text, nullable=False),
    )
    op.create_index(f"{held}_community", held, ["community", "ends"])


def _own(generation: int) -> None:
    searches = f"saved_searches_{generation}"
    op.create_table(
        searches,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index(f"{searches}_person", searches, ["person"])
    told = f"saved_search_told_{generation}"
    op.create_table(
        told,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.UniqueConstraint("search", "community", name=f"{told}_once"),
    )


def _beside_events() -> None:
    op.create_table(
        "saved_search_words",
        sa.Column("search", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("q", sa.Text, nullable=False),
        sa.Column("filters", sa.Text, nullable=False),
        sa.Column("already", sa.LargeBinary, nullable=False),  # sorted 64-bit hashes of ids
    )
    op.create_index("saved_search_words_person", "saved_search_words", ["person"])
    op.create_table(
        "to_match",
        sa.Column("community", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("correlation", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )


def _unmet() -> None:
    op.create_table(
        "unmet_searches",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),  # float16, little-endian, length 1
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("network", sa.Text, nullable=False),  # empty: asked of all networks
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("asker", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("unmet_searches_at", "unmet_searches", ["at"])
    op.create_index("unmet_searches_asker", "unmet_searches", ["asker"])
    op.create_table(
        "asker_salts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
