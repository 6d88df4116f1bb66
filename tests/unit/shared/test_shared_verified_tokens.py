"""Tokens that were good are believed for a minute, and never beyond their expiry."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import OKPKey

from shared.http import verified_tokens
from shared.http.access_tokens import LIFETIME, Claims, ExpiredToken, InvalidToken, UnknownKey, sign
from shared.http.verified_tokens import VerifiedTokens

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
KEY, OTHER = (OKPKey.generate_key("Ed25519") for _ in range(2))
CLAIMS = Claims("per_1", "sin_1", NOW, NOW + LIFETIME)
ISSUER = "https://hedgerow.example/registry"


class Counted:
    """See `shared.http.token_keys.TokenKeys`; how often it was asked."""

    def __init__(self, *keys: OKPKey) -> None:
        self.keys, self.asked = keys, 0

    def known(self) -> Sequence[OKPKey]:
        self.asked += 1
        return self.keys

    def looked_again(self) -> Sequence[OKPKey]:
        return self.known()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found = [0.0]
    monkeypatch.setattr(verified_tokens.time, "monotonic", lambda: found[0])
    return found


def test_a_signature_that_fitted_is_not_looked_at_again_for_a_minute(clock: list[float]):
    keys = Counted(KEY)
    tokens = VerifiedTokens(keys)
    token = sign(KEY, ISSUER, CLAIMS, NOW)
    for clock[0] in (0.0, 30.0, 60.0):
        assert tokens.claims(token, ISSUER, NOW).person == "per_1"
    assert keys.asked == 1


def test_a_key_that_was_withdrawn_is_refused_after_a_minute(clock: list[float]):
    keys = Counted(KEY)
    tokens = VerifiedTokens(keys)
    token = sign(KEY, ISSUER, CLAIMS, NOW)
    tokens.claims(token, ISSUER, NOW)
    keys.keys, clock[0] = (OTHER,), 61.0
    with pytest.raises(UnknownKey):
        tokens.claims(token, ISSUER, NOW)


def test_a_token_that_is_remembered_expires_when_it_says(clock: list[float]):
    tokens = VerifiedTokens(Counted(KEY))
    token = sign(KEY, ISSUER, CLAIMS, NOW)
    tokens.claims(token, ISSUER, NOW + LIFETIME - timedelta(seconds=1))
    with pytest.raises(ExpiredToken):
        tokens.claims(token, ISSUER, NOW + LIFETIME)


def test_one_that_was_refused_and_one_for_another_issuer_are_not_remembered(clock: list[float]):
    tokens = VerifiedTokens(Counted(KEY))
    token = sign(KEY, ISSUER, CLAIMS, NOW)
    tokens.claims(token, ISSUER, NOW)
    for changed, issuer in ((token[:-4] + "AAAA", ISSUER), (token, "https://elsewhere.example")):
        for _ in range(2):
            with pytest.raises(InvalidToken):
                tokens.claims(changed, issuer, NOW)


def test_no_more_than_so_many_are_remembered(clock: list[float], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verified_tokens, "_MOST", 2)
    keys = Counted(KEY)
    tokens = VerifiedTokens(keys)
    some = [sign(KEY, ISSUER, CLAIMS._replace(session=f"sin_{n}"), NOW) for n in range(3)]
    for token in (*some, some[0]):
        tokens.claims(token, ISSUER, NOW)
    assert keys.asked == 4
