"""Parameters of a query: each is known, and is what it is said to be."""

from flask import request

from shared.web.errors import invalid


def check_parameters(*known: str) -> None:
    """Raises Problem 422 for a query parameter that is none of these."""
    for name in request.args:
        if name not in known:
            these = f"these are: {', '.join(known)}" if known else "there are none"
            raise invalid(name, f"is not a parameter here; {these}")


def whole_number(name: str, usual: int, least: int, most: int, *, capped: bool = False) -> int:
    """The number; `capped`: more than `most` is taken as `most`. Raises Problem 422."""
    text = request.args.get(name, str(usual))
    short = text.isascii() and text.isdecimal() and len(text) < 10
    if not short or int(text) < least or (int(text) > most and not capped):
        raise invalid(name, f"must be a whole number from {least} to {most}")
    return min(int(text), most)
