"""Who comes to a session, who came, and who does what there: the side that is not public."""

from dataclasses import dataclass, replace

from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.wall_clock import When

YES, NO, MAYBE = "yes", "no", "maybe"
REPLIES = (YES, NO, MAYBE)
ATTENDED, APOLOGIES, ABSENT = "attended", "apologies", "absent"
STATUSES = (ATTENDED, APOLOGIES, ABSENT)
FACILITATOR, SPEAKER = "facilitator", "speaker"
ROLES = (FACILITATOR, SPEAKER)
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True)
class About:
    """Which session it is: in every event, so that nobody need ask."""

    session: str
    kind: str
    title: str
    when: When
    cohort: str | None = None
    communities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replied:
    """`waiting`: yes, but all places are taken, so they wait for one.

    `uninvited`: they said so of their own accord, so it opens nothing that is for those who come.
    """

    about: About
    person: str
    reply: str
    waiting: bool = False
    uninvited: bool | None = None


@dataclass(frozen=True, slots=True)
class PlaceGiven:
    """Somebody said no, or there is more room: the first who waits is coming."""

    about: About
    person: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """`before` is what was recorded until now, where this is a correction."""

    about: About
    person: str
    status: str
    before: str | None = None


@dataclass(frozen=True, slots=True)
class RoleAssigned:
    about: About
    person: str
    role: str


@dataclass(frozen=True, slots=True)
class RoleRemoved:
    about: About
    person: str
    role: str


@dataclass(frozen=True, slots=True)
class GuestInvited:
    """`guest` is known for this session only; the link to answer by has this generation."""

    about: About
    guest: str
    invited_by: str
    generation: int = 1
    programme_name: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """`stage`: to look at before the session or after it; `public` shows it to anyone."""

    label: str
    url: str
    stage: str = BEFORE
    public: bool = False


@dataclass(frozen=True, slots=True)
class MaterialsChanged:
    """All the materials there are now."""

    about: About
    materials: tuple[Material, ...] = ()


@dataclass(frozen=True, slots=True)
class ReflectionAdded:
    """The words of it are kept elsewhere, and can be erased."""

    about: About
    person: str
    reflection: str


@dataclass(frozen=True, slots=True)
class PersonForgotten:
    """A person who was erased, or a guest after the event: their reply no longer counts."""

    about: About
    person: str


AttendanceEvent = (
    Replied
    | PlaceGiven
    | Recorded
    | RoleAssigned
    | RoleRemoved
    | GuestInvited
    | MaterialsChanged
    | ReflectionAdded
    | PersonForgotten
)


@dataclass(frozen=True, slots=True)
class Attendance:
    """`coming` and `waiting` are in the order of saying yes; `replies` and `statuses` by person.

    `uninvited` are those of whom nobody but themselves has said that they come.
    """

    replies: tuple[tuple[str, str], ...] = ()
    coming: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    statuses: tuple[tuple[str, str], ...] = ()
    roles: tuple[tuple[str, str], ...] = ()
    guests: tuple[tuple[str, str], ...] = ()  # guest, by whom invited
    materials: tuple[Material, ...] = ()
    reflections: tuple[tuple[str, str], ...] = ()
    uninvited: tuple[str, ...] = ()

    def status(self, person: str) -> str | None:
        return dict(self.statuses).get(person)


@dataclass(frozen=True, slots=True)
class Reply:
    """`invited`: the team says so, or the person by a link that they were given."""

    about: About
    person: str
    reply: str
    capacity: int | None
    invited: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    about: About
    person: str
    status: str


@dataclass(frozen=True, slots=True)
class AssignRole:
    about: About
    person: str
    role: str


@dataclass(frozen=True, slots=True)
class RemoveRole:
    about: About
    person: str
    role: str


@dataclass(frozen=True, slots=True)
class InviteGuest:
    """`takes_part`: whom they invite comes already, and not as a guest.

    `programme` is its name, for the guest to read.
    """

    about: About
    guest: str
    invited_by: str
    most: int
    takes_part: bool = False
    programme: str | None = None


@dataclass(frozen=True, slots=True)
class SetMaterials:
    about: About
    materials: tuple[Material, ...]


@dataclass(frozen=True, slots=True)
class AddReflection:
    about: About
    person: str
    reflection: str


@dataclass(frozen=True, slots=True)
class GivePlaces:
    """There may be more room than before."""

    about: About
    capacity: int | None


@dataclass(frozen=True, slots=True)
class ForgetPerson:
    about: About
    person: str
    capacity: int | None


Command = (
    Reply
    | Record
    | AssignRole
    | RemoveRole
    | InviteGuest
    | SetMaterials
    | AddReflection
    | GivePlaces
    | ForgetPerson
)


