"""Networks by every name that finds them, kept in memory beside the index."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.foundation.names import name_key


class Networks:
    """Present names by id, and ids by any name. One thread learns; others may be reading."""

    def __init__(self) -> None:
        """Know none."""
        self._known: dict[str, tuple[str, ...]] = {}  # the present name first
        self._ids: Mapping[str, str] = {}

    def learn(self, contents: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Take up networks, each as its id and what the projection keeps of it."""
        coming = {name: _names(content) for name, content in contents}
        if all(self._known.get(name) == names for name, names in coming.items()):
            return
        known = self._known | coming
        ids: dict[str, str] = {}
        for network in sorted(known):
            for name in known[network]:
                ids.setdefault(name_key(name), network)
        self._known, self._ids = known, ids | {network: network for network in known}

    def name(self, network: str) -> str | None:
        """Give the present name of an id, None for one that is not known."""
        names = self._known.get(network)
        return names[0] if names else None

    def knows(self, network: str, content: Mapping[str, Any]) -> bool:
        """Say whether a network is known by all these names."""
        return self._known.get(network) == _names(content)

    def find(self, named: str) -> str | None:
        """Give the id by the id itself, or by any name or alias that the network has or had."""
        return self._ids.get(name_key(named))


def _names(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Every name of a network; rows from before former names were kept have the present one."""
    former = (name for kind in ("names", "aliases") for name in content.get(kind, ()))
    return tuple(dict.fromkeys((content["name"], *former)))
