"""Addresses are compared without changing whose they are."""

import pytest

from shared.foundation.addresses import AddressError, address_key, parse_address, wire_address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@bu\u0308cher.example"),
        ("ada@faß.de", "ada@xn--fa-hia.de"),
        ("zoe\u0308@example.org", "zoë@example.org"),
        (" ada@example.org.\n", "ada@example.org"),
    ],
)
def test_two_ways_of_writing_one_address_are_one(one: str, other: str):
    assert address_key(one) == address_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("boss@straße.example", "boss@strasse.example"),
        ("straße@example.org", "strasse@example.org"),
        ("Straße@example.org", "straße@example.org"),
        ("\u0131da@example.org", "ida@example.org"),  # a dotless i
        ("ﬁona@example.org", "fiona@example.org"),
        ("ada@σίγμας.gr", "ada@σίγμασ.gr"),
        ("ada+a@example.org", "ada@example.org"),
    ],
)
def test_addresses_that_may_be_two_peoples_stay_two(one: str, other: str):
    assert address_key(one) != address_key(other)


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("ada@faß.de", "ada@xn--fa-hia.de"),
        ("Zoë.O'Neil+x@Bücher.example", "Zoë.O'Neil+x@xn--bcher-kva.example"),
        ('"ada.lovelace"@example.org', '"ada.lovelace"@example.org'),
        ("ada@[192.0.2.1]", "ada@[192.0.2.1]"),
        ("ada@[ipv6:2001:DB8::1]", "ada@[IPv6:2001:db8::1]"),
    ],
)
def test_an_address_is_written_with_its_domain_as_dns_has_it(address: str, wire: str):
    assert wire_address(address) == wire


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nobody", "no @"),
        ("ada@", "one side"),
        ("@example.org", "one side"),
        ("a\u200bda@example.org", r"U\+200B \(ZERO WIDTH SPACE\)"),
        ("ada@exam\u00adple.org", r"U\+00AD \(SOFT HYPHEN\)"),
        ("\u202aada@example.org\u202c", r"U\+202A"),
        ("ada\ufe0f@example.org", r"U\+FE0F"),
        ("ada lovelace@example.org", "SPACE"),
        ("ada@example.org\r\nBcc: b@example.org", "control character"),
        ("<ada@example.org>", "before the @"),
        ("ada..l@example.org", "before the @"),
        ("a@b@example.org", "before the @"),
        ("ada@exa_mple.org", "no mail domain"),
        ("ada@192.0.2.1", "no mail domain"),
        ("ada@[192.0.2.256]", "brackets"),
        ("ada@☃.example", "SNOWMAN"),
        ("é" * 125 + "@example.org", "longer"),
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str, why: str):
    with pytest.raises(AddressError, match=why) as refused:
        parse_address(text)
    assert text.strip() not in str(refused.value)
