"""The front's own settings: where it is and where the services are. No secret, no database."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from shared.foundation.hosts import is_safe_url
from shared.settings import FRONT, SERVICES, Reader, SettingsError, Subnet

_OWN = {
    *("DATA_DIR", "BIND", "PUBLIC_URL", "LOG_FORMAT", "LOG_LEVEL", "WEB_THREADS"),
    *("TRUSTED_PROXIES", "WEB_PORT", "WEB_URL", "OIDC_LABEL"),
    *(f"{service.upper()}_URL" for service in SERVICES),
    *(f"{service.upper()}_PORT" for service in SERVICES),
}


@dataclass(frozen=True)
class FrontSettings:
    """`urls` says where each service is."""

    bind: str
    port: int
    urls: Mapping[str, str]
    public_url: str | None
    trusted_proxies: tuple[Subnet, ...]
    log_format: str
    log_level: str
    threads: int
    provider: str | None  # the name of whom people may sign in with, beside by email


def load_settings(environ: Mapping[str, str] | None = None) -> FrontSettings:
    """Reads no setting but the front's own. Raises SettingsError that lists every problem."""
    given = os.environ if environ is None else environ
    names = {f"HEDGEROW_{name}{ending}" for name in _OWN for ending in ("", "_FILE")}
    reader = Reader({name: value for name, value in given.items() if name in names})
    found = reader.read()
    if not is_safe_url(found.front_url):
        reader.problems.append(
            f"HEDGEROW_PUBLIC_URL: people would open {found.front_url}, which begins with http://,"
            " and browsers keep the cookie that they sign in by only on https:// (or on this"
            " machine alone); put the front behind TLS and write https://"
        )
    if reader.problems:
        raise SettingsError(reader.problems)
    return FrontSettings(
        bind=found.bind,
        port=found.ports[FRONT],
        urls={service: found.urls[service] for service in SERVICES},
        public_url=found.public_url,
        trusted_proxies=found.trusted_proxies,
        log_format=found.log_format,
        log_level=found.log_level,
        threads=found.web_threads,
        provider=reader.environ.get("HEDGEROW_OIDC_LABEL"),
    )


def settings_or_exit() -> FrontSettings:
    """The settings, or every problem on standard error and exit status 2."""
    try:
        return load_settings()
    except SettingsError as error:
        print("These settings need correcting before anything starts:", file=sys.stderr)  # noqa: T201
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from None
