"""Discovery, put together."""

from pathlib import Path

from flask import Flask

from services.discovery.api import ranking
from services.discovery.follower import Follower
from services.discovery.projections.registry import DOCUMENTS, NETWORKS
from shared.erasure import confirmed_type, confirms_erasure
from shared.eventstore.codec import EventTypes
from shared.eventstore.streams import Streams
from shared.service import Service
from shared.settings import Settings


def build(settings: Settings) -> Service:
    follower = Follower()

    def start_web(service: Service, app: Flask) -> None:
        app.extensions["hedgerow_follower"] = follower
        follower.start(service.database)

    def streams() -> Streams:
        return service.streams

    service = Service(
        name="discovery",
        title="Related communities and search: who should know whom.",
        settings=settings,
        types=EventTypes([confirmed_type("discovery")]),
        migrations=Path(__file__).parent / "migrations",
        blueprints=[ranking.blp],
        followed=[NETWORKS, DOCUMENTS],
        follows=["registry"],
        reactions=[confirms_erasure(streams)],
        pending={"communities to index": follower.behind},
        start_web=start_web,
    )
    return service
