"""Delivery status notifications (RFC 3464): which letter they are about, and what they say."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import Message
from typing import NamedTuple

from services.notifications.bouncing import HARD, SOFT
from services.notifications.domain.refusals import About, is_mailbox_unavailable, judge_report

DELIVERED = "delivered"
_LETTER = re.compile(r"(let_[0-9a-hjkmnp-tv-z]{20})")
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_MOST_PARTS, _MOST_NESTED = 500, 50
_MOST_DEEP = 4  # of messages that enclose messages
# The library would take what these enclose apart by itself, encoded or not, however deep it is.
_ENCLOSING = re.compile(rb"(?i)\bmessage/(?=[a-z])")
_OPAQUE = b"x-message/"


class Report(NamedTuple):
    """`kind` is hard, soft or delivered; None for one that says nothing final."""

    letter: str
    kind: str | None
    status: str

    @property
    def counts(self) -> bool:
        """Whether it says of the address that it does not exist, or takes nothing at present."""
        return self.kind == HARD or (self.kind == SOFT and is_mailbox_unavailable(self.status))


class NoReport(ValueError):
    """What came is no report about a letter of ours; it says why."""


def read(body: bytes) -> Report:
    """A whole report, or its machine-readable part alone. Raises NoReport."""
    parts = list(_parts(body))
    texts = [body, *(content for _, content in parts)]
    found = (_LETTER.search(text.decode("utf-8", "replace")) for text in texts)
    letter = next(filter(None, found), None)
    if letter is None:
        raise NoReport(
            "it names no message of this service: neither Original-Envelope-Id, nor"
            " the address it was sent back to, nor the Message-ID is one"
        )
    for fields in _fields(parts, body):
        action = str(fields["Action"] or "").strip().lower()
        status = _STATUS.search(str(fields["Status"] or ""))
        if action and status:
            return _report(letter[1], action, status[0], str(fields["Diagnostic-Code"] or ""))
    raise NoReport("it holds no fields Action and Status (RFC 3464)")


def _parts(body: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """The parts that hold no others, by type, decoded; and those of enclosed messages.

    Raises NoReport.
    """
    if body.lower().count(b"boundary") > _MOST_NESTED:
        raise NoReport("its parts are nested too deeply")
    message = message_from_bytes(_ENCLOSING.sub(_OPAQUE, body), policy=policy.compat32)
    for number, part in enumerate(message.walk()):
        if number >= _MOST_PARTS:
            raise NoReport(f"it has more than {_MOST_PARTS} parts")
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            continue
        yield kind, content
        if kind in ("x-message/rfc822", "x-message/global") and depth < _MOST_DEEP:
            yield from _parts(content, depth + 1)


def _fields(parts: list[tuple[str, bytes]], body: bytes) -> Iterator[Message]:
    """The groups of fields: one for the message, and one for each recipient."""
    reports = [content for kind, content in parts if kind.endswith("delivery-status")]
    for content in reports or [body]:
        text = content.replace(b"\r\n", b"\n").strip(b"\n")
        for group in re.split(rb"\n\s*\n", text)[:_MOST_PARTS]:
            yield message_from_bytes(group + b"\n\n", policy=policy.compat32)


def _report(letter: str, action: str, status: str, diagnostic: str) -> Report:
    if action == "delivered" and status.startswith("2."):
        return Report(letter, DELIVERED, status)
    if action != "failed":
        return Report(letter, None, status)  # delayed, relayed, expanded: not final
    if judge_report(status, diagnostic) is About.ADDRESS:
        return Report(letter, HARD, status)
    return Report(letter, SOFT, status)
