"""An organisation that hosts communities: a trust, a council, a university, a charity."""

from dataclasses import dataclass, fields, replace
from typing import Any

from services.registry.domain.refusal import Refused


@dataclass(frozen=True, slots=True)
class OrganisationRegistered:
    """`ods_code` is in upper case, `^[A-Z0-9]{3,12}$`."""

    name: str
    kind: str | None = None
    ods_code: str | None = None


@dataclass(frozen=True, slots=True)
class OrganisationDescribed:
    """Only what changed; an empty text clears."""

    name: str | None = None
    kind: str | None = None
    ods_code: str | None = None


OrganisationEvent = OrganisationRegistered | OrganisationDescribed


@dataclass(frozen=True, slots=True)
class Organisation:
    registered: bool = False
    name: str = ""
    kind: str | None = None
    ods_code: str | None = None


def evolve(organisation: Organisation, event: OrganisationEvent) -> Organisation:
    match event:
        case OrganisationRegistered(name, kind, ods_code):
            return Organisation(True, name, kind, ods_code)
        case OrganisationDescribed():
            changes = {f.name: getattr(event, f.name) for f in fields(event)}
            known: dict[str, Any] = {k: v or None for k, v in changes.items() if v is not None}
            return replace(organisation, **known)


@dataclass(frozen=True, slots=True)
class RegisterOrganisation:
    organisation: OrganisationRegistered


@dataclass(frozen=True, slots=True)
class DescribeOrganisation:
    changes: OrganisationDescribed


def decide(
    organisation: Organisation, command: RegisterOrganisation | DescribeOrganisation
) -> list[OrganisationEvent]:
    """Raises Refused."""
    match command:
        case RegisterOrganisation(registered):
            if organisation.registered:
                raise Refused("This organisation is registered already.", unlawful=True)
            return [registered]
        case DescribeOrganisation(wanted):
            if not organisation.registered:
                raise Refused("There is no such organisation.", unlawful=True)
            changes = {f.name: getattr(wanted, f.name) for f in fields(wanted)}
            changes = {
                k: v
                for k, v in changes.items()
                if v is not None and (v or None) != getattr(organisation, k)
            }
            return [OrganisationDescribed(**changes)] if changes else []
