"""A message as it goes over the wire: headers, text, HTML, and a calendar's update.

Built by hand on the standard library's MIME classes of the older kind: the newer ones parse every
header that they are given, which costs more than all the rest of sending.
"""

import re
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr, parseaddr
from typing import NamedTuple

from services.notifications.rendering import Rendered

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NOT_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f-\x9f<>,\"\u2028\u2029]")
_LONGEST_SUBJECT = 200
_LONGEST_LINE = 900  # the mail system takes 998
_RECIPIENT = "recipient@placeholder.invalid"
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP


class Envelope(NamedTuple):
    """Who writes to whom: `sender` is where reports of failure go, and carries the letter's id."""

    sender: str
    recipient: str
    message: bytes


def envelope(mail_from: str, name: str, address: str, letter: str, said: Rendered) -> Envelope:
    """Raises ValueError for an address that cannot be one."""
    recipient = wire_address(address)
    own_name, own = parseaddr(mail_from)
    local, _, domain = own.rpartition("@")
    message = MIMEMultipart("alternative") if said.calendar is None else MIMEMultipart("mixed")
    body = message if said.calendar is None else MIMEMultipart("alternative")
    body.attach(_part(said.text, "plain"))
    body.attach(_part(said.html, "html"))
    if said.calendar is not None:
        calendar = _part(said.calendar.text, "calendar")
        calendar.set_param("method", said.calendar.method)
        body.attach(calendar)
        message.attach(body)
    message["From"] = formataddr((one_line(own_name), own), "utf-8")
    message["To"] = _RECIPIENT
    subject = one_line(said.subject)[:_LONGEST_SUBJECT]
    message["Subject"] = Header(subject, "utf-8", header_name="Subject").encode()
    message["Date"] = format_datetime(said.at)
    message["Message-ID"] = f"<{letter}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    for field, value in said.headers.items():
        message[field] = one_line(value)
    # An international address stands in its header as it is (RFC 6532), which the library refuses.
    named = formataddr((one_line(name)[:100], _RECIPIENT), "utf-8").replace(_RECIPIENT, recipient)
    wire = message.as_bytes().replace(b"To: " + _RECIPIENT.encode(), f"To: {named}".encode(), 1)
    wire = re.sub(rb"\r?\n", b"\r\n", wire)
    return Envelope(f"{local}+{letter}@{domain}", recipient, wire)


def letter_of(address: str) -> str | None:
    """The letter's id that an envelope's sender carries."""
    found = re.search(r"\+(let_[0-9a-z]{20})@", address)
    return found[1] if found else None


def one_line(text: str) -> str:
    """Without control characters and line ends, so that it stays within its header."""
    return _CONTROL.sub(" ", text).strip()


def wire_address(address: str) -> str:
    """The address with its domain as the mail system writes it. Raises ValueError."""
    local, at, domain = address.strip().rpartition("@")
    if (
        not at
        or not local
        or not domain
        or _CONTROL.search(address)
        or re.search(r"[\s<>,]", address)
    ):
        raise ValueError("this is no address that can be written to")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise ValueError("the part behind the @ is no name of a mail domain") from error


def _part(text: str, subtype: str) -> MIMEText:
    """As it is where it can travel so, which costs a tenth of encoding it."""
    if text.isascii() and all(len(line) < _LONGEST_LINE for line in text.split("\n")):
        return MIMEText(text, subtype, "us-ascii")
    part = MIMEText("", subtype, "us-ascii")
    del part["Content-Transfer-Encoding"]
    part.set_payload(text, _UTF8)
    return part
