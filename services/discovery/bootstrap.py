"""Discovery, put together."""

from collections.abc import Sequence
from pathlib import Path

from flask import Flask

from services.discovery import link_texts, linking
from services.discovery.api import map as map_api
from services.discovery.api import ranking
from services.discovery.events import EVENT_TYPES
from services.discovery.follower import Follower
from services.discovery.handing_on import ends_links
from services.discovery.map.work import Drawing
from services.discovery.meaning.work import Computing
from services.discovery.projections.conveners import CONVENED
from services.discovery.projections.links import OWN_PROJECTIONS
from services.discovery.projections.registry import DOCUMENTS, NETWORKS
from shared.erasure import confirms_erasure
from shared.eventstore.streams import Streams
from shared.service import Service
from shared.settings import Settings
from shared.worker.lease import Lease
from shared.worker.loops import Loop


def build(settings: Settings) -> Service:
    follower = Follower()

    def start_web(service: Service, app: Flask) -> None:
        app.extensions["hedgerow_follower"] = follower
        follower.start(service.database, settings.embedding_model)

    def streams() -> Streams:
        return service.streams

    def get() -> Service:
        return service

    service = Service(
        name="discovery",
        title="Related communities, search and links: who should know whom.",
        settings=settings,
        types=EVENT_TYPES,
        migrations=Path(__file__).parent / "migrations",
        blueprints=[ranking.blp, map_api.blp],
        own=OWN_PROJECTIONS,
        followed=[NETWORKS, DOCUMENTS, CONVENED],
        follows=["registry"],
        reactions=[confirms_erasure(streams, link_texts.forget), ends_links(get)],
        passes=[linking.pass_time],
        holds=link_texts.held,
        pending={
            "communities to index": follower.behind,
            "vectors to compute": follower.without_vector,
        },
        start_web=start_web,
        loops=_loops,
    )
    return service


def _loops(service: Service) -> Sequence[Loop]:
    computing = Computing(service.database, service.settings.embedding_model)
    drawing = Drawing(service.database, service.settings.embedding_model, service.clock)
    return [
        Loop("vectors", computing.step, 0.2, Lease(service.database, "vectors")),
        Loop("map", drawing.step, 1.0, Lease(service.database, "map")),
    ]
