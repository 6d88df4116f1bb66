"""Settings from the environment: every wrong or missing one is listed, and nothing starts."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest

from shared.foundation.addresses import parse_mailbox
from shared.settings import (
    Secret,
    Settings,
    SettingsError,
    as_kept,
    load_settings,
    mail_server,
    settings_or_exit,
)

TOKENS = {
    "HEDGEROW_OPERATOR_TOKEN": "operator-token-of-some-length",
    "HEDGEROW_SERVICE_TOKEN": "service-token-of-some-length",
    "HEDGEROW_SECRET": "a-secret-of-some-length",
}


def load(**settings: str) -> Settings:
    return load_settings(TOKENS | {f"HEDGEROW_{name}": text for name, text in settings.items()})


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load_settings(environ)
    return error.value.problems


def test_a_laptop_needs_no_settings_but_the_secrets(tmp_path: Path):
    settings = load(DATA_DIR=str(tmp_path))
    assert settings.bind == "127.0.0.1"
    assert settings.ports == {
        "web": 8000,
        "registry": 8001,
        "scheduling": 8002,
        "notifications": 8003,
        "discovery": 8004,
    }
    assert settings.urls["registry"] == "http://127.0.0.1:8001"
    assert settings.database_urls["discovery"] == f"sqlite:///{tmp_path / 'discovery.db'}"
    assert settings.owner_database_urls == settings.database_urls
    assert settings.kafka is None
    assert settings.public_url is None
    assert settings.clock.offset == timedelta(0)


def test_a_deployment_says_what_it_has():
    url = "postgresql+psycopg://registry:pw@db/registry"
    settings = load(
        BIND="0.0.0.0",  # noqa: S104
        REGISTRY_PORT="9001",
        REGISTRY_DATABASE_URL=url,
        DISCOVERY_URL="http://discovery:8004/",
        REGISTRY_OWNER_DATABASE_URL="postgresql+psycopg://owner:pw@db/registry",
        KAFKA_BOOTSTRAP="one:9092, two:9092",
        CLOCK_OFFSET="P30D",
        PUBLIC_URL="https://hedgerow.example/",
    )
    assert settings.ports["registry"] == 9001
    assert settings.urls["registry"] == "http://127.0.0.1:9001"
    assert settings.urls["discovery"] == "http://discovery:8004"
    assert settings.public_url == "https://hedgerow.example"
    assert settings.database_urls["registry"] == url
    assert settings.owner_database_urls["registry"].startswith("postgresql+psycopg://owner")
    assert settings.kafka is not None
    assert settings.kafka.bootstrap == ("one:9092", "two:9092")
    assert settings.clock.offset == timedelta(days=30)


WRONG = {
    "HEDGEROW_REGISTRY_PORT": "80o1",
    "HEDGEROW_DISCOVERY_PORT": "65536",
    "HEDGEROW_REGISTRY_URL": "registry:8001",
    "HEDGEROW_PUBLIC_URL": "ftp://hedgerow.example",
    "HEDGEROW_REGISTRY_DATABASE_URL": "mysql://db/registry",
    "HEDGEROW_DISCOVERY_DATABASE_URL": "no URL at all",
    "HEDGEROW_KAFKA_BOOTSTRAP": "one",
    "HEDGEROW_KAFKA_SECURITY_PROTOCOL": "TLS",
    "HEDGEROW_CLOCK_OFFSET": "30 days",
    "HEDGEROW_LOG_FORMAT": "xml",
    "HEDGEROW_LOG_LEVEL": "loud",
    "HEDGEROW_WEB_THREADS": "0",
    "HEDGEROW_SERVICE_TOKEN": "short",
    "HEDGEROW_SECRET_FILE": "/no/such/file",
}


def test_everything_that_is_wrong_or_missing_is_listed_at_once(tmp_path: Path):
    found = problems(WRONG | {"HEDGEROW_DATA_DIR": str(tmp_path)})
    named = {problem.split(":")[0] for problem in found}
    assert named == WRONG.keys() | {"HEDGEROW_OPERATOR_TOKEN", "HEDGEROW_SECRET"}
    text = "\n".join(found)
    assert "HEDGEROW_REGISTRY_PORT: '80o1' is not a port between 1 and 65535" in text
    assert "HEDGEROW_SERVICE_TOKEN: too short" in text
    assert "HEDGEROW_OPERATOR_TOKEN: missing" in text


@pytest.mark.parametrize("offset", ["P999999999999D", "P1Y", "soon"])
def test_an_impossible_offset_is_a_problem_and_no_crash(offset: str):
    assert problems(TOKENS | {"HEDGEROW_CLOCK_OFFSET": offset})[0].startswith(
        "HEDGEROW_CLOCK_OFFSET:"
    )


def test_a_password_in_a_wrong_setting_is_not_said():
    text = "\n".join(problems(TOKENS | {"HEDGEROW_REGISTRY_DATABASE_URL": "mysql://u:hunter2@h/d"}))
    assert "HEDGEROW_REGISTRY_DATABASE_URL" in text
    assert "hunter2" not in text


def test_a_process_with_wrong_settings_says_so_and_exits_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    for name in [name for name in os.environ if name.startswith("HEDGEROW_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HEDGEROW_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HEDGEROW_REGISTRY_PORT", "x")
    with pytest.raises(SystemExit) as left:
        settings_or_exit()
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert "HEDGEROW_REGISTRY_PORT" in said
    assert "HEDGEROW_SECRET" in said


def test_kafka_with_a_login_needs_a_user_and_a_password():
    kafka = {"KAFKA_BOOTSTRAP": "one:9092", "KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}
    with pytest.raises(SettingsError, match="HEDGEROW_KAFKA_USER and HEDGEROW_KAFKA_PASSWORD"):
        load(**kafka, KAFKA_USER="hedgerow")
    settings = load(**kafka, KAFKA_USER="hedgerow", KAFKA_PASSWORD="hunter2")
    assert settings.kafka is not None
    assert settings.kafka.password.value == "hunter2"


def test_any_setting_can_be_in_a_file(tmp_path: Path):
    port, token = tmp_path / "port", tmp_path / "token"
    port.write_text("9001\n")
    token.write_text("another-operator-token\n")
    environ = {name: text for name, text in TOKENS.items() if "OPERATOR" not in name}
    settings = load_settings(
        environ
        | {
            "HEDGEROW_REGISTRY_PORT_FILE": str(port),
            "HEDGEROW_OPERATOR_TOKEN_FILE": str(token),
        }
    )
    assert settings.ports["registry"] == 9001
    assert settings.operator_token.values == ("another-operator-token",)


def test_a_setting_given_twice_is_a_problem(tmp_path: Path):
    (tmp_path / "port").write_text("9001")
    found = problems(
        TOKENS
        | {
            "HEDGEROW_REGISTRY_PORT": "9002",
            "HEDGEROW_REGISTRY_PORT_FILE": str(tmp_path / "port"),
        }
    )
    assert found == [
        "HEDGEROW_REGISTRY_PORT: given twice, also as HEDGEROW_REGISTRY_PORT_FILE; keep one of them"
    ]


def test_secrets_are_found_in_the_data_directory(tmp_path: Path):
    for name in ("operator_token", "service_token", "secret"):
        (tmp_path / name).write_text(f"{name}-of-some-length\n")
    settings = load_settings({"HEDGEROW_DATA_DIR": str(tmp_path)})
    assert settings.operator_token.value == "operator_token-of-some-length"
    assert settings.service_token.value == "service_token-of-some-length"
    assert settings.secret.value == "secret-of-some-length"


def test_two_tokens_hold_while_one_is_being_changed():
    changing = load(OPERATOR_TOKEN="the-old-token-still-held, the-new-token-already-held")
    assert changing.operator_token.values == (
        "the-old-token-still-held",
        "the-new-token-already-held",
    )
    with pytest.raises(SettingsError, match="too short"):
        load(OPERATOR_TOKEN="the-old-token-still-held,short")


def test_a_secret_is_read_anew_when_its_file_changes_and_kept_while_it_is_away(tmp_path: Path):
    path = tmp_path / "token"
    path.write_text("first\n")
    secret = Secret("HEDGEROW_OPERATOR_TOKEN", path=path)
    assert secret.values == ("first",)
    replacement = tmp_path / "new"
    replacement.write_text("second,third\n")
    replacement.replace(path)
    assert secret.values == ("second", "third")
    path.unlink()
    assert secret.values == ("second", "third")
    path.write_text("")  # begun to be written
    assert secret.values == ("second", "third")
    path.write_text("fourth")
    assert secret.values == ("fourth",)


def test_a_secret_is_never_shown():
    secret = Secret("HEDGEROW_SECRET", value="hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert "operator-token" not in repr(load())


PROVIDER = {
    "OIDC_ISSUER": "https://login.example/realms/ours/",
    "OIDC_CLIENT_ID": "hedgerow",
    "OIDC_CLIENT_SECRET": "s3cret",
    "OIDC_LABEL": "Example Trust",
}


def test_an_identity_provider_is_whole_and_its_issuer_to_the_letter():
    found = load(**PROVIDER).identity_provider
    assert found is not None
    assert (found.issuer, found.client_id, found.label) == tuple(
        PROVIDER[f"OIDC_{name}"] for name in ("ISSUER", "CLIENT_ID", "LABEL")
    )
    assert found.client_secret.value == "s3cret"
    assert load().identity_provider is None


def test_the_secret_of_the_identity_provider_may_be_in_a_file(tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    given = {name: text for name, text in PROVIDER.items() if name != "OIDC_CLIENT_SECRET"}
    found = load(**given, OIDC_CLIENT_SECRET_FILE=str(file)).identity_provider
    assert found is not None
    assert found.client_secret.value == "from a file"


def test_an_empty_file_of_its_secret_is_no_identity_provider(tmp_path: Path):
    (tmp_path / "secret").write_text("")
    assert load(OIDC_CLIENT_SECRET_FILE=str(tmp_path / "secret")).identity_provider is None


@pytest.mark.parametrize("missing", PROVIDER)
def test_a_part_of_an_identity_provider_is_a_problem(missing: str):
    given = {name: text for name, text in PROVIDER.items() if name != missing}
    with pytest.raises(SettingsError, match=f"HEDGEROW_{missing}: missing"):
        load(**given)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("OIDC_ISSUER", "http://login.example"),
        ("OIDC_ISSUER", "login.example"),
        ("OIDC_ISSUER", "https://login.example?x=1"),
        ("OIDC_ISSUER", "http://[::1"),
        ("OIDC_LABEL", "L" * 61),
        ("OIDC_CLIENT_SECRET", "one,two"),
    ],
)
def test_what_is_wrong_with_an_identity_provider_is_said(name: str, text: str):
    with pytest.raises(SettingsError, match=f"HEDGEROW_{name}: "):
        load(**PROVIDER | {name: text})


def test_an_issuer_on_this_machine_needs_no_tls():
    assert load(**PROVIDER | {"OIDC_ISSUER": "http://127.0.0.1:9000"}).identity_provider


def test_two_services_on_one_port_are_refused():
    with pytest.raises(SettingsError) as refused:
        load_settings({"HEDGEROW_REGISTRY_PORT": "8002"}, need_tokens=False)
    (problem,) = refused.value.problems
    assert problem == (
        "HEDGEROW_REGISTRY_PORT and HEDGEROW_SCHEDULING_PORT: both are 8002; give each its own"
    )


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("smtp://user:p%C3%A4ss@mail.example:587", ("user", "päss", "mail.example")),
        ("smtp://jürgen:pässwort@mail.example", ("jürgen", "pässwort", "mail.example")),
        (
            "smtps://a%40b.example:x%2Fy%3Az%2C@bücher.example",
            ("a@b.example", "x/y:z,", "xn--bcher-kva.example"),
        ),
        ("smtp://faß.de", ("", "", "xn--fa-hia.de")),
    ],
)
def test_the_mail_servers_setting_may_go_beyond_ascii(url: str, found: tuple[str, str, str]):
    server = mail_server(load(SMTP_URL=url).smtp_url.value)
    assert (server.user, server.password, server.host) == found


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("SMTP_URL", "smtp://u:p%E4ss@mail.example", "UTF-8"),
        ("SMTP_URL", "smtp://u:p%00ss@mail.example", "control characters"),
        ("SMTP_URL", "smtp://u:p%0D%0Ass@mail.example", "control characters"),
        ("SMTP_URL", "smtp://mail\u200b.example", "ZERO WIDTH SPACE"),
        ("SMTP_URL", "smtp://u:p,w@mail.example", "%2C"),
        ("SMTP_URL", "smtp://☃.example", "SNOWMAN"),
        ("MAIL_FROM", "Hedgerow post@b.example", "SPACE"),
        ("MAIL_FROM", "pöst@b.example", "ASCII"),
        ("MAIL_FROM", "Hedgerow <post@b..example>", "empty part"),
        ("MAIL_FROM", "Hedgerow <post@b.example> and more", "not an address"),
        ("MAIL_FROM", "post@b\u00ad.example", "SOFT HYPHEN"),
        ("MAIL_FROM", "Hedgerow", "no @"),
        ("MAIL_FROM", "a" * 40 + "@b.example", "39 characters"),
        ("MAIL_FROM", "Hedge\u0007row <post@b.example>", "not an address"),
        ("MAIL_SENDER_PER_MESSAGE", "no", "0, 1"),
        ("PUBLIC_URL", "https://☃.example", "SNOWMAN"),
        ("PUBLIC_URL", "https://a..b/", "empty part"),
        ("REGISTRY_URL", "http://regi\u200bstry:8001", "not an address"),
        ("KAFKA_BOOTSTRAP", "brok\u00e9\u2603r:9092", "SNOWMAN"),
        ("OPERATOR_TOKEN", "ein-schlüssel-der-lang-ist", "ASCII"),
    ],
)
def test_what_would_fail_later_is_refused_at_the_start(name: str, text: str, why: str):
    (problem,) = problems(TOKENS | {f"HEDGEROW_{name}": text})
    assert problem.startswith(f"HEDGEROW_{name}: ")
    assert why in problem
    assert "p%00ss" not in problem


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("post@bücher.example", "", "post@xn--bcher-kva.example"),
        ("team@nhs <post@b.example>", "team@nhs", "post@b.example"),
        ('"Hedgerow, the post" <post@b.example>', "Hedgerow, the post", "post@b.example"),
        ("Wärme für alle <post@faß.de>", "Wärme für alle", "post@xn--fa-hia.de"),
        ("<post@b.example>", "", "post@b.example"),
        ("hedgerow@localhost", "", "hedgerow@localhost"),
    ],
)
def test_messages_may_come_from_names_and_domains_of_any_script(text: str, name: str, address: str):
    assert parse_mailbox(load(MAIL_FROM=text).mail_from) == (name, address)


def test_addresses_of_services_are_in_ascii():
    settings = load(
        PUBLIC_URL="https://Bücher.example/gärten/",
        REGISTRY_URL="http://[::1]:8001",
        KAFKA_BOOTSTRAP="bröker:9092,[::1]:9093,10.0.0.1:9094",
    )
    assert settings.public_url == "https://xn--bcher-kva.example/g%C3%A4rten"
    assert settings.urls["registry"] == "http://[::1]:8001"
    assert settings.kafka is not None
    assert settings.kafka.bootstrap == ("xn--brker-kua:9092", "[::1]:9093", "10.0.0.1:9094")


def recognises(secret: Secret, token: str) -> bool:
    return any(as_kept(token, value) == value.encode() for value in secret.values)


@pytest.mark.parametrize("held", ["one-operator-token,another-operator-token", None])
def test_a_token_is_recognised_by_itself_or_by_its_hash(held: str | None):
    hashes = (
        "sha256:84f3c2fa0bf3d9a27b9f1e6d4fb8b2a1",
        f"sha256:{hashlib.sha256(b'one-operator-token').hexdigest()}",
    )
    secret = Secret("HEDGEROW_OPERATOR_TOKEN", value=held or ",".join(hashes))
    for found in (secret, secret.only_hashed()):
        assert recognises(found, "one-operator-token")
        assert recognises(found, "another-operator-token") == bool(held)
        for other in ("", "one-operator-toke", "ONE-operator-token", "ünbekannt", *hashes):
            assert not recognises(found, other)
    assert "operator-token" not in ",".join(secret.only_hashed().values)


def test_a_hash_follows_the_file_of_its_token(tmp_path: Path):
    path = tmp_path / "token"
    path.write_text("one-operator-token\n")
    secret = Secret("HEDGEROW_OPERATOR_TOKEN", path=path).only_hashed()
    assert recognises(secret, "one-operator-token")
    path.write_text("another-operator-token")
    assert recognises(secret, "another-operator-token")
    assert not recognises(secret, "one-operator-token")
    assert "operator-token" not in repr(vars(secret))


def test_only_what_a_process_needs_must_be_there():
    one = {"HEDGEROW_SERVICE_TOKEN": "a-service-token-alone"}
    assert load_settings(one, needs=("service_token",)).service_token
    for needs in (("operator_token",), ("service_token", "secret")):
        with pytest.raises(SettingsError, match=f"HEDGEROW_{needs[-1].upper()}: missing"):
            load_settings(one, needs=needs)
    with pytest.raises(SettingsError, match="HEDGEROW_SERVICE_TOKEN: missing"):
        load_settings({}, needs=(), follows=True)
    load_settings({"HEDGEROW_KAFKA_BOOTSTRAP": "kafka:9092"}, needs=(), follows=True)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("smtp://user:password@mail.example:25", True),
        ("smtp://user:password@127.0.0.1:2525?starttls=0", True),
        ("smtp://user:password@mail.example:587?starttls=1", False),
        ("smtps://user:password@mail.example", False),
        ("smtp://mail.example", False),
    ],
)
def test_a_password_without_tls_is_known(url: str, shown: bool):
    assert mail_server(url).shows_password == shown
