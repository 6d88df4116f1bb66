"""Why messages do not go out; and addresses that reports of policy had blocked are free again.

The first release took every report of a permanent refusal for one of an address that does not
exist, also those about the sender. Which codes were reported is in the ledger.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "notifications_0004"
down_revision = "notifications_0003"
branch_labels = None
depends_on = None

_HARD = re.compile(r"hard \((5\.\d+\.\d+)\)")
_NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})


def upgrade() -> None:
    op.create_table(  # one row while the sender cannot send: why, and since when
        "mail_holds",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
    )
    op.add_column("bounces", sa.Column("status", sa.Text))  # what was said last
    _lift_blocks_by_policy()


def _lift_blocks_by_policy() -> None:
    connection = op.get_bind()
    reported: dict[str, set[str]] = {}
    for generation in (1, 2):
        rows = connection.exec_driver_sql(
            f"SELECT person, reason FROM deliveries_{generation} WHERE status = 'bounced'"
        )
        for person, reason in rows:
            if found := _HARD.match(reason):
                reported.setdefault(person, set()).add(found[1])
    lifted = [person for person, codes in reported.items() if not codes & _NO_SUCH_ADDRESS]
    bounces = sa.table("bounces", sa.column("person"), sa.column("hard"))
    for person in lifted:
        connection.execute(bounces.update().where(bounces.c.person == person).values(hard=0))
