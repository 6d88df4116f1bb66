"""What a server's no, or a report of one, is about: the same for both."""

import pytest

from services.notifications.domain.refusals import About, Reply, Stage, judge, judge_report


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"])
@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.CONTENT])
def test_only_an_address_that_does_not_exist_is_one(status: str, stage: Stage):
    assert judge(Reply(550, f"{status} no such user"), stage) is About.ADDRESS
    assert judge_report(status, f"smtp; 550 {status} no such user") is About.ADDRESS
    assert judge_report(status, "") is About.ADDRESS
    assert judge(Reply(450, f"4{status[1:]} not now"), stage) is About.PASSING


@pytest.mark.parametrize(
    "status",
    [
        *("5.0.0", "5.1.0", "5.1.4", "5.1.5", "5.1.7", "5.1.8", "5.1.9", "5.1.11", "5.2.1"),
        *("5.2.2", "5.2.3", "5.3.0", "5.3.4", "5.4.1", "5.4.4", "5.4.5", "5.4.7", "5.5.0"),
        *("5.6.7", "5.7.0", "5.7.1", "5.7.2", "5.7.17", "5.7.23", "5.7.25", "5.7.26", "5.7.27"),
        *("5.7.57", "5.7.64", "5.7.133", "5.7.509", "5.7.606", "5.7.750", "5.10.1"),
    ],
)
def test_whatever_else_is_said_is_no_reason_to_give_an_address_up(status: str):
    assert judge(Reply(550, f"{status} no"), Stage.RCPT) is not About.ADDRESS
    assert judge(Reply(554, f"{status} no"), Stage.CONTENT) is not About.ADDRESS
    assert judge_report(status, f"smtp; 550 {status} no") is not About.ADDRESS


@pytest.mark.parametrize(
    ("status", "diagnostic", "about"),
    [
        ("5.0.0", "smtp; 550 5.1.1 user unknown", About.ADDRESS),
        ("5.0.0", "smtp; 550 5.7.26 unauthenticated", About.SENDER),
        ("5.1.1", "smtp; 550 5.7.1 blocked", About.POLICY),
        ("5.7.1", "smtp; 550 5.1.1 user unknown", About.POLICY),
        ("5.1.1", "smtp; 550-5.1.1 user unknown", About.ADDRESS),
        ("5.1.1", "smtp; 450 4.2.2 over quota", About.PASSING),
        ("5.1.1", "smtp; 550 user unknown", About.ADDRESS),
    ],
)
def test_where_status_and_diagnostic_differ_only_what_both_say_is_believed(
    status: str, diagnostic: str, about: About
):
    assert judge_report(status, diagnostic) is about


@pytest.mark.parametrize(
    ("stage", "code", "words"),
    [
        (Stage.MAIL, 530, "5.7.57 Client not authenticated to send mail"),
        (Stage.MAIL, 550, "no"),
        (Stage.MAIL, 451, "4.3.0 try later"),
        (Stage.DATA, 554, "no"),
        (Stage.RCPT, 530, "5.5.1 Authentication Required"),
        (Stage.RCPT, 530, "Must issue a STARTTLS command first"),
        (Stage.RCPT, 550, "5.4.5 Daily user sending quota exceeded"),
        (Stage.RCPT, 550, "5.7.60 Client does not have permissions to send as this sender"),
        (Stage.RCPT, 553, "5.1.8 sender's domain not found"),
        (Stage.RCPT, 553, "5.1.7 bad sender"),
        (Stage.RCPT, 550, "5.7.0 Authentication needed"),
        (Stage.RCPT, 554, "5.7.1 Relay access denied"),
        (Stage.RCPT, 550, "relay not permitted"),
        (Stage.RCPT, 550, "Your hourly message limit is reached, come back later"),
        (Stage.RCPT, 554, "5.7.1 Service unavailable; client blocked using zen.spamhaus.org"),
        (Stage.CONTENT, 554, "Message rejected: Email address is not verified"),
        (Stage.CONTENT, 550, "5.7.26 This mail has been blocked: DMARC"),
        (Stage.CONTENT, 550, "5.7.20 no passing DKIM signature"),
    ],
)
def test_what_is_about_us_is_told_apart(stage: Stage, code: int, words: str):
    assert judge(Reply(code, words), stage) is About.SENDER


@pytest.mark.parametrize(
    ("stage", "code", "words", "about"),
    [
        (Stage.RCPT, 550, "5.7.1 refused", About.POLICY),
        (Stage.RCPT, 550, "5.7.133 only for members of the organisation", About.POLICY),
        (Stage.CONTENT, 554, "5.7.1 looks like spam", About.POLICY),
        (Stage.RCPT, 554, "no", About.POLICY),
        (Stage.RCPT, 550, "no such user", About.MESSAGE),
        (Stage.RCPT, 552, "5.2.2 mailbox over quota", About.MESSAGE),
        (Stage.RCPT, 550, "5.7.2 no list", About.MESSAGE),
        (Stage.CONTENT, 552, "5.3.4 message size limit exceeded", About.MESSAGE),
        (Stage.CONTENT, 552, "message size limit exceeded", About.MESSAGE),
        (Stage.RCPT, 450, "4.7.1 greylisted", About.PASSING),
        (Stage.RCPT, 452, "4.2.2 mailbox full", About.PASSING),
        (Stage.CONTENT, 451, "try later", About.PASSING),
    ],
)
def test_the_rest_is_about_a_recipient_or_a_message(
    stage: Stage, code: int, words: str, about: About
):
    assert judge(Reply(code, words), stage) is about
