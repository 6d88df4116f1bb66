"""A message as it goes over the wire: headers, text, HTML, and a calendar's update.

Put together here, because the standard library's classes cost more than all the rest of sending;
tests have them read what is written.
"""

import base64
import re
from email.header import Header
from email.utils import format_datetime
from typing import NamedTuple

from services.notifications.rendering import Rendered
from shared.foundation.addresses import parse_mailbox, wire_address

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONGEST_SUBJECT = 200
_SHORT_HEADER = 70
_LONGEST_LINE = 900  # the mail system takes 998


class Envelope(NamedTuple):
    """Who writes to whom: `sender` is where reports of failure go; it may carry the letter's id."""

    sender: str
    recipient: str
    message: bytes


def envelope(
    mail_from: str,
    name: str,
    address: str,
    letter: str,
    said: Rendered,
    *,
    sender_per_message: bool = True,
) -> Envelope:
    """`sender_per_message`: the envelope's sender carries the letter's id, by which reports of
    failure are known; some mail servers take no sender but their user's own.

    Raises ValueError for an address that cannot be one.
    """
    recipient = wire_address(address)
    own_name, own = parse_mailbox(mail_from)
    local, _, domain = own.rpartition("@")
    parts = [_part("text/plain", said.text), _part("text/html", said.html)]
    if said.calendar is not None:
        calendar = said.calendar
        parts.append(_part("text/calendar", calendar.text, f"; method={calendar.method}"))
    boundary = f"=_{letter}_{len(said.text):x}"
    headers = {
        "From": f"{_phrase(own_name)} <{own}>" if own_name else own,
        "To": f"{_phrase(name[:100])} <{recipient}>" if name else recipient,
        "Subject": _words(one_line(said.subject)[:_LONGEST_SUBJECT], "Subject"),
        "Date": format_datetime(said.at),
        "Message-ID": f"<{letter}@{domain}>",
        "Auto-Submitted": "auto-generated",
        **{field: one_line(value) for field, value in said.headers.items()},
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    head = "".join(f"{field}: {value}\r\n" for field, value in headers.items())
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    wire = f"{head}\r\n{body}--{boundary}--\r\n".encode()
    sender = f"{local}+{letter}@{domain}" if sender_per_message else own
    return Envelope(sender, recipient, wire)


def letter_of(address: str) -> str | None:
    """The letter's id that an envelope's sender carries."""
    found = re.search(r"\+(let_[0-9a-z]{20})@", address)
    return found[1] if found else None


def one_line(text: str) -> str:
    """Without control characters and line ends, so that it stays within its header."""
    return _CONTROL.sub(" ", text).strip()


def _part(kind: str, text: str, parameters: str = "") -> str:
    """A part, as it is where it can travel so, which costs a tenth of encoding it."""
    lines = text.splitlines()
    if text.isascii() and all(len(line) < _LONGEST_LINE for line in lines):
        encoding, body = "7bit", "\r\n".join(lines)
    else:
        encoding = "base64"
        packed = base64.b64encode("\r\n".join(lines).encode()).decode()
        body = "\r\n".join(packed[at : at + 76] for at in range(0, len(packed), 76))
    return (
        f"Content-Type: {kind}; charset=utf-8{parameters}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n"
    )


def _phrase(name: str) -> str:
    """A name as it stands before an address."""
    plain = one_line(name)
    if not plain.isascii():
        return _words(plain, "To")
    quoted = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def _words(text: str, field: str) -> str:
    """As it is, or as encoded words (RFC 2047), folded where it is long."""
    if text.isascii() and len(text) < _SHORT_HEADER:
        return text
    charset = "us-ascii" if text.isascii() else "utf-8"
    return Header(text, charset, header_name=field).encode(linesep="\r\n")
