"""Mail servers that speak real SMTP, for tests: obliging, refusing, slow, cutting."""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from tests.servers import free_port

Answer = Callable[[str], str | None]  # from a recipient to the server's no, or None


@dataclass
class Mailbox:
    """What arrived, in order. `refuse`, `refuse_mail` and `refuse_data` may say no; `cut` ends the
    connection.
    """

    arrived: list[Any] = field(default_factory=list)
    refuse: Answer = lambda _recipient: None
    refuse_mail: Answer = lambda _sender: None
    refuse_data: Answer = lambda _recipient: None
    cut: Callable[[str], bool] = lambda _recipient: False
    pause: float = 0.0
    connections: int = 0
    ids_only: bool = False  # keeps the Message-ID alone: for very many
    pipelining: bool = False  # takes several commands at once, and says so

    def to(self, recipient: str) -> list[Any]:
        return [m for m in self.arrived if m["X-Recipient"] == recipient]

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return [responses[0], "250-PIPELINING", *responses[1:]] if self.pipelining else responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if no := self.refuse_mail(address):
            return no
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if no := self.refuse(address):
            return no
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        (recipient,) = envelope.rcpt_tos
        if self.pause:
            await asyncio.sleep(self.pause)
        if self.cut(recipient):
            server.transport.abort()
            return "421 cut"
        if no := self.refuse_data(recipient):
            return no
        if self.ids_only:
            head = envelope.content.partition(b"\r\nMessage-ID: <")[2]
            self.arrived.append(head.partition(b">")[0].decode())
            return "250 OK"
        message = message_from_bytes(envelope.content, policy=policy.default)
        message["X-Recipient"], message["X-Sender"] = recipient, envelope.mail_from
        self.arrived.append(message)
        return "250 OK"


class MailServer(Controller):
    """Listens on a free port of this machine until it is stopped."""

    def __init__(self, mailbox: Mailbox, tls: ssl.SSLContext | None = None, **more: Any) -> None:
        port = free_port()
        settings = {"hostname": "127.0.0.1", "enable_SMTPUTF8": True} | more
        super().__init__(mailbox, port=port, ssl_context=tls, **settings)
        self.url = f"smtp{'s' if tls else ''}://127.0.0.1:{port}"


@contextmanager
def mail_server(mailbox: Mailbox, **more: Any) -> Iterator[MailServer]:
    server = MailServer(mailbox, **more)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def accepts(user: str, password: str) -> Callable[..., AuthResult]:
    """An authenticator that knows one user."""

    def check(
        _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        known = (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=known, handled=False)

    return check


def await_mail(mailbox: Mailbox, count: int, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while len(mailbox.arrived) < count:
        assert time.monotonic() < deadline, f"{len(mailbox.arrived)} of {count} arrived"
        time.sleep(0.01)
