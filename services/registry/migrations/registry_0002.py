"""Addresses are compared by what they are: keys of people's addresses are computed again.

Where two people turn out to have one address, written in two ways, both stay, and who was added
first is found by it. An address that is none any more is found by nothing, until it is changed.
Keys of ASCII addresses are as they were, so that the release before goes on beside this one.
"""

import sqlalchemy as sa
from alembic import op

from shared.foundation.addresses import AddressError, address_key

revision = "registry_0002"
down_revision = "registry_0001"
branch_labels = None
depends_on = None

_PEOPLE = sa.table(
    "people", sa.column("id"), sa.column("email"), sa.column("email_key"), sa.column("added_at")
)


def upgrade() -> None:
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(_PEOPLE.c.id, _PEOPLE.c.email, _PEOPLE.c.email_key)
        .where(_PEOPLE.c.email.is_not(None))
        .order_by(_PEOPLE.c.added_at, _PEOPLE.c.id)
    ).all()
    taken: set[str] = set()
    changed: dict[str, str | None] = {}
    for person, email, before in rows:
        key = _key(email)
        if key in taken:
            key = None
        elif key is not None:
            taken.add(key)
        if key != before:
            changed[person] = key
    for keys in (dict.fromkeys(changed), changed):  # keys may change hands
        for person, key in keys.items():
            connection.execute(_PEOPLE.update().where(_PEOPLE.c.id == person).values(email_key=key))


def _key(email: str) -> str | None:
    try:
        return address_key(email)
    except AddressError:
        return None
