"""From the first event on that says who belongs to a community, a release without it cannot run:

it would look for them in the community's own stream. `deploy/upgrade --back` reads this row.
"""

import sqlalchemy as sa
from alembic import op

revision = "registry_0010"
down_revision = "registry_0005"
branch_labels = None
depends_on = "spine_0010"


def upgrade() -> None:
    op.get_bind().execute(
        sa.text("INSERT INTO no_way_back (revision, event_type, why) VALUES (:r, :t, :w)"),
        {
            "r": revision,
            "t": "registry.membership.%",
            "w": "who belongs to a community is kept in a stream of its own, which the release"
            " before does not read: it would lose everyone who joined since",
        },
    )
