"""What each of the front's routes answers to whoever opens it, written by hand.

A page, or the way to another page (`-> /sign-in`), or the status of a refusal. Forms are sent as
they stand on the page before; without that, each is refused with 400, whoever sends it.
"""

from typing import NamedTuple


class Answers(NamedTuple):
    anyone: str
    signed_in: str
    ended: str  # to whose session has ended


_SAME = Answers("page", "page", "page")
_OWN = Answers("-> /sign-in", "page", "-> /sign-in")

TABLE: dict[str, Answers] = {
    "GET /": _SAME,
    "GET /privacy": _SAME,
    "GET /cookies": _SAME,
    "GET /assets/<digest>/<name>": Answers("404", "404", "404"),
    "GET /health/live": _SAME,
    "GET /health/ready": _SAME,
    "GET /metrics": _SAME,
    "GET /sign-in": Answers("page", "-> /account", "page"),
    "POST /sign-in": Answers("422", "422", "422"),
    "GET /sign-in/code/<sign_in>": _SAME,
    "POST /sign-in/code/<sign_in>": Answers("422", "422", "422"),
    "GET /sign-in/<signed>": _SAME,
    "POST /sign-in/<signed>": Answers("404", "404", "404"),
    "GET /sign-in/with": Answers("404", "404", "404"),  # where no identity provider is set
    "GET /sign-in/with/return": Answers("404", "404", "404"),
    "GET /sign-in/with/<confirmation>": Answers("404", "404", "404"),
    "POST /sign-in/with/<confirmation>": Answers("404", "404", "404"),
    "GET /sign-out": Answers("-> /signed-out", "page", "page"),
    "POST /sign-out": Answers("-> /signed-out", "-> /signed-out", "-> /signed-out"),
    "GET /signed-out": _SAME,
    "GET /erased": _SAME,
    "GET /account": _OWN,
    "GET /account/name": _OWN,
    "POST /account/name": Answers("-> /sign-in", "422", "-> /sign-in"),
    "GET /account/email": _OWN,
    "POST /account/email": Answers("-> /sign-in", "422", "-> /sign-in"),
    "GET /account/email/<change>": _OWN,
    "POST /account/email/<change>": Answers("-> /sign-in", "422", "-> /sign-in"),
    "POST /account/sessions/<session>/end": Answers("-> /sign-in", "-> /account", "-> /sign-in"),
    "POST /account/other-sessions/end": Answers("-> /sign-in", "-> /account", "-> /sign-in"),
    "GET /account/data": _OWN,
    "GET /account/reads": _OWN,
    "GET /account/erase": _OWN,
    "POST /account/erase": Answers("-> /sign-in", "422", "-> /sign-in"),
}
