"""Names of networks and regions are compared by one key: see shared/foundation/names.py.

The keys that networks had stay beside the new ones, by which the release before goes on finding
them while it runs beside this one; no new key is like one of those that went.
"""

from collections.abc import Iterator
from typing import Any

from shared.migrations.name_keys import add_keys, update_key

revision = "registry_0003"
down_revision = "registry_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for n in (1, 2):
        update_key(f"communities_{n}", "region", "document", lambda shown: shown["region"])
        add_keys(f"network_names_{n}", "network", f"networks_{n}", "document", _names)


def _names(network: Any) -> Iterator[str]:
    yield network["name"]
    yield from (dated["name"] for dated in network["names"])
    yield from network["aliases"]
