"""Discovery, put together."""

from collections.abc import Sequence
from pathlib import Path

from flask import Flask

from services.discovery import holdings, linking
from services.discovery.api import (
    asking,
    feedback,
    joint_sessions,
    judging,
    landscape,
    link_page,
    ranking,
    saved_searches,
    unmet,
)
from services.discovery.api import links as links_api
from services.discovery.api import map as map_api
from services.discovery.authority import FINDERS
from services.discovery.events import EVENT_TYPES
from services.discovery.follower import Follower
from services.discovery.handing_on import ends_links
from services.discovery.map.work import Drawing
from services.discovery.meaning.work import Computing
from services.discovery.projections.conveners import CONVENED
from services.discovery.projections.links import OWN_PROJECTIONS
from services.discovery.projections.people import PEOPLE
from services.discovery.projections.registry import DOCUMENTS, NETWORKS
from services.discovery.projections.saved import OWN_SAVED
from services.discovery.projections.sessions import SESSIONS
from services.discovery.projections.spans import SPANS
from services.discovery.saved.following import asks_for_matching, removes_erased
from services.discovery.saved.queue import waiting
from services.discovery.saved.work import Matching
from services.discovery.unmet.needs import tidy
from services.discovery.unmet.noting import Noting
from services.discovery.waiting import waiting_for
from shared.erasure import confirms_erasure
from shared.http import inbox, reads
from shared.link_renewals import follows_renewals
from shared.service import Service, authority
from shared.settings import Settings
from shared.worker.lease import Lease
from shared.worker.loops import Loop

_BLUEPRINTS = [
    reads.blueprint(),
    ranking.blp,
    links_api.blp,
    feedback.blp,
    judging.blp,
    link_page.blp,
    saved_searches.blp,
    joint_sessions.blp,
    unmet.blp,
    map_api.blp,
    landscape.blp,
    inbox.blueprint(waiting_for),
]


def build(settings: Settings) -> Service:
    follower = Follower()

    def start_web(service: Service, app: Flask) -> None:
        app.extensions["hedgerow_follower"] = follower
        follower.start(service.database, settings.embedding_model)
        noting = Noting(service.database, service.clock)
        app.extensions["hedgerow_noting"] = noting
        noting.start()

    def get() -> Service:
        return service

    service = Service(
        name="discovery",
        title="Related communities, search, links and the map: who should know whom.",
        settings=settings,
        types=EVENT_TYPES,
        migrations=Path(__file__).parent / "migrations",
        blueprints=_BLUEPRINTS,
        own=[*OWN_PROJECTIONS, *OWN_SAVED],
        followed=[NETWORKS, DOCUMENTS, CONVENED, PEOPLE, SESSIONS, SPANS, *authority.PROJECTIONS],
        authority=authority.FollowedAuthority(FINDERS),
        follows=["registry", "scheduling"],
        reactions=[
            removes_erased(get),
            confirms_erasure(lambda: service.streams, holdings.forget),
            follows_renewals(),
            ends_links(get),
            asks_for_matching(),
        ],
        passes=[linking.pass_time, linking.delete_old_words, tidy],
        holds=holdings.held,
        pending={
            "communities to index": follower.behind,
            "vectors to compute": follower.without_vector,
            "communities to match": waiting,
        },
        web_lacks=lambda: None if follower.known else "The index of communities is being filled.",
        web_has=lambda connection, stream: asking.follower().has(connection, stream),
        start_web=start_web,
        loops=_loops,
    )
    return service


def _loops(service: Service) -> Sequence[Loop]:
    """Saved searches need the vectors: one process of the replicas does both, in turn."""
    computing = Computing(service.database, service.settings.embedding_model)
    matching = Matching(service, computing)

    def step() -> bool:
        computed = computing.step()
        return matching.step() or computed

    drawing = Drawing(service.database, service.settings.embedding_model, service.clock)
    return [
        Loop("vectors", step, 0.2, Lease(service.database, "vectors")),
        Loop("map", drawing.step, 1.0, Lease(service.database, "map"), hurry=drawing.stop),
    ]
