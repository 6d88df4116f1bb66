"""What requests to the registry hold."""

import re

from marshmallow import ValidationError, fields, validate, validates

from services.registry.domain.community import ACTIVE, DORMANT, ENDINGS, PROPOSED, STAGES
from services.registry.domain.network import KINDS, OTHER
from services.registry.domain.roles import ROLES
from services.registry.identity.sign_ins.decider import PURPOSE as SIGN_IN
from services.registry.people import DIRECTORY
from shared.identifiers import is_id
from shared.link_renewals import PURPOSES
from shared.web.fields import (
    Body,
    Choice,
    Date,
    EmailAddress,
    Name,
    PersonName,
    Text,
    TextList,
    Url,
    public,
)

_ODS_CODE = re.compile(r"[A-Z0-9]{3,12}")


def _name(**kwargs: object) -> Name:
    return Name(1, 200, **kwargs)  # type: ignore[arg-type]


class DescriptionBody(Body):
    """What a community says of itself; every field may be changed later."""

    name = _name(metadata=public("Its name; need not be unique"))
    domain = Text(1, 5000, lines=True, metadata=public("What it is about"))
    topics = TextList(Text(1, 100), 50, metadata=public("Short phrases"))
    practice = Text(0, 5000, lines=True, metadata=public("What its people do and share"))
    learning_question = Text(0, 1000, lines=True, metadata=public("What it asks itself"))
    sectors = TextList(Text(1, 100), 20, metadata=public("Such as social care"))
    region = Text(0, 200, metadata=public("Where it is, in words"))
    networks = TextList(
        Text(1, 200), 50, metadata={"description": "Networks' ids, names or aliases"}
    )
    organisation = Text(
        1, 60, allow_none=True, metadata={"description": "The id of the organisation that hosts it"}
    )
    external_id = Text(1, 500, allow_none=True, metadata=public("Its id in another list"))
    url = Url(allow_none=True, metadata=public("Its page: http or https"))


class RegistrationBody(DescriptionBody):
    name = _name(required=True, metadata=public("Its name; need not be unique"))
    domain = Text(1, 5000, lines=True, required=True, metadata=public("What it is about"))
    stage = Choice(STAGES, allow_none=True, metadata={"description": "Stage of development"})
    state = Choice((PROPOSED, ACTIVE), metadata={"description": "active unless it says proposed"})


class StageBody(Body):
    stage = Choice(STAGES, required=True)


class StateBody(Body):
    state = Choice((PROPOSED, ACTIVE, DORMANT), required=True)


class ClosureBody(Body):
    ending = Choice(ENDINGS, required=True, metadata={"description": "How it ended"})
    into = TextList(
        Text(1, 60), 20, load_default=(), metadata={"description": "The communities it went on in"}
    )


class RoleBody(Body):
    person = Text(1, 60, required=True, metadata={"description": "The person's id"})
    role = Choice(ROLES, required=True)
    begins = Date(required=True, data_key="from", metadata={"description": "The first day"})
    ends = Date(
        data_key="to", allow_none=True, metadata={"description": "The first day without the role"}
    )


class LinkRenewalBody(Body):
    purposes = fields.List(
        Choice((*PURPOSES, SIGN_IN)),
        load_default=(*PURPOSES, SIGN_IN),
        validate=validate.Length(min=1),
        metadata={"description": "What the links are for; all kinds where it is left out"},
    )


class RoleEndBody(Body):
    ends = Date(
        data_key="to", required=True, metadata={"description": "The first day without the role"}
    )


class DatedNameBody(Body):
    name = _name(required=True, metadata=public("Its name"))
    begins = Date(data_key="from", allow_none=True)
    ends = Date(data_key="to", allow_none=True)


class NetworkChangeBody(Body):
    name = _name(metadata=public("The present name"))
    kind = Choice(KINDS)
    aliases = TextList(_name(), 50, metadata=public("Other names that find it"))
    names = fields.List(
        fields.Nested(DatedNameBody, error_messages={"null": "must not be null"}),
        validate=validate.Length(max=50, error="holds more than {max} entries"),
        error_messages={"invalid": "must be a list", "null": "must not be null, but may be empty"},
        metadata={"description": "Names with the dates of their use"},
    )


class NetworkBody(NetworkChangeBody):
    name = _name(required=True, metadata=public("The present name"))
    kind = Choice(KINDS, load_default=OTHER)


class OrganisationChangeBody(Body):
    name = _name(metadata=public("Its name"))
    kind = Text(1, 60, metadata={"description": "Such as nhs-trust, council, university, charity"})
    ods_code = Text(0, 20, allow_none=True, metadata={"description": "3 to 12 letters and digits"})

    @validates("ods_code")
    def _ods_code(self, value: str | None, data_key: str) -> None:
        if value and not _ODS_CODE.fullmatch(value.upper()):
            raise ValidationError(
                f"{value!r} is no ODS code: 3 to 12 letters and digits, such as RHM", data_key
            )


class OrganisationBody(OrganisationChangeBody):
    name = _name(required=True, metadata=public("Its name"))


class PersonChangeBody(Body):
    name = PersonName(1, 200)
    email = EmailAddress()


class PersonBody(PersonChangeBody):
    name = PersonName(1, 200, required=True)
    purpose = Text(1, 100, load_default=DIRECTORY, metadata={"description": "What it is kept for"})
    until = Date(
        load_default=None, allow_none=True, metadata={"description": "The last day of that purpose"}
    )


class ContactsBody(Body):
    ids = TextList(Text(1, 60), 1000, required=True, metadata={"description": "People's ids"})


def check_id(value: str, prefix: str, field: str, what: str) -> None:
    """Raises ValidationError where a reference has not even the form of one."""
    if not is_id(value, prefix):
        raise ValidationError({field: [f"{value!r} is no id of {what} ({prefix}_…)"]})