def evolve(attendance: Attendance, event: AttendanceEvent) -> Attendance:
    """The attendance after an event."""
    a = attendance
    match event:
        case Replied(_, person, reply, waiting, uninvited):
            coming = _without(a.coming, person)
            queue = _without(a.waiting, person)
            if reply == YES:
                coming, queue = (
                    (coming, (*queue, person)) if waiting else ((*coming, person), queue)
                )
            replies = _set(a.replies, person, reply)
            alone = (*_without(a.uninvited, person), *((person,) if uninvited else ()))
            return replace(a, replies=replies, coming=coming, waiting=queue, uninvited=alone)
        case PlaceGiven(_, person):
            queue = _without(a.waiting, person)
            return replace(a, coming=(*a.coming, person), waiting=queue)
        case Recorded(_, person, status):
            return replace(a, statuses=_set(a.statuses, person, status))
        case RoleAssigned(_, person, role):
            return replace(a, roles=(*a.roles, (person, role)))
        case RoleRemoved(_, person, role):
            return replace(a, roles=tuple(r for r in a.roles if r != (person, role)))
        case GuestInvited(_, guest, invited_by):
            return replace(a, guests=_set(a.guests, guest, invited_by))
        case MaterialsChanged(_, materials):
            return replace(a, materials=materials)
        case ReflectionAdded(_, person, reflection):
            return replace(a, reflections=(*a.reflections, (reflection, person)))
        case PersonForgotten(_, person):
            return _forgotten(a, person)


def decide(attendance: Attendance, command: Command) -> list[AttendanceEvent]:
    """What a command brings about. Raises Refused."""
    a = attendance
    match command:
        case Reply():
            return _reply(a, command)
        case Record(about, person, status):
            before = a.status(person)
            return [] if status == before else [Recorded(about, person, status, before)]
        case AssignRole(about, person, role):
            return [] if (person, role) in a.roles else [RoleAssigned(about, person, role)]
        case RemoveRole(about, person, role):
            if (person, role) not in a.roles:
                raise Refused("This person has no such role at this session.", unlawful=True)
            return [RoleRemoved(about, person, role)]
        case InviteGuest():
            return _invite(a, command)
        case SetMaterials(about, materials):
            return [] if materials == a.materials else [MaterialsChanged(about, materials)]
        case AddReflection(about, person, reflection):
            return [ReflectionAdded(about, person, reflection)]
        case GivePlaces(about, capacity):
            return _places(a, about, capacity)
        case ForgetPerson(about, person, capacity):
            forgotten = PersonForgotten(about, person)
            return [forgotten, *_places(evolve(a, forgotten), about, capacity)]


def _reply(a: Attendance, command: Reply) -> list[AttendanceEvent]:
    person, reply = command.person, command.reply
    was_invited = person in dict(a.replies) and person not in a.uninvited
    uninvited = not command.invited and not was_invited
    if dict(a.replies).get(person) == reply and uninvited == (person in a.uninvited):
        return []
    others = len(_without(a.coming, person))
    full = command.capacity is not None and others >= command.capacity
    waiting = reply == YES and full
    replied = Replied(command.about, person, reply, waiting, uninvited or None)
    return [replied, *_places(evolve(a, replied), command.about, command.capacity)]


def _places(a: Attendance, about: About, capacity: int | None) -> list[AttendanceEvent]:
    """A place for each who waits, first come first, while there is room."""
    room = len(a.waiting) if capacity is None else max(0, capacity - len(a.coming))
    return [PlaceGiven(about, person) for person in a.waiting[:room]]


def _invite(a: Attendance, command: InviteGuest) -> list[AttendanceEvent]:
    if command.guest in dict(a.guests):
        return []
    if command.guest == command.invited_by:
        raise Refused("Nobody is their own guest.", field="email")
    if command.takes_part:
        raise Refused("This person is already taking part; invite someone else.", field="email")
    check_room_for_guest(a, command.invited_by, command.most)
    about, guest, by = command.about, command.guest, command.invited_by
    return [GuestInvited(about, guest, by, programme_name=command.programme)]


def check_room_for_guest(a: Attendance, invited_by: str, most: int) -> None:
    """Raises Refused where this participant cannot invite another, whoever it is."""
    if not most:
        raise Refused("No guests are invited to this session.", unlawful=True)
    if sum(1 for _, by in a.guests if by == invited_by) >= most:
        raise Refused(
            f"Each participant can invite {most} guests, and these are invited already.",
            unlawful=True,
        )


def _forgotten(a: Attendance, person: str) -> Attendance:
    return replace(
        a,
        replies=tuple(r for r in a.replies if r[0] != person),
        coming=_without(a.coming, person),
        waiting=_without(a.waiting, person),
        roles=tuple(r for r in a.roles if r[0] != person),
        guests=tuple(g for g in a.guests if g[0] != person),
        reflections=tuple(r for r in a.reflections if r[1] != person),
        uninvited=_without(a.uninvited, person),
    )


def _without(people: tuple[str, ...], person: str) -> tuple[str, ...]:
    return tuple(p for p in people if p != person)


def _set(pairs: tuple[tuple[str, str], ...], key: str, value: str) -> tuple[tuple[str, str], ...]:
    return tuple((dict(pairs) | {key: value}).items())
