"""Delivery status notifications (RFC 3464): which letter they are about, and what they say."""

import re
from email import message_from_bytes, policy
from email.message import Message
from typing import NamedTuple

from services.notifications.bouncing import HARD, SOFT

DELIVERED = "delivered"
_LETTER = re.compile(r"(let_[0-9a-hjkmnp-tv-z]{20})")
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
# Mailbox full, message too large, system full and the like pass: RFC 3463, 3.3 and 3.4.
_PASSING = re.compile(r"5\.(2\.[234]|3\.[14]|4\.\d+)")


class Report(NamedTuple):
    """`kind` is hard, soft or delivered; None for one that says nothing final."""

    letter: str
    kind: str | None
    status: str


class NoReport(ValueError):
    """What came is no report about a letter of ours; it says why."""


def read(body: bytes) -> Report:
    """A whole report, or its machine-readable part alone. Raises NoReport."""
    message = message_from_bytes(body, policy=policy.compat32)
    letter = _LETTER.search(body.decode("utf-8", "replace"))
    if letter is None:
        raise NoReport(
            "it names no message of this service: neither Original-Envelope-Id, nor"
            " the address it was sent back to, nor the Message-ID is one"
        )
    for part in _fields(message, body):
        action = (part["Action"] or "").strip().lower()
        status = _STATUS.search(part["Status"] or "")
        if action and status:
            return Report(letter[1], _kind(action, status[0]), status[0])
    raise NoReport("it holds no fields Action and Status (RFC 3464)")


def _fields(message: Message, body: bytes) -> list[Message]:
    """The groups of fields: one for the message, and one for each recipient."""
    found: list[Message] = []
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            payload = part.get_payload()
            inner = [each for each in payload if isinstance(each, Message)]
            found += inner or _groups(str(payload).encode())
    return found or _groups(body)


def _groups(body: bytes) -> list[Message]:
    text = body.replace(b"\r\n", b"\n").strip(b"\n")
    return [message_from_bytes(group + b"\n\n") for group in re.split(rb"\n\s*\n", text)]


def _kind(action: str, status: str) -> str | None:
    if action == "delivered" and status.startswith("2."):
        return DELIVERED
    if action != "failed":
        return None  # delayed, relayed, expanded: not final
    return HARD if status.startswith("5.") and not _PASSING.fullmatch(status) else SOFT
