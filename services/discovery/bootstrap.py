"""Discovery, put together."""

from pathlib import Path

from flask import Flask

from services.discovery.api import ranking
from services.discovery.follower import Follower
from services.discovery.projections.registry import DOCUMENTS, NETWORKS
from shared.eventstore.codec import EventTypes
from shared.service import Service
from shared.settings import Settings


def build(settings: Settings) -> Service:
    follower = Follower()

    def start_web(service: Service, app: Flask) -> None:
        app.extensions["hedgerow_follower"] = follower
        follower.start(service.database)

    return Service(
        name="discovery",
        title="Related communities and search: who should know whom.",
        settings=settings,
        types=EventTypes([]),
        migrations=Path(__file__).parent / "migrations",
        blueprints=[ranking.blp],
        followed=[NETWORKS, DOCUMENTS],
        follows=["registry"],
        pending={"communities to index": follower.behind},
        start_web=start_web,
    )
