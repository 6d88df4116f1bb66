"""One connection to a mail server, for many messages; what it says, told apart for the sender."""

import contextlib
import re
import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from services.notifications.domain.refusals import About, Reply, Stage, judge
from services.notifications.mail import Envelope
from services.notifications.smtp_login import log_in
from shared.settings import MailServer, Secret, mail_server

_PATIENCE = 30.0  # seconds for each of the server's answers
_IDLE = 20.0  # seconds after which a connection is asked whether it still stands
_LONGEST_WORDS = 300
_CLOSING = 421  # the server closes the connection
_LINE_OF_A_DOT = re.compile(rb"(?m)^\.")


class Refusal(NamedTuple):
    """The server's no to one message, and what that is about."""

    code: int
    words: str
    about: About


class NoServer(Exception):
    """No mail server can be used now: it does not answer, or not to us."""


class Cut(Exception):
    """The connection broke. `unknown`: while the server may have been taking the message."""

    def __init__(self, words: str, *, unknown: bool) -> None:
        super().__init__(words)
        self.unknown = unknown


class Connection:
    def __init__(self, url: Secret) -> None:
        self._url = url
        self._smtp: smtplib.SMTP | None = None
        self._used = 0.0

    def send(
        self, envelope: Envelope, meanwhile: Callable[[], None] = lambda: None
    ) -> Refusal | None:
        """None where the server took it; `meanwhile` is done while it is awaited.

        Raises NoServer, Cut.
        """
        smtp = self._open()
        try:
            refusal = _exchange(smtp, envelope, meanwhile)
            if refusal is not None and refusal.code == _CLOSING:
                self.close()
            return refusal
        except BaseException:
            self.close()  # whatever it was: where the exchange stands is not known any more
            raise
        finally:
            self._used = time.monotonic()

    def close(self) -> None:
        if self._smtp is not None:
            with contextlib.suppress(Exception):
                self._smtp.quit()
            self._smtp = None

    def _open(self) -> smtplib.SMTP:
        if self._smtp is not None and time.monotonic() - self._used > _IDLE:
            self._check(self._smtp)
        if self._smtp is None:
            self._smtp = _connect(self._server())
        return self._smtp

    def _server(self) -> MailServer:
        """As the setting says now, which may be a file that has changed. Raises NoServer."""
        try:
            return mail_server(self._url.value)
        except ValueError as error:
            raise NoServer(f"{self._url.name}: {error}") from error

    def _check(self, smtp: smtplib.SMTP) -> None:
        try:
            alive = smtp.noop()[0] == 250
        except (smtplib.SMTPException, OSError):
            alive = False
        if not alive:
            self.close()


def _connect(server: MailServer) -> smtplib.SMTP:
    """Raises NoServer."""
    context = ssl.create_default_context()
    smtp: smtplib.SMTP | None = None
    try:
        if server.tls:
            smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=_PATIENCE, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=_PATIENCE)
        if server.starttls:
            smtp.starttls(context=context)
        if server.user:
            log_in(smtp, server.user, server.password)
        smtp.ehlo_or_helo_if_needed()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        if smtp is not None:
            smtp.close()
        raise NoServer(f"{server.host}:{server.port}: {_plain(error)}") from error
    return smtp


def _exchange(
    smtp: smtplib.SMTP, envelope: Envelope, meanwhile: Callable[[], None]
) -> Refusal | None:
    """MAIL, RCPT, DATA. Raises Cut.

    By commands of our own: the library's take every address apart again, and copy the message.
    """
    within_data = False
    try:
        options = _options(smtp, envelope)
        if options is None:
            words = "the mail server does not take international addresses"
            return Refusal(553, words, About.MESSAGE)
        mail = " ".join([f"MAIL FROM:<{envelope.sender}>", *options])
        replies = _asked(smtp, [mail, f"RCPT TO:<{envelope.recipient}>", "DATA"])
        refused = [n for n, (code, _) in enumerate(replies) if code >= 400]
        if refused:
            code, said = replies[refused[0]]
            if code == _CLOSING and refused[0] == 1:
                raise Cut(_words(said), unknown=False)
            if code != _CLOSING:
                _abandon(smtp, replies)
            return _refusal(code, said, (Stage.MAIL, Stage.RCPT, Stage.DATA)[refused[0]])
        within_data = True
        smtp.send(_LINE_OF_A_DOT.sub(b"..", envelope.message) + b".\r\n")
        meanwhile()
        code, said = smtp.getreply()
        within_data = False
        if code == _CLOSING:
            raise Cut(_words(said), unknown=False)
        return None if code < 400 else _refusal(code, said, Stage.CONTENT)
    except (smtplib.SMTPException, OSError) as error:
        raise Cut(_plain(error), unknown=within_data) from error


def _refusal(code: int, said: bytes, stage: Stage) -> Refusal:
    words = _words(said)
    return Refusal(code, words, judge(Reply(code, words), stage))


def _asked(smtp: smtplib.SMTP, commands: Sequence[str]) -> list[tuple[int, bytes]]:
    """The replies to commands, to the first that is a no; all at once where the server lets us.

    Sent together (RFC 2920), they cost one round trip; then each has its reply.
    """
    if smtp.has_extn("pipelining") and not any(set("\r\n") & set(each) for each in commands):
        smtp.send("".join(f"{each}\r\n" for each in commands))
        return [smtp.getreply() for _ in commands]
    replies: list[tuple[int, bytes]] = []
    for command in commands:
        replies.append(smtp.docmd(command))
        if replies[-1][0] >= 400:
            break
    return replies


def _abandon(smtp: smtplib.SMTP, replies: Sequence[tuple[int, bytes]]) -> None:
    """Begin anew after a refusal; a server that waits for a message all the same gets none."""
    if replies[-1][0] == 354:
        smtp.send(b".\r\n")
        smtp.getreply()
    smtp.rset()


def _options(smtp: smtplib.SMTP, envelope: Envelope) -> list[str] | None:
    """The options of MAIL; None where the server lacks what the address needs."""
    options = ["BODY=8BITMIME"] if smtp.has_extn("8bitmime") else []
    if envelope.recipient.isascii():
        smtp.command_encoding = "ascii"
        return options
    if not smtp.has_extn("smtputf8"):
        return None
    smtp.command_encoding = "utf-8"
    return [*options, "SMTPUTF8"]


def _words(said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return without_addresses(" ".join(text.split())[:_LONGEST_WORDS])


def without_addresses(words: str) -> str:
    """What a server says, without the addresses that it repeats: these are kept nowhere."""
    return " ".join("…" if "@" in word else word for word in words.split(" "))


def _plain(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_words(error.smtp_error)}"
    return _words(str(error) or type(error).__name__)
