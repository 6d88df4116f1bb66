"""The front's settings: no secret is read, and no address that keeps people from signing in."""

from dataclasses import fields

import pytest

from services.web.settings import load_settings
from shared.foundation.hosts import is_loopback
from shared.settings import Secret, SettingsError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "http://hedgerow.example"),
        ("PUBLIC_URL", "http://10.0.0.7:8000"),
        ("PUBLIC_URL", "http://localhost.example"),
        ("WEB_URL", "http://hedgerow.example:8000"),
        ("BIND", "192.168.1.5"),
    ],
)
def test_a_front_that_no_browser_would_keep_the_cookie_of_is_refused(name: str, value: str):
    with pytest.raises(SettingsError, match=r"HEDGEROW_PUBLIC_URL: .* https://"):
        load_settings({f"HEDGEROW_{name}": value})


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"PUBLIC_URL": "https://hedgerow.example"},
        {"PUBLIC_URL": "http://localhost:8000"},
        {"PUBLIC_URL": "http://127.0.0.1:9000"},
        {"PUBLIC_URL": "http://[::1]:8000"},
        {"BIND": "0.0.0.0"},  # noqa: S104
        {"BIND": "192.168.1.5", "PUBLIC_URL": "https://hedgerow.example"},
    ],
)
def test_on_this_machine_and_behind_tls_it_is_taken(environ: dict[str, str]):
    assert load_settings({f"HEDGEROW_{k}": v for k, v in environ.items()}).port == 8000


def test_it_has_no_secret_and_does_not_look_at_those_of_others(tmp_path):
    (tmp_path / "operator_token").write_text("an operator's token")
    settings = load_settings(
        {
            "HEDGEROW_DATA_DIR": str(tmp_path),
            "HEDGEROW_OPERATOR_TOKEN": "the operator's token",
            "HEDGEROW_SECRET_FILE": "/nowhere/secret",
            "HEDGEROW_REGISTRY_DATABASE_URL": "no database",
        }
    )
    values = [getattr(settings, field.name) for field in fields(settings)]
    assert not any(isinstance(value, Secret) for value in values)
    assert "operator" not in str(values)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("127.0.0.1.example", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_what_browsers_take_for_it(host: str, loopback: bool):
    assert is_loopback(host) == loopback
