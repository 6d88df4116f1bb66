"""What requests about replies, attendance, roles, guests, materials and reflections hold."""

from services.scheduling.api.schemas import Flag, several
from services.scheduling.domain.attendance import AFTER, BEFORE, REPLIES, ROLES, STATUSES
from shared.web.fields import Body, Choice, EmailAddress, PersonName, Text, TextList, Url


class ReplyBody(Body):
    reply = Choice(REPLIES, required=True)


class StatusBody(Body):
    status = Choice(STATUSES, required=True)


class RoleBody(Body):
    role = Choice(ROLES, required=True)


class MaterialBody(Body):
    label = Text(1, 200, required=True)
    url = Url(required=True)
    stage = Choice((BEFORE, AFTER), load_default=BEFORE)
    public = Flag(load_default=False)


class MaterialsBody(Body):
    materials = several(MaterialBody, 50, required=True)


class GuestBody(Body):
    invited_by = Text(1, 60, required=True, metadata={"description": "The participant's id"})
    name = PersonName(1, 200, required=True)
    email = EmailAddress(required=True)


class ReflectionBody(Body):
    person = Text(1, 60, required=True)
    text = Text(1, 5000, lines=True, required=True)


class AskedBody(Body):
    session = Text(1, 60, required=True)
    person = Text(1, 60, required=True)


class ReasonsBody(Body):
    events = TextList(
        Text(1, 60),
        1000,
        required=True,
        metadata={"description": "The ids of events that say that a reason was given"},
    )


class JoiningBody(Body):
    asked = several(AskedBody, 1000, required=True)
