"""Host names become ASCII by IDNA 2008, or are refused by what is wrong with them."""

import pytest

from shared.foundation.hosts import HostError, encode_host, find_invisible


@pytest.mark.parametrize(
    ("host", "encoded"),
    [
        ("faß.de", "xn--fa-hia.de"),  # IDNA 2003 has fass.de, which is somebody else's
        ("Straße.example", "xn--strae-oqa.example"),
        ("σίγμας.gr", "xn--kxaef0b5ab.gr"),
        ("نامه\u200cای.com", "xn--mgba3gch31f060k.com"),  # a joiner that belongs to the name
        ("BÜCHER.Example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("Ｅｘａｍｐｌｅ。ｏｒｇ", "example.org"),
        ("example.org.", "example.org"),
        ("localhost", "localhost"),
        ("mail_relay-1", "mail_relay-1"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8::0:1", "2001:db8::1"),
    ],
)
def test_a_host_name_is_encoded_as_dns_has_it(host: str, encoded: str):
    assert encode_host(host) == encoded
    assert encode_host(encoded) == encoded


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("", "is empty"),
        ("exa\u200bmple.org", r"U\+200B \(ZERO WIDTH SPACE\), which cannot be seen"),
        ("exam\u00adple.org", r"U\+00AD \(SOFT HYPHEN\)"),
        ("\ufeffexample.org", r"U\+FEFF \(ZERO WIDTH NO-BREAK SPACE\)"),
        ("exa\u3164mple.org", r"U\+3164 \(HANGUL FILLER\)"),
        ("a\u200cb.com", r"U\+200C \(ZERO WIDTH NON-JOINER\), which no host name may hold"),
        ("example.org\r\nX: y", r"U\+000D \(a control character\)"),
        ("☃.example", r"U\+2603 \(SNOWMAN\)"),
        ("\u2100.example", r"U\+002F \(SOLIDUS\)"),
        ("one..two", "empty part"),
        (".", "empty part"),
        ("-a.example", "hyphen"),
        ("a" * 64 + ".example", "63"),
        ("é" * 63 + ".example", "63"),
        ("a." * 130 + "example", "253"),
        ("אa.example", "from left to right"),
    ],
)
def test_what_is_no_host_name_is_refused_by_what_is_wrong(host: str, why: str):
    with pytest.raises(HostError, match=why):
        encode_host(host)


def test_visible_text_has_no_invisible_character():
    assert find_invisible("Łódź-O'Neil&Søn") is None
    assert find_invisible("a b") == " "
    assert find_invisible("a\U000e0100") == "\U000e0100"
