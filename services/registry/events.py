"""The registry's event types: names and versions that subscribers know, and what they hold here."""

from typing import Any

from services.registry.domain import community, decisions, network, organisation, person
from services.registry.identity.addresses import events as addresses
from services.registry.identity.grants import events as grants
from services.registry.identity.oidc import events as oidc
from services.registry.identity.sign_ins import events as sign_ins
from shared.eventstore.codec import EventType, EventTypes, Upcaster
from shared.eventstore.epochs import epoch_raised_type
from shared.eventstore.events import INTERNAL
from shared.eventstore.streams import Aside, Decider
from shared.identifiers import derived_id


def _without(*names: str) -> Upcaster:
    """Who holds a role is no longer for everyone."""

    def upcast(data: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name not in names}

    return upcast


def membership_stream(community_id: str) -> str:
    """The internal stream of who belongs to a community."""
    return derived_id("mbr", community_id)


EVENT_TYPES = EventTypes(
    [
        EventType("registry.community.registered", 1, community.Registered),
        EventType("registry.community.described", 1, community.Described),
        EventType("registry.community.network-joined", 1, community.NetworkJoined),
        EventType("registry.community.network-left", 1, community.NetworkLeft),
        EventType("registry.community.stage-changed", 1, community.StageChanged),
        EventType("registry.community.state-changed", 1, community.StateChanged),
        EventType("registry.community.closed", 1, community.Closed),
        EventType("registry.community.reopened", 1, community.Reopened),
        EventType("registry.community.succession-noted", 1, community.SuccessionNoted),
        EventType("registry.community.succession-withdrawn", 1, community.SuccessionWithdrawn),
        EventType(
            "registry.community.role-started",
            2,
            community.SomebodysRoleStarted,
            upcasters={1: _without("person", "role_id")},
            whole={1: community.RoleStarted},
            withdrawn=("person", "role_id"),
        ),
        EventType(
            "registry.community.role-ended",
            2,
            community.SomebodysRoleEnded,
            upcasters={1: _without("role_id")},
            whole={1: community.RoleEnded},
            withdrawn=("role_id",),
        ),
        EventType("registry.membership.started", 1, community.MembershipStarted, INTERNAL),
        EventType("registry.membership.ended", 1, community.MembershipEnded, INTERNAL),
        EventType("registry.community.convener-needed", 1, community.ConvenerNeeded),
        EventType("registry.community.convener-found", 1, community.ConvenerFound),
        EventType("registry.network.registered", 1, network.NetworkRegistered),
        EventType("registry.network.described", 1, network.NetworkDescribed),
        EventType("registry.organisation.registered", 1, organisation.OrganisationRegistered),
        EventType("registry.organisation.described", 1, organisation.OrganisationDescribed),
        EventType("registry.person.registered", 1, person.PersonRegistered, INTERNAL),
        EventType("registry.person.erased", 1, person.PersonErased, INTERNAL),
        EventType("registry.person.links-renewed", 1, person.LinksRenewed, INTERNAL),
        EventType("registry.person.suspended", 1, person.PersonSuspended, INTERNAL),
        EventType("registry.person.restored", 1, person.PersonRestored, INTERNAL),
        EventType(
            "registry.address-change.requested", 1, addresses.AddressChangeRequested, INTERNAL
        ),
        EventType("registry.address-change.completed", 1, addresses.AddressChanged, INTERNAL),
        EventType("registry.sign-in.requested", 1, sign_ins.SignInRequested, INTERNAL),
        EventType("registry.sign-in.completed", 1, sign_ins.SignInCompleted, INTERNAL),
        EventType("registry.sign-in.ended", 1, sign_ins.SignInEnded, INTERNAL),
        EventType("registry.account.bound", 1, oidc.AccountBound, INTERNAL),
        EventType("registry.account.unbound", 1, oidc.AccountUnbound, INTERNAL),
        EventType("registry.grant.given", 1, grants.GrantGiven, INTERNAL),
        EventType("registry.grant.ended", 1, grants.GrantEnded, INTERNAL),
        epoch_raised_type("registry"),
    ]
)

COMMUNITY = Decider(
    community.Community(),
    decisions.decide,
    community.evolve,
    Aside(membership_stream, (community.MembershipStarted, community.MembershipEnded)),
)
NETWORK = Decider(network.Network(), network.decide, network.evolve)
ORGANISATION = Decider(organisation.Organisation(), organisation.decide, organisation.evolve)
PERSON = Decider(person.Person(), person.decide, person.evolve)
