"""Settings from the environment. Every wrong or missing one is listed at once, and nothing starts.

Any setting `X` can be given as `X_FILE`, the name of a file that holds it; secrets given so are
read anew when the file changes.
"""

import hashlib
import ipaddress
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from shared.clock import Clock, parse_duration
from shared.foundation.addresses import parse_mailbox
from shared.foundation.hosts import HostError, encode_host, is_safe_url

Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network
SERVICES = ("registry", "scheduling", "notifications", "discovery")
_IN_URL = "%/:=&?~#+!$,;'@()*[]"  # as it stands, where an address has it
_LONGEST_LOCAL, _ID_LENGTH = 64, 25  # of an address, RFC 5321; of a message's id behind a plus
_LONGEST_LABEL = 60
_YEAR = timedelta(days=365)
_EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104
EVERY_SECRET = ("operator_token", "service_token", "secret")
FRONT = "web"  # the pages for people: no service, as it keeps nothing
PORTS = {FRONT: 8000, **{service: 8001 + place for place, service in enumerate(SERVICES)}}


class SettingsError(Exception):
    """Settings that nothing can start with; `problems` names each with its mend."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


_HASH = "sha256:"  # in front of a token's hash in hex, where the token itself is not needed


class Secret:
    """A secret of one or, while it is being changed, two values. Never printed."""

    def __init__(self, name: str, *, value: str = "", path: Path | None = None) -> None:
        self.name, self.path = name, path
        self._value, self._stamp = value, (0, 0)

    def __repr__(self) -> str:
        return f"Secret({self.name})"

    def __bool__(self) -> bool:
        return bool(self.values)

    @property
    def values(self) -> tuple[str, ...]:
        if self.path is not None:
            self._read_anew(self.path)
        return tuple(part for part in (p.strip() for p in self._value.split(",")) if part)

    @property
    def value(self) -> str:
        """The first value: the one to use where we present it ourselves."""
        return self.values[0]

    def only_hashed(self) -> "Secret":
        """For a process that recognises the secret and never presents it."""
        return _HashedSecret(self.name, value=self._value, path=self.path)

    def _read_anew(self, path: Path) -> None:
        try:
            stat = path.stat()
            stamp = stat.st_mtime_ns, stat.st_ino
            if stamp != self._stamp and (text := path.read_text().strip()):
                self._value, self._stamp = self._kept(text), stamp
        except OSError:
            return  # while it is away or empty, the last value read goes on being right

    def _kept(self, text: str) -> str:
        return text


class _HashedSecret(Secret):
    def __init__(self, name: str, *, value: str, path: Path | None) -> None:
        super().__init__(name, value=self._kept(value), path=path)

    def _kept(self, text: str) -> str:
        parts = [part for part in (p.strip() for p in text.split(",")) if part]
        return ",".join(part if part.startswith(_HASH) else _hashed(part) for part in parts)


def as_kept(presented: str, value: str) -> bytes:
    """What was presented, in the form in which a secret's value is kept: itself, or its hash."""
    return (_hashed(presented) if value.startswith(_HASH) else presented).encode()


def _hashed(token: str) -> str:
    """A token is 256 random bits: a hash without salt cannot be guessed from."""
    return _HASH + hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Kafka:
    bootstrap: tuple[str, ...]
    security_protocol: str
    user: str
    password: Secret


class MailServer(NamedTuple):
    """`tls` from the beginning, or `starttls`; no `user` where none is asked for."""

    host: str
    port: int
    tls: bool
    starttls: bool
    user: str
    password: str

    @property
    def shows_password(self) -> bool:
        """Whether the password goes over the network for anyone on the way to read."""
        return bool(self.password) and not (self.tls or self.starttls)


@dataclass(frozen=True)
class IdentityProvider:
    """An OpenID Connect issuer, to whom the registry is a confidential client; pages call it by its
    label."""

    issuer: str
    client_id: str
    client_secret: Secret
    label: str


def mail_server(url: str) -> MailServer:
    """Read `smtp://[user:password@]host:port` or `smtps://…`, with `?starttls=1`.

    Raises ValueError that does not repeat the password.
    """
    wrong = (
        "write it as smtp://user:password@host:port, or smtps:// for TLS, or add ?starttls=1;"
        " of user and password write @ : / ? # % and , as %40 %3A %2F %3F %23 %25 and %2C"
    )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(wrong) from error
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError(wrong)
    if parts.query not in {"", "starttls=0", "starttls=1"}:
        raise ValueError(wrong)
    try:
        host = encode_host(parts.hostname)
    except HostError as error:
        raise ValueError(f"the host name {error}") from error
    user, password = (_unquoted(part or "") for part in (parts.username, parts.password))
    return MailServer(
        host=host,
        port=port or (465 if parts.scheme == "smtps" else 25),
        tls=parts.scheme == "smtps",
        starttls=parts.query == "starttls=1",
        user=user,
        password=password,
    )


