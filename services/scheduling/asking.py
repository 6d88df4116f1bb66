"""One HTTP client for all that scheduling asks of other services: its connections are kept."""

from functools import cache

import httpx


@cache
def client() -> httpx.Client:
    """Made when it is first asked for, so that each process has one of its own."""
    return httpx.Client(limits=httpx.Limits(max_connections=32, max_keepalive_connections=8))
