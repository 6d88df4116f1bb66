"""Sign-ins that are under way with an identity provider, and whose each account there is."""

import sqlalchemy as sa
from alembic import op

revision = "registry_0012"
down_revision = "registry_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oidc_flows",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("state_hash", sa.Text, unique=True),  # gone once somebody came back with it
        sa.Column("browser", sa.Text, nullable=False),  # a hash that it alone can repeat
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("verifier", sa.Text, nullable=False),
        sa.Column("onward", sa.Text),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),  # once the provider has said it, until it is bound
        sa.Column("sign_in", sa.Text, index=True),  # by which it is confirmed
        sa.Column("network_key", sa.Text, nullable=False, index=True),  # a hash, to count by
        sa.Column("started_at", sa.Text, nullable=False, index=True),
        sa.Column("expires_at", sa.Text, nullable=False),
    )
    op.create_table(
        "oidc_bindings",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, nullable=False, index=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("bound_at", sa.Text, nullable=False),
        sa.Column("used_at", sa.Text, nullable=False),
        sa.UniqueConstraint("issuer", "subject"),
    )