def _unquoted(text: str) -> str:
    """Raises ValueError that does not repeat it."""
    try:
        found = unquote(text, errors="strict")
    except UnicodeDecodeError:
        found = "\0"
    if not found.isprintable():
        raise ValueError(
            "user and password: write what is beyond ASCII as it is, or as UTF-8 (ä is %C3%A4),"
            " and no control characters"
        )
    return found


@dataclass(frozen=True)
class Settings:
    data_dir: Path
    bind: str
    ports: Mapping[str, int]
    urls: Mapping[str, str]  # where the services find one another, and the front is
    public_url: str | None
    database_urls: Mapping[str, str]
    owner_database_urls: Mapping[str, str]  # whose role owns the tables: the migrations' own
    kafka: Kafka | None
    operator_token: Secret
    service_token: Secret
    secret: Secret
    clock: Clock
    log_format: str
    log_level: str
    web_threads: int
    worker_pulse: Path | None  # touched while the worker is well; see shared/worker/pulse.py
    embedding_model: Path | None  # a folder with a model of the operator's own
    smtp_url: Secret  # empty: messages stay in the outbox page; see `mail_server`
    mail_from: str
    mail_sender_per_message: bool  # whether the envelope's sender carries each message's id
    mail_per_minute: int
    webhooks_allow_loopback: bool
    application_retention: timedelta  # how long after a cohort what applicants wrote is kept
    erasure_list: Path | None  # where the registry lists who was erased; shared/restoring
    trusted_proxies: tuple[Subnet, ...]  # whose X-Forwarded-For is believed
    identity_provider: IdentityProvider | None  # whom people may sign in with, beside by email
    link_lapse_days: int  # how long a proposed link waits for its answer

    @property
    def front_url(self) -> str:
        """Where people open pages: what links to pages begin with."""
        return self.public_url or self.urls[FRONT]


def load_settings(
    environ: Mapping[str, str] | None = None,
    *,
    need_tokens: bool = True,
    needs: Sequence[str] = EVERY_SECRET,
    follows: bool = False,
) -> Settings:
    """Read all settings. Raises SettingsError that lists every problem.

    With `need_tokens` those of EVERY_SECRET that are named in `needs` must be there; a process that
    `follows` other services needs the services' token too where it reads their feeds.
    """
    reader = Reader(os.environ if environ is None else environ)
    settings = reader.read()
    if follows and settings.kafka is None:
        needs = list(dict.fromkeys([*needs, "service_token"]))
    if need_tokens:
        reader.require(*(getattr(settings, name) for name in needs))
    reader.check_together(settings)
    if reader.problems:
        raise SettingsError(reader.problems)
    return settings


def settings_or_exit(
    *, need_tokens: bool = True, needs: Sequence[str] = EVERY_SECRET, follows: bool = False
) -> Settings:
    """The settings, or every problem on standard error and exit status 2."""
    try:
        return load_settings(need_tokens=need_tokens, needs=needs, follows=follows)
    except SettingsError as error:
        print("These settings need mending before anything starts:", file=sys.stderr)  # noqa: T201
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from None


