"""Logging in to a mail server, also with a name or password beyond ASCII.

The standard library encodes both in ASCII alone; RFC 4616 has them in UTF-8.
"""

import base64
import smtplib


def log_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    """Raises what `smtplib.SMTP.login` raises."""
    if user.isascii() and password.isascii():
        smtp.login(user, password)
        return
    smtp.ehlo_or_helo_if_needed()
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        initial = _coded("\0".join(("", user, password)))
        code, said = smtp.docmd("AUTH", f"PLAIN {initial}")
    elif "LOGIN" in offered:
        code, said = smtp.docmd("AUTH", f"LOGIN {_coded(user)}")
        if code == 334:
            code, said = smtp.docmd(_coded(password))
    else:
        raise smtplib.SMTPNotSupportedError(
            "the mail server offers neither AUTH PLAIN nor AUTH LOGIN, which alone take a user name"
            " or password beyond ASCII"
        )
    if code not in (235, 503):  # 503: logged in already
        raise smtplib.SMTPAuthenticationError(code, said)


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
