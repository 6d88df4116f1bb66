"""The tables of what a service knows of who may do what: see shared/service/authority.py."""

import sqlalchemy as sa
from alembic import op


def create_tables() -> None:
    for generation in (1, 2):
        op.create_table(
            f"ended_identities_{generation}",
            sa.Column("id", sa.Text, primary_key=True),
            sa.Column("ended_at", sa.Text, nullable=False),
        )
        granted = f"granted_{generation}"
        op.create_table(
            granted,
            sa.Column("id", sa.Text, primary_key=True),
            sa.Column("person", sa.Text, nullable=False),
            sa.Column("kind", sa.Text, nullable=False),
            sa.Column("scope", sa.Text),
        )
        op.create_index(f"{granted}_person", granted, ["person", "kind"])
        held = f"held_roles_{generation}"
        op.create_table(
            held,
            sa.Column("id", sa.Text, primary_key=True),
            sa.Column("community", sa.Text, nullable=False),
            sa.Column("person", sa.Text),
            sa.Column("role", sa.Text),
            sa.Column("begins", sa.Text),
            sa.Column("ends", sa.Text),
        )
        op.create_index(f"{held}_person", held, ["person", "role"])
        op.create_index(f"{held}_community", held, ["community", "role"])
