"""What a no of the mail system is about: one judgement, for SMTP replies and for reports.

By enhanced status codes (RFC 3463 and IANA's registry of them), the basic code, and where neither
says enough, the words. See docs/decisions/refusals-of-mail.md.
"""

import re
from enum import StrEnum
from typing import NamedTuple

_ENHANCED = re.compile(r"([245])\.(\d{1,3}\.\d{1,3})\b")
_NO_SUCH_ADDRESS = frozenset(
    {
        "1.1",  # no such mailbox
        "1.2",  # no such domain
        "1.3",  # no address can be written so
        "1.6",  # the mailbox has moved, and nobody knows where to
        "1.10",  # the domain takes no mail at all (RFC 7505)
    }
)
_OF_THE_SENDER = re.compile(
    r"1\.[78]"  # the sender's address
    r"|4\.5"  # congestion, and Gmail's daily quota
    r"|7\.(?:[89]|1[0134])"  # credentials, encryption, the account
    r"|7\.2\d"  # DKIM, SPF, reverse DNS, DMARC (RFC 7372), floods
    r"|7\.(?:5[47]|6[04]|139|5\d\d|6\d\d|7\d\d)"  # Exchange: not authenticated, banned, over quota
)
_OF_THE_RECIPIENT = frozenset({"7.2", "7.17", "7.18"})  # lists; an address that changed hands
_OF_THE_MAILBOX = frozenset({"2.0", "2.1", "2.2"})  # disabled or full
_GENERAL = frozenset({"", "0.0", "1.0", "5.0", "5.1", "7.0", "7.1"})
_NOT_LOGGED_IN = frozenset({530, 534, 535, 538})
_WORDS_OF_THE_SENDER = re.compile(
    r"authenticat|log ?in required|relay|not verified|unverified"
    r"|\bsender\b|sending|account (?:is |has been )?(?:disabled|suspended|locked)"
    r"|(?:daily|hourly|submission|rate) (?:\w+ )?(?:quota|limit)|too many (?:messages|emails)"
    r"|black ?list|block ?list|\b(?:dnsbl|rbl|spamhaus|reputation|dmarc|spf|dkim)\b",
    re.IGNORECASE,
)


class Stage(StrEnum):
    """What the server said no to. CONTENT also stands for what a report tells of."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    CONTENT = "content"


class About(StrEnum):
    ADDRESS = "address"  # there is no such address: nothing more goes there
    SENDER = (
        "sender"  # us: our address, login, quota or standing; nothing is wrong with the message
    )
    POLICY = "policy"  # us, or this recipient: whether other messages pass tells
    MESSAGE = "message"  # this message or this recipient, for good
    PASSING = "passing"  # may be tried again


class Reply(NamedTuple):
    """A server's answer to a command: its basic code, and the words with the enhanced one."""

    code: int
    words: str


def judge(reply: Reply, stage: Stage) -> About:
    """What a refusal (a code from 400 on) is about."""
    if stage in (Stage.MAIL, Stage.DATA) or reply.code in _NOT_LOGGED_IN:
        return About.SENDER  # no recipient is spoken of yet, or not any more
    subject = _subject(reply)
    if _OF_THE_SENDER.fullmatch(subject):
        return About.SENDER
    if reply.code < 500:
        return About.PASSING
    if subject in _NO_SUCH_ADDRESS:
        return About.ADDRESS
    if subject in _GENERAL and _WORDS_OF_THE_SENDER.search(reply.words):
        return About.SENDER
    if subject.startswith("7.") and subject not in _OF_THE_RECIPIENT:
        return About.POLICY
    if reply.code == 554 and subject in ("", "0.0") and stage is Stage.RCPT:
        return About.POLICY
    return About.MESSAGE


def judge_report(status: str, diagnostic: str) -> About:
    """What a report of failure is about: its field Status, and what Diagnostic-Code quotes.

    Where the two differ in substance, only what both say is believed.
    """
    reported = judge(Reply(_basic(status), status), Stage.CONTENT)
    found = _ENHANCED.search(diagnostic)
    if found is None or found[2] in ("0.0", status[2:]):
        return reported
    quoted = judge(Reply(_basic(found[0]), found[0]), Stage.CONTENT)
    if status[2:] == "0.0":
        return quoted
    return reported if quoted is reported else min(reported, quoted, key=_LEAST.index)


def is_mailbox_unavailable(status: str) -> bool:
    """Whether a mailbox that exists takes nothing at present: often enough, and it is given up."""
    return status[2:] in _OF_THE_MAILBOX


_LEAST = (About.PASSING, About.SENDER, About.POLICY, About.MESSAGE, About.ADDRESS)


def _subject(reply: Reply) -> str:
    """The enhanced code without its class: 1.1 of 5.1.1; empty where there is none."""
    found = _ENHANCED.match(reply.words)
    return found[2] if found else ""


def _basic(status: str) -> int:
    return 450 if status.startswith("4") else 550
