"""Which searches found nothing, in the sense that a network should hear of it.

Neither words nor meaning gave anybody, or nobody in the networks that it was limited to. Where
another filter alone left nothing over, what was looked for is there, elsewhere or at another stage.
"""

from collections.abc import Mapping, Sequence

from flask import current_app

from services.discovery.follower import Known
from services.discovery.index.answers import SearchResult
from services.discovery.unmet.noting import Asked, Noting
from services.discovery.unmet.store import Search
from shared.http.network import network_of
from shared.web.context import service

_MOST_NETWORKS = 3


def note_if_nothing(
    text: str, found: SearchResult, filters: Mapping[str, Sequence[str]], known: Known
) -> None:
    """Note the present request's search where it found nothing. Never keeps the answer waiting.

    Only while meaning has its say on every community: by words alone, too much is not found.
    """
    noting: Noting | None = current_app.extensions.get("hedgerow_noting")
    if found.total or noting is None or known.voice is None or known.voice.missing:
        return
    if found.unfiltered and set(filters) != {"network"}:
        return
    asked = known.voice.asked
    address = network_of(service().settings.trusted_proxies)
    networks = filters.get("network", ())[:_MOST_NETWORKS] if found.unfiltered else ("",)
    for network in networks:
        search = Search(text, asked.vector(text), asked.id, network)
        noting.note(Asked(search, address))
