"""Fields of requests: texts made uniform, and refusals in plain English."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, fields
from marshmallow.exceptions import ValidationError

from shared.foundation.addresses import AddressError, parse_address
from shared.foundation.embedded_addresses import holds_address, holds_host
from shared.foundation.names import distinct_names, name_key

# Control characters but tab and line feed, and halves of surrogate pairs.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINES = re.compile(r"[\n\t]")
# What pages and emails call those who act for the platform, and those who are gone.
_NOBODYS = frozenset({"the operator", "operator", "an operator", "hedgerow", "a former member"})
_TURNING = re.compile(r"[\u202a-\u202e\u2066-\u2069\ufeff]")  # show a text in another order


def uniform(text: str, *, lines: bool) -> str:
    """A text in Unicode's composed form, without spaces around; one line unless `lines`.

    Raises ValueError where it holds control characters.
    """
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    if found := _CONTROL.search(text):
        raise ValueError(f"holds the control character U+{ord(found[0]):04X}; take it out")
    if not lines and _LINES.search(text):
        raise ValueError("must be one line, without tabs")
    if _TURNING.search(text):
        raise ValueError("holds characters that change the direction of text; take them out")
    return text.strip() if lines else " ".join(text.split())


def without_control_characters(text: str) -> str:
    """For what comes from lists: a space in place of each control character."""
    return _TURNING.sub("", _LINES.sub(" ", _CONTROL.sub(" ", text)))


PUBLIC_FOR_GOOD = "Public for good, in events that are never deleted: name nobody in it."


def public(what: str) -> dict[str, str]:
    """What a text is that goes into public events, for the description of its field."""
    return {"description": f"{what}. {PUBLIC_FOR_GOOD}"}


class Text(fields.String):
    """A text of `least` to `most` characters, made uniform; `lines` allows more than one."""

    default_error_messages = {  # noqa: RUF012
        "required": "is required",
        "null": "must not be null",
        "invalid": "must be text",
    }

    def __init__(self, least: int, most: int, *, lines: bool = False, **kwargs: Any) -> None:
        self.least, self.most, self.lines = least, most, lines
        metadata = {"minLength": least, "maxLength": most, **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if len(text) <= 4 * self.most:  # longer ones need no closer look
            try:
                text = uniform(text, lines=self.lines)
            except ValueError as error:
                raise ValidationError(str(error)) from error
        if len(text) < self.least or (self.least and not any(map(_is_seen, text))):
            raise ValidationError("must not be empty")
        if len(text) > self.most:
            raise ValidationError(
                f"is {len(text):,} characters long; at most {self.most:,} are taken"
            )
        return text


def _is_seen(character: str) -> bool:
    """Whether it is more than a space or an invisible sign."""
    return unicodedata.category(character)[0] not in "ZC"


class Name(Text):
    """The name of a community, a network, a programme: no address of web or email in it."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if self._holds_address(text):
            raise ValidationError(
                "holds an address of web or email; write the name alone, and a space after a full"
                " stop"
            )
        return text

    def _holds_address(self, text: str) -> bool:
        return holds_address(text)


class PersonName(Name):
    """The name of a person, which is mailed to others: nothing in it reads as an address, nor as
    the platform itself."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if name_key(text) in _NOBODYS:
            raise ValidationError(
                "stands for somebody else on this platform; write a person's name"
            )
        return text

    def _holds_address(self, text: str) -> bool:
        return "@" in text or holds_address(text) or holds_host(text)


class Url(Text):
    """An address on the web: http or https, nothing else."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(0, 2000, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text and not _is_web_address(text):
            raise ValidationError(
                "must be an address that begins with http:// or https://, without a user's name"
            )
        return text


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises where it is none
    except ValueError:
        return False
    if parts.username is not None or " " in text:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


class EmailAddress(fields.String):
    """An email address in Unicode's composed form, without spaces around; see shared.foundation."""

    default_error_messages = {  # noqa: RUF012
        "required": "is required",
        "null": "must not be null",
        "invalid": "is not an email address",
    }

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"format": "email", "maxLength": 254, **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            domain = parse_address(text).domain
        except AddressError as error:
            raise ValidationError(str(error)) from error
        if "." not in domain and domain != "localhost" and not domain.startswith("["):
            raise ValidationError(
                "is not an email address: write the whole domain, such as example.org"
            )
        return unicodedata.normalize("NFC", text.strip())


class Choice(Text):
    """One of a few words."""

    def __init__(self, choices: tuple[str, ...], **kwargs: Any) -> None:
        self.choices = choices
        words = [*choices, None] if kwargs.get("allow_none") else list(choices)
        metadata: Mapping[str, Any] = {"enum": words, **kwargs.pop("metadata", {})}
        super().__init__(0, 100, metadata=metadata, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text not in self.choices:
            raise ValidationError(f"must be one of: {', '.join(self.choices)}")
        return text


class TextList(fields.List[str]):
    """Names, topics or ids as a tuple, each once however it is written, in the order given."""

    default_error_messages = {"null": "must not be null, but may be empty"}  # noqa: RUF012

    def __init__(self, inner: Text, most: int, **kwargs: Any) -> None:
        self.most = most
        super().__init__(inner, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise ValidationError("must be a list of texts")
        if len(value) > self.most:
            raise ValidationError(f"holds {len(value)} entries; at most {self.most} are taken")
        found = super()._deserialize(value, *args, **kwargs)
        return distinct_names(map(str, found))


class Date(fields.Date):
    """A date as YYYY-MM-DD."""

    default_error_messages = {  # noqa: RUF012
        "required": "is required",
        "null": "must not be null",
        "invalid": "must be a date such as 2026-03-01",
        "format": "must be a date such as 2026-03-01",
    }


class Body(Schema):
    """A request's body. A field that it does not know is refused by name."""

    error_messages = {  # noqa: RUF012
        "unknown": "is not a field here",
        "type": "must be a JSON object",
    }
