"""The registry, put together."""

from collections.abc import Sequence
from pathlib import Path

from services.registry.api import catalogue, communities, imports, lifecycle, people, privacy
from services.registry.communities.jobs import copy_roles
from services.registry.convening import review_conveners
from services.registry.erasing import erase_again, erase_those_without_purpose
from services.registry.events import EVENT_TYPES
from services.registry.identity.addresses import api as addresses
from services.registry.identity.addresses.handlers import tidy as tidy_addresses
from services.registry.identity.authority import RegistryAuthority
from services.registry.identity.grants import api as grants
from services.registry.identity.grants.projection import GRANTS
from services.registry.identity.oidc import api as oidc
from services.registry.identity.oidc.handlers import tidy as tidy_oidc
from services.registry.identity.sessions import api as me
from services.registry.identity.sessions.handlers import end_expired
from services.registry.identity.sign_ins import api as sign_ins
from services.registry.identity.sign_ins.handlers import tidy
from services.registry.identity.suspensions import api as suspensions
from services.registry.identity.tokens import api as tokens
from services.registry.identity.tokens.handlers import OwnKeys, renew_in_time
from services.registry.inbox.queries import waiting_for
from services.registry.privacy import api as reads
from services.registry.projections.catalogue import NETWORKS, ORGANISATIONS
from services.registry.projections.communities import COMMUNITIES
from services.registry.projections.erasures import ERASURES
from shared.http import inbox
from shared.restoring.erasures import Listing
from shared.service import Service
from shared.settings import SERVICES, Settings
from shared.worker.lease import Lease
from shared.worker.loops import Loop


def build(settings: Settings) -> Service:
    return Service(
        name="registry",
        title="Communities, people, organisations and networks: who there is.",
        settings=settings,
        types=EVENT_TYPES,
        migrations=Path(__file__).parent / "migrations",
        blueprints=[
            communities.blp,
            lifecycle.blp,
            imports.blp,
            catalogue.blp,
            people.blp,
            privacy.blp,
            sign_ins.blp,
            oidc.blp,
            tokens.blp,
            me.blp,
            grants.blp,
            reads.blp,
            suspensions.blp,
            addresses.blp,
            inbox.blueprint(waiting_for),
        ],
        own=[COMMUNITIES, NETWORKS, ORGANISATIONS, GRANTS],
        followed=[ERASURES],
        follows=[service for service in SERVICES if service != "registry"],
        passes=[
            copy_roles,
            review_conveners,
            erase_those_without_purpose,
            tidy,
            tidy_addresses,
            tidy_oidc,
            end_expired,
            renew_in_time,
        ],
        loops=_loops,
        erase_again=erase_again,
        authority=RegistryAuthority(),
        token_keys=lambda service: OwnKeys(service.database),
    )


def _loops(service: Service) -> Sequence[Loop]:
    """Who is erased is listed outside the database too, where the settings say where."""
    path = service.settings.erasure_list
    if path is None:
        return []
    listing = Listing(service.database, service.store, path)
    return [Loop("erasures", listing.step, 0.5, Lease(service.database, "erasures"))]
