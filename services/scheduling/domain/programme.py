"""A programme: its rules, as data. The rules of the brochure's programme are a template."""

from dataclasses import dataclass, field

from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.session import CELEBRATION, MEETING, MODULE, WEBINAR
from services.scheduling.domain.wall_clock import check_hours

ENGLAND, WALES, SCOTLAND, NORTHERN_IRELAND = "england", "wales", "scotland", "northern-ireland"
NATIONS = (ENGLAND, WALES, SCOTLAND, NORTHERN_IRELAND)
# Five webinars of an hour make a day; with five modules, the celebration and three meetings: ten.
DAY_VALUES = {MODULE: 1.0, WEBINAR: 0.2, CELEBRATION: 1.0, MEETING: 1.0}


@dataclass(frozen=True, slots=True)
class Module:
    title: str
    topics: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Webinars:
    """One after each module, before the next: at this time of day, so many minutes."""

    time: str = "16:00"
    minutes: int = 60


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a participant promises over the year."""

    days: float = 10
    community_meetings: int = 3


@dataclass(frozen=True, slots=True)
class Rules:
    """`gap_weeks` are the least and the most weeks between two modules."""

    nation: str = ENGLAND
    modules: tuple[Module, ...] = ()
    module_hours: tuple[str, str] = ("10:00", "16:30")
    gap_weeks: tuple[int, int] = (9, 10)
    webinars: Webinars | None = None
    celebration: bool = True
    day_values: dict[str, float] = field(default_factory=lambda: dict(DAY_VALUES))
    commitment: Commitment = Commitment()
    guests_each: int = 4


@dataclass(frozen=True, slots=True)
class Created:
    name: str
    rules: Rules


@dataclass(frozen=True, slots=True)
class Programme:
    created: bool = False
    name: str = ""
    rules: Rules = Rules()


@dataclass(frozen=True, slots=True)
class Create:
    name: str
    rules: Rules


def evolve(_programme: Programme, event: Created) -> Programme:
    return Programme(True, event.name, event.rules)


def decide(programme: Programme, command: Create) -> list[Created]:
    """Raises Refused."""
    rules = command.rules
    if programme.created:
        raise Refused("This programme is there already.", unlawful=True)
    if not rules.modules:
        raise Refused("A programme has one module at least.", field="modules")
    least, most = rules.gap_weeks
    if not 1 <= least <= most <= 52:
        raise Refused("Give the least and the most weeks, from 1 to 52.", field="gap_weeks")
    check_hours(*rules.module_hours, field="module_hours")
    return [Created(command.name, rules)]


TEMPLATE = "cop-leadership"
TEMPLATES = {
    TEMPLATE: Create(
        "Communities of Practice Leadership Development Programme",
        Rules(
            modules=(
                Module(
                    "Planning and launching communities of practice",
                    ("behaviours", "collective purpose", "membership"),
                ),
                Module(
                    "Building integrity and maintaining vitality",
                    ("diversity", "trusting relationships", "values", "overcoming challenges"),
                ),
                Module(
                    "Strategies for community development",
                    ("ways of working and tools", "resources", "stages of community development"),
                ),
                Module(
                    "Measuring and managing value creation",
                    (
                        "multiple types of value",
                        "managing the knowledge system",
                        "making value visible",
                    ),
                ),
                Module("Growing and sustaining", ("rhythm", "sustainability", "renewal", "impact")),
            ),
            webinars=Webinars(),
        ),
    )
}