class Reader:
    """Reads settings one by one; `problems` lists what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self.environ = {k: v for k, v in environ.items() if k.startswith("HEDGEROW_") and v != ""}
        self._fill_from_files()

    def _fill_from_files(self) -> None:
        for name in [n for n in self.environ if n.endswith("_FILE")]:
            setting, path = name.removesuffix("_FILE"), Path(self.environ[name])
            if setting in self.environ:
                self.problems.append(f"{setting}: given twice, also as {name}; keep one of them")
                continue
            try:
                self.environ[setting] = path.read_text().strip()
            except OSError as error:
                self.problems.append(f"{name}: {path} cannot be read ({error.strerror})")

    def ports(self) -> dict[str, int]:
        found = {s: self.get(f"{s.upper()}_PORT", d, _port) for s, d in PORTS.items()}
        for port in sorted(set(found.values())):
            names = [f"HEDGEROW_{s.upper()}_PORT" for s in found if found[s] == port]
            if len(names) > 1:
                self.problems.append(f"{' and '.join(names)}: both are {port}; give each its own")
        return found

    def read(self) -> Settings:
        data_dir = Path(self.get("DATA_DIR", "var")).resolve()
        ports = self.ports()
        databases = {
            s: self.get(f"{s.upper()}_DATABASE_URL", f"sqlite:///{data_dir / s}.db", _database)
            for s in SERVICES
        }
        bind = self.get("BIND", "127.0.0.1")
        host = _reached_at(bind)
        return Settings(
            data_dir=data_dir,
            bind=bind,
            ports=ports,
            urls={
                s: self.get(f"{s.upper()}_URL", f"http://{host}:{ports[s]}", _url) for s in PORTS
            },
            public_url=self.get("PUBLIC_URL", None, _url),
            database_urls=databases,
            owner_database_urls={
                s: self.get(f"{s.upper()}_OWNER_DATABASE_URL", databases[s], _database)
                for s in SERVICES
            },
            kafka=self.kafka(),
            operator_token=self.secret("OPERATOR_TOKEN", data_dir / "operator_token"),
            service_token=self.secret("SERVICE_TOKEN", data_dir / "service_token"),
            secret=self.secret("SECRET", data_dir / "secret"),
            clock=Clock(self.get("CLOCK_OFFSET", timedelta(0), parse_duration)),
            log_format=self.get("LOG_FORMAT", "text", _one_of("text", "json")),
            log_level=self.get("LOG_LEVEL", "info", _one_of("debug", "info", "warning", "error")),
            web_threads=self.get("WEB_THREADS", 32, _count),
            worker_pulse=self.get("WORKER_PULSE", None, Path),
            embedding_model=self.get("EMBEDDING_MODEL", None, _model_folder),
            smtp_url=self.smtp_url(),
            mail_from=self.get("MAIL_FROM", "Hedgerow <hedgerow@localhost>", _mailbox),
            mail_sender_per_message=self.get("MAIL_SENDER_PER_MESSAGE", True, _flag),
            mail_per_minute=self.get("MAIL_PER_MINUTE", 600, _positive),
            webhooks_allow_loopback=self.get("WEBHOOKS_ALLOW_LOOPBACK", False, _flag),
            application_retention=self.get("APPLICATION_RETENTION", _YEAR, parse_duration),
            erasure_list=self.get("ERASURE_LIST", None, Path),
            trusted_proxies=self.get("TRUSTED_PROXIES", (), _subnets),
            identity_provider=self.identity_provider(),
            link_lapse_days=self.get("LINK_LAPSE_DAYS", 60, _days),
        )

    def smtp_url(self) -> Secret:
        secret = self.secret("SMTP_URL", None)
        try:
            if secret:
                mail_server(secret.value)
        except ValueError as error:
            self.problems.append(f"HEDGEROW_SMTP_URL: {error}")
        return secret

    def get(self, name: str, default: Any, parse: Callable[[str], Any] = str) -> Any:
        """One setting; what is wrong with it joins the list of problems."""
        text = self.environ.get(f"HEDGEROW_{name}")
        if text is None:
            return default
        try:
            return parse(text)
        except (ValueError, ArgumentError) as error:
            self.problems.append(f"HEDGEROW_{name}: {error}")
            return default

    def kafka(self) -> Kafka | None:
        protocol = self.get(
            "KAFKA_SECURITY_PROTOCOL",
            "PLAINTEXT",
            _one_of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        )
        bootstrap = self.get("KAFKA_BOOTSTRAP", None, _hosts)
        if bootstrap is None:
            return None
        user = self.get("KAFKA_USER", "")
        password = self.secret("KAFKA_PASSWORD", None)
        if protocol.startswith("SASL") and not (user and password):
            self.problems.append(
                f"HEDGEROW_KAFKA_USER and HEDGEROW_KAFKA_PASSWORD: {protocol} needs both"
            )
        return Kafka(bootstrap, protocol, user, password)

    def identity_provider(self) -> IdentityProvider | None:
        """Whole, or not at all; a part of it is found wrong by `check_together`."""
        issuer = self.get("OIDC_ISSUER", None, _issuer)
        client_id, label = self.get("OIDC_CLIENT_ID", None), self.get("OIDC_LABEL", None, _label)
        secret = self.secret("OIDC_CLIENT_SECRET", None)
        if not (issuer and client_id and label and secret):
            return None
        return IdentityProvider(issuer, client_id, secret, label)

    def check_identity_provider(self) -> None:
        """All of its settings are there, or none is."""
        names = [f"HEDGEROW_OIDC_{n}" for n in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "LABEL")]
        missing = [name for name in names if not self.environ.get(name)]
        if missing and len(missing) < len(names):
            self.problems.append(
                f"{', '.join(missing)}: missing; signing in with an identity provider needs all of"
                f" {', '.join(names)}"
            )
        if "," in self.environ.get("HEDGEROW_OIDC_CLIENT_SECRET", ""):
            self.problems.append(
                "HEDGEROW_OIDC_CLIENT_SECRET: holds a comma, which stands between two secrets;"
                " have the provider make another"
            )

    def secret(self, name: str, default: Path | None) -> Secret:
        full = f"HEDGEROW_{name}"
        path = self.environ.get(full + "_FILE")
        if path is None and full not in self.environ and default is not None and default.exists():
            return Secret(full, path=default)
        return Secret(
            full, value=self.environ.get(full, ""), path=Path(path) if path is not None else None
        )

    def check_together(self, settings: Settings) -> None:
        """What is wrong with several settings together."""
        self.check_identity_provider()
        local = settings.mail_from.rpartition("<")[2].rpartition("@")[0]
        if settings.mail_sender_per_message and len(local) > _LONGEST_LOCAL - _ID_LENGTH:
            self.problems.append(
                "HEDGEROW_MAIL_FROM: the part before the @ is longer than"
                f" {_LONGEST_LOCAL - _ID_LENGTH} characters, which leaves no room for a message's"
                " id behind it; choose a shorter one, or set HEDGEROW_MAIL_SENDER_PER_MESSAGE=0"
            )

    def require(self, *secrets: Secret) -> None:
        for secret in secrets:
            if not secret:
                self.problems.append(
                    f"{secret.name}: missing. Set it, or {secret.name}_FILE;"
                    " `hedgerow up` makes one in the data directory"
                )
            elif secret.name.endswith("_TOKEN") and not all(
                value.isascii() and value.isprintable() for value in secret.values
            ):
                self.problems.append(
                    f"{secret.name}: holds other characters than ASCII letters, digits and signs,"
                    " which cannot stand in the header that carries it"
                )
            elif any(len(value) < 16 for value in secret.values):
                self.problems.append(f"{secret.name}: too short to be safe, 16 characters at least")


def _port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise ValueError(f"{text!r} is not a port between 1 and 65535")
    return int(text)


def _count(text: str) -> int:
    if not (text.isdecimal() and 4 <= int(text) <= 1000):
        raise ValueError(f"{text!r} is not a number between 4 and 1000")
    return int(text)


def _positive(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) <= 10**6):
        raise ValueError(f"{text!r} is not a number between 1 and 1000000")
    return int(text)


def _days(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) <= 3650):
        raise ValueError(f"{text!r} is not a number of days between 1 and 3650")
    return int(text)


def _mailbox(text: str) -> str:
    found = parse_mailbox(text)
    if not found.address.isascii() or found.address.startswith('"'):
        raise ValueError(
            f"{text!r}: the part before the @ must be of ASCII letters, digits and signs without"
            " quotes, which every mail server takes"
        )
    return text


def _model_folder(text: str) -> Path:
    folder = Path(text).resolve()
    missing = [name for name in ("model.onnx", "tokenizer.json") if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"{folder} has no {' and no '.join(missing)}")
    return folder


def _url(text: str) -> str:
    """With its host as DNS has it, and the rest in ASCII: it stands in headers of requests and
    messages.
    """
    wrong = f"{text!r} is not an address such as https://hedgerow.example"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(wrong) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or not text.isprintable():
        raise ValueError(wrong)
    host = _host(parts.hostname)
    place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    user = parts.netloc.rpartition("@")[0]
    netloc = f"{quote(user, safe=_IN_URL)}@{place}" if user else place
    path, query = quote(parts.path, safe=_IN_URL), quote(parts.query, safe=_IN_URL)
    return urlunsplit((parts.scheme, netloc, path, query, "")).rstrip("/")


def _host(text: str) -> str:
    try:
        return encode_host(text)
    except HostError as error:
        raise ValueError(f"the host name {text!r} {error}") from error


def _issuer(text: str) -> str:
    """As it is: it must be what the provider calls itself, to the letter."""
    if not is_safe_url(text) or "?" in text or "#" in text or not text.isascii():
        raise ValueError(
            f"{text!r} is not the address of an OpenID Connect issuer: write it as the provider"
            " does, such as https://login.example/realms/ours; http:// is for this machine alone"
        )
    return text


def _label(text: str) -> str:
    if len(text) > _LONGEST_LABEL or not text.isprintable():
        raise ValueError(f"is to stand on a button: {_LONGEST_LABEL} characters at most")
    return text


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(_host_and_port(host.strip()) for host in text.split(",") if host.strip())


def _host_and_port(text: str) -> str:
    name, _, port = text.rpartition(":")
    if not name or not port.isdecimal():
        raise ValueError(f"{text!r} is not host:port")
    bracketed = name.startswith("[") and name.endswith("]")
    return f"{name if bracketed else _host(name)}:{port}"


def _subnets(text: str) -> tuple[Subnet, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"{error}; write addresses or networks such as 10.0.0.0/8") from error


def _database(text: str) -> str:
    if make_url(text).drivername not in {"sqlite", "postgresql+psycopg"}:
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
    return text


def _reached_at(bind: str) -> str:
    """The host by which one who listens at `bind` is reached from this machine."""
    if bind in _EVERY_ADDRESS:
        return "127.0.0.1"
    return f"[{bind}]" if ":" in bind else bind


def _flag(text: str) -> bool:
    return _one_of("0", "1")(text) == "1"


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"{text!r} is none of {', '.join(allowed)}")
        return text

    return parse
