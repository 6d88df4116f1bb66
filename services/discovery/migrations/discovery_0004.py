"""Links between communities, feedback on suggestions, their words, and who convenes what.

Who convenes is made from the registry's events: the worker reads them anew after its start, while
the web serves. A database that knows no community yet has nothing to make anew.
"""

import sqlalchemy as sa
from alembic import op

from shared.migrations.anew import read_anew

revision = "discovery_0004"
down_revision = "discovery_0003"
branch_labels = None
depends_on = None

TEXT, NUMBER = sa.Text, sa.Integer


def upgrade() -> None:
    for generation in (1, 2):
        _links(generation)
        _feedbacks(generation)
        _conveners(generation)
    _table("link_texts", dict.fromkeys(("link", "kind", "person", "text", "at"), TEXT),
           ("link", "kind"), "person")  # fmt: skip
    op.create_index("link_texts_person", "link_texts", ["person"])
    read_anew("documents")


def _table(name: str, columns: dict[str, type], keys: tuple[str, ...], nullable: str = "") -> None:
    optional = nullable.split()
    op.create_table(
        name,
        *(
            sa.Column(column, kind, primary_key=column in keys, nullable=column in optional)
            for column, kind in columns.items()
        ),
    )


def _links(n: int) -> None:
    words = ("low", "high", "proposer", "state", "purpose", "began_at", "changed_at")
    times = ("proposed_at", "agreed_at", "over_at", "due")
    columns = {"id": TEXT, "version": NUMBER, "agreed": NUMBER, "record": TEXT}
    columns |= dict.fromkeys((*words, *times), TEXT)
    _table(f"links_{n}", columns, ("id",), " ".join(times))
    for side in ("low", "high"):
        op.create_index(f"links_{n}_{side}", f"links_{n}", [side, "state"])
    op.create_index(f"links_{n}_began", f"links_{n}", ["began_at", "id"])
    op.create_index(f"links_{n}_due", f"links_{n}", ["due"])
    live = sa.text("state IN ('proposed', 'accepted')")
    op.create_index(
        f"links_{n}_one_live",
        f"links_{n}",
        ["low", "high"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )


def _feedbacks(n: int) -> None:
    columns = {"id": TEXT, "version": NUMBER}
    columns |= dict.fromkeys(("community", "other", "verdict", "at"), TEXT)
    _table(f"feedbacks_{n}", columns, ("id",))
    op.create_index(f"feedbacks_{n}_community", f"feedbacks_{n}", ["community", "verdict"])


def _conveners(n: int) -> None:
    _table(f"convened_{n}", {"community": TEXT, "roles": TEXT}, ("community",))
