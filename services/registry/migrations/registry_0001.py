"""The registry's read models, each in two generations, and the erasable table of people."""

import sqlalchemy as sa
from alembic import op

revision = "registry_0001"
down_revision = None
branch_labels = ("registry",)
depends_on = ("spine_0001",)


def upgrade() -> None:
    for generation in (1, 2):
        _communities(generation)
        _catalogue(generation)
    op.create_table(  # the only personal data of the platform: erasable, never in an event
        "people",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("email_key", sa.Text, unique=True),  # the address in lower case
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("added_at", sa.Text, nullable=False),
    )
    op.create_table(  # what each is kept for, and until when
        "person_purposes",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("until", sa.Text),
    )
    op.create_index("people_added_at", "people", ["added_at", "id"])


def _communities(generation: int) -> None:
    name = f"communities_{generation}"
    op.create_table(
        name,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("registered_at", sa.Text, nullable=False),
        sa.Column("sort_name", sa.Text(collation=_by_code_point()), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("needs_convener", sa.Integer, nullable=False),
        sa.Column("unclaimed", sa.Integer, nullable=False),
        sa.Column("external_id", sa.Text),
        sa.Column("networks", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index(f"{name}_registered", name, ["registered_at", "id"])
    op.create_index(f"{name}_by_name", name, ["sort_name", "id"])
    op.create_index(f"{name}_external", name, ["external_id"])
    child = f"community_networks_{generation}"
    op.create_table(
        child,
        sa.Column("community", sa.Text, primary_key=True),
        sa.Column("network", sa.Text, primary_key=True),
    )
    op.create_index(f"{child}_network", child, ["network"])
    roles = f"community_roles_{generation}"
    op.create_table(
        roles,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("begins", sa.Text, nullable=False),
        sa.Column("ends", sa.Text),
    )
    op.create_index(f"{roles}_community", roles, ["community"])
    op.create_index(f"{roles}_person", roles, ["person"])


def _catalogue(generation: int) -> None:
    for stem in ("networks", "organisations"):
        op.create_table(
            f"{stem}_{generation}",
            sa.Column("id", sa.Text, primary_key=True),
            sa.Column("version", sa.Integer, nullable=False),
            sa.Column("sort_name", sa.Text(collation=_by_code_point()), nullable=False),
            sa.Column("record", sa.Text, nullable=False),
            sa.Column("document", sa.Text, nullable=False),
        )
        op.create_index(f"{stem}_{generation}_by_name", f"{stem}_{generation}", ["sort_name", "id"])
    op.create_table(
        f"organisation_codes_{generation}",
        sa.Column("organisation", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, nullable=False, index=True),
    )
    op.create_table(  # which services have confirmed that they forgot an erased person
        f"erasures_{generation}",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("confirmed", sa.Text, nullable=False),
    )
    op.create_table(
        f"network_names_{generation}",
        sa.Column("network", sa.Text, primary_key=True),
        sa.Column("name_key", sa.Text, primary_key=True),
    )
    op.create_index(f"network_names_{generation}_key", f"network_names_{generation}", ["name_key"])


def _by_code_point() -> str | None:
    """Lists go on where a page ended, so both databases must sort names the same way."""
    return "C" if op.get_bind().dialect.name == "postgresql" else None
