"""Who acts: sign-ins, sessions, signing keys; and the grants, in two generations."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.anew import read_anew

revision = "registry_0005"
down_revision = "registry_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("address", sa.Text),  # for 15 minutes
        sa.Column("person", sa.Text, index=True),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("completed", sa.Integer, nullable=False),
        sa.Column("address_key", sa.Text, nullable=False),  # hashes, to count by
        sa.Column("network_key", sa.Text, nullable=False),
        sa.Column("asked_at", sa.Text, nullable=False, index=True),
    )
    op.create_index("sign_ins_address", "sign_ins", ["address_key", "asked_at"])
    op.create_index("sign_ins_network", "sign_ins", ["network_key", "asked_at"])
    op.create_table(  # a hash of the secret, which only its owner has
        "sessions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, nullable=False, index=True),
        sa.Column("secret_hash", sa.Text, nullable=False, unique=True),
        sa.Column("started_at", sa.Text, nullable=False, index=True),
        sa.Column("used_at", sa.Text, nullable=False, index=True),
    )
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("private", sa.Text, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
    )
    op.create_table(  # up to which version of a community its roles have been copied
        "copied_roles",
        sa.Column("community", sa.Text, primary_key=True),
        sa.Column("upto", sa.Integer, nullable=False),
    )
    read_anew("communities")  # what is shown of a community no longer names its people
    for generation in (1, 2):
        name = f"grants_{generation}"
        op.create_table(
            name,
            sa.Column("id", sa.Text, primary_key=True),
            sa.Column("version", sa.Integer, nullable=False),
            sa.Column("person", sa.Text, nullable=False),
            sa.Column("kind", sa.Text, nullable=False),
            sa.Column("scope", sa.Text),
            sa.Column("given_at", sa.Text, nullable=False),
            sa.Column("given_by", sa.Text),
            sa.Column("ended_at", sa.Text),
        )
        op.create_index(f"{name}_person", name, ["person"])
