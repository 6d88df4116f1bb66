"""A network: what supports or gathers communities. Its names change; it stays the same one."""

from dataclasses import dataclass, fields, replace
from datetime import date

from services.registry.domain.refusal import Refused

Q_COMMUNITY, HEALTH_INNOVATION_NETWORK, OTHER = "q-community", "health-innovation-network", "other"
KINDS = (Q_COMMUNITY, HEALTH_INNOVATION_NETWORK, OTHER)


@dataclass(frozen=True, slots=True)
class DatedName:
    """A name, and the first and the last day of its use where they are known."""

    name: str
    begins: date | None = None
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class NetworkRegistered:
    name: str
    kind: str = OTHER
    aliases: tuple[str, ...] = ()
    names: tuple[DatedName, ...] = ()
    run: str | None = None  # of the import that made it


@dataclass(frozen=True, slots=True)
class NetworkDescribed:
    """Only what changed."""

    name: str | None = None
    kind: str | None = None
    aliases: tuple[str, ...] | None = None
    names: tuple[DatedName, ...] | None = None


NetworkEvent = NetworkRegistered | NetworkDescribed


@dataclass(frozen=True, slots=True)
class Network:
    registered: bool = False
    name: str = ""
    kind: str = OTHER
    aliases: tuple[str, ...] = ()
    names: tuple[DatedName, ...] = ()

    def known_as(self) -> tuple[str, ...]:
        """Every name that finds it: present, former and aliases."""
        return tuple(
            dict.fromkeys((self.name, *(dated.name for dated in self.names), *self.aliases))
        )


def evolve(network: Network, event: NetworkEvent) -> Network:
    match event:
        case NetworkRegistered(name, kind, aliases, names):
            return Network(True, name, kind, aliases, names)
        case NetworkDescribed():
            changes = {f.name: getattr(event, f.name) for f in fields(event)}
            return replace(network, **{k: v for k, v in changes.items() if v is not None})


@dataclass(frozen=True, slots=True)
class RegisterNetwork:
    network: NetworkRegistered


@dataclass(frozen=True, slots=True)
class DescribeNetwork:
    changes: NetworkDescribed


def decide(network: Network, command: RegisterNetwork | DescribeNetwork) -> list[NetworkEvent]:
    """Raises Refused."""
    match command:
        case RegisterNetwork(registered):
            if network.registered:
                raise Refused("This network is registered already.", unlawful=True)
            _check(registered.names)
            return [registered]
        case DescribeNetwork(wanted):
            if not network.registered:
                raise Refused("There is no such network.", unlawful=True)
            _check(wanted.names or ())
            changes = {f.name: getattr(wanted, f.name) for f in fields(wanted)}
            changes = {
                k: v for k, v in changes.items() if v is not None and v != getattr(network, k)
            }
            return [NetworkDescribed(**changes)] if changes else []


def _check(names: tuple[DatedName, ...]) -> None:
    for dated in names:
        if dated.begins and dated.ends and dated.ends < dated.begins:
            raise Refused(f"The name {dated.name!r} ends before it begins.", field="names")
