"""Where a webhook may go, and how its address is written on the wire."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.targets import Refused, check_address, check_url
from services.notifications.webhooks import transport
from services.notifications.webhooks.address import encode_address
from tests.notifications import Notifications, open_notifications
from tests.receivers import Receiver, receiving


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Notifications]:
    url = f"sqlite:///{tmp_path}/post.db"
    with open_notifications(url, tmp_path, WEBHOOKS_ALLOW_LOOPBACK="1") as found:
        yield found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as found:
        yield found


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254"),
        *("0.0.0.1", "224.0.0.1", "255.255.255.255", "100.64.0.1", "fe80::1", "fc00::1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "ff02::1"),
        *("2001:0:4136:e378::1", "::7f00:1", "fec0::1", "192.88.99.1", "::"),
        *("::ffff:0:7f00:1", "::ffff:0:a00:1", "5f00::1", "5f00:ffff::1", "192.0.0.8", "192.0.0.1"),
        *("192.0.0.10", "100::1", "100:0:0:1::1", "64:ff9b:1::a00:1", "3fff::1", "2001:db8::1"),
        *("4000::1", "e000::1", "2001:20::1", "2001:1::3", "2001:10::1", "192.31.196.1"),
        *("2606:2800::5efe:7f00:1", "2606:2800::200:5efe:a00:1", "198.18.0.1", "240.0.0.1"),
    ],
)
def test_addresses_that_are_not_public_are_refused(address: str):
    with pytest.raises(Refused):
        check_address(address, plain=False, allow_loopback=False)


@pytest.mark.parametrize(
    "address",
    [
        *("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "192.0.1.1", "8.8.8.8"),
        *("2001:4860:4860::8888", "2a00:1450:4009:80b::200e", "::ffff:8.8.8.8"),
    ],
)
def test_public_addresses_are_not(address: str):
    check_address(address, plain=False, allow_loopback=False)


@pytest.mark.parametrize("port", [22, 25, 110, 143, 389, 465, 587, 636, 993, 995, 2525, 3389, 5900])
@pytest.mark.parametrize("allow_loopback", [True, False])
def test_no_mail_or_login_service_is_written_to(port: int, allow_loopback: bool):
    with pytest.raises(Refused, match=f"port {port}"):
        check_url(f"https://hooks.example:{port}/a", allow_loopback=allow_loopback)


@pytest.mark.parametrize("port", [80, 443, 3000, 8000, 8080, 8443, 9000, 65535])
def test_a_web_servers_port_is(port: int):
    assert check_url(f"https://hooks.example:{port}/a", allow_loopback=False)[1] == port


@pytest.mark.parametrize(
    ("given", "encoded"),
    [
        ("https://hooks.example", "https://hooks.example/"),
        ("https://hooks.example/café", "https://hooks.example/caf%C3%A9"),
        ("HTTPS://Hooks.Example/A?b=ü&c=%2F", "https://hooks.example/A?b=%C3%BC&c=%2F"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://faß.de:8443/x", "https://xn--fa-hia.de:8443/x"),
        ("https://ＨＯＯＫＳ.example/x", "https://hooks.example/x"),
        ("https://hooks.example/100%/%zz/%41", "https://hooks.example/100%25/%25zz/%41"),
        ("https://hooks.example/a[1]|{b}\\c", "https://hooks.example/a%5B1%5D%7C%7Bb%7D%5Cc"),
        ("https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("https://hooks.example?x=😀", "https://hooks.example/?x=%F0%9F%98%80"),
    ],
)
def test_an_address_is_written_in_ascii(given: str, encoded: str):
    assert encode_address(given) == encoded
    assert encode_address(encoded) == encoded


@pytest.mark.parametrize(
    "url",
    [
        *("https://", "https:///x", "https://u:p@hooks.example", "https://hooks.example/#x"),
        *("https://hooks.example:99999", "https://hooks\u200b.example/", "https://a_b..example/"),
        *("https://hooks example/", "https://good.example\\@127.0.0.1/", "https://-a.example/"),
        *("https://[fe80::1%25eth0]/", "https://%31%32%37.0.0.1/", "https://hooks.example:/"),
        *("https://[::1", "https://hooks.example/" + "é" * 400),
    ],
)
def test_what_cannot_be_written_so_is_refused(url: str):
    with pytest.raises(Refused):
        encode_address(url)


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_a_path_and_a_query_hold_an_address_is_for_the_wire(path: str, query: str):
    try:
        encoded = encode_address(f"https://hooks.example/{path}?{query}")
    except Refused:
        return
    assert encoded.isascii()
    assert encoded.isprintable()
    assert " " not in encoded
    assert httpcore.URL(encoded).host == b"hooks.example"


@pytest.mark.parametrize("path", ["/café", "/%C3%A9/ü?q=é", "/😀"])
def test_an_address_with_other_letters_is_kept_encoded_and_delivered_to(
    post: Notifications, receiver: Receiver, path: str
):
    root = receiver.url.removesuffix("/hook")
    made = post.operator.post("/webhooks", {"url": root + path, "types": ["*"]}).json
    assert made["url"] == encode_address(root + path)
    assert made["url"].isascii()
    assert post.operator.post(f"/webhooks/{made['id']}/test").json["outcome"] == "delivered"
    changed = post.operator.changed(f"/webhooks/{made['id']}", url=f"{root}/naïve")
    assert changed["url"] == f"{root}/na%C3%AFve"
    assert post.operator.post(f"/webhooks/{made['id']}/test").json["outcome"] == "delivered"
    assert receiver.paths == [made["url"].removeprefix(root), "/na%C3%AFve"]


def test_an_address_that_an_earlier_release_took_as_it_was_is_delivered_to(
    post: Notifications, receiver: Receiver
):
    made = post.operator.post("/webhooks", {"url": receiver.url, "types": ["*"]}).json
    with post.service.database.write() as connection:
        old = receiver.url.replace("/hook", "/café")
        connection.exec_driver_sql(f"UPDATE webhooks SET url = '{old}'")
    assert post.operator.post(f"/webhooks/{made['id']}/test").json["outcome"] == "delivered"
    assert receiver.paths == ["/caf%C3%A9"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:25/", "https://a\u200b.example/", "https://x..y/"]
)
def test_such_an_address_is_refused_by_the_field(post: Notifications, url: str):
    answer = post.operator.post("/webhooks", {"url": url, "types": ["*"]})
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["url"]
    assert post.operator.get("/webhooks").json["items"] == []


def test_loopback_only_where_a_setting_allows_it_and_http_only_there():
    check_address("127.0.0.1", plain=True, allow_loopback=True)
    for address in ("93.184.215.14", "10.0.0.1"):
        with pytest.raises(Refused):
            check_address(address, plain=True, allow_loopback=True)


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example/a", "ftp://hooks.example", "https://", "https://u:p@hooks.example"),
        *("https://hooks.example:99999", "https://hooks.example/#x", "https://u@hooks.example"),
    ],
)
def test_an_address_of_another_form_is_refused(url: str):
    with pytest.raises(Refused):
        check_url(url, allow_loopback=False)


@pytest.mark.parametrize(
    ("url", "field"),
    [("https://127.0.0.1/a", "url"), ("https://10.0.0.8/a", "url"), ("http://x.example", "url")],
)
def test_a_bad_address_is_refused_when_it_is_given(
    notifications: Notifications, url: str, field: str
):
    answer = notifications.operator.post("/webhooks", {"url": url, "types": ["*"]})
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_a_name_that_leads_elsewhere_by_then_is_refused_at_the_attempt(
    notifications: Notifications, monkeypatch: pytest.MonkeyPatch
):
    """DNS rebinding: public when it was given, ours when it is used."""
    leads_to = ["93.184.215.14"]

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (leads_to[0], port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    body = {"url": "https://hooks.example/a", "types": ["*"]}
    made = notifications.operator.post("/webhooks", body).json
    leads_to[0] = "169.254.169.254"
    found = notifications.operator.post(f"/webhooks/{made['id']}/test").json
    assert found["status"] is None
    assert "169.254.169.254, which is no public address" in found["answer"]


def test_the_connection_goes_to_the_very_address_that_was_checked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    """The second look-up, which a library would do by itself, would lead elsewhere."""
    port = int(receiver.url.split(":")[2].split("/")[0])
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    monkeypatch.setattr(transport, "resolve", resolve)
    url = f"http://hooks.example:{port}/a"
    attempt = transport.post(url, {"webhook-id": "x"}, b"{}", allow_loopback=True)
    assert attempt.outcome == "delivered"
    assert asked == ["hooks.example"]
    assert receiver.got[0][0]["host"] == f"hooks.example:{port}"


def test_a_redirect_is_not_followed(post: Notifications, receiver: Receiver):
    with receiving(Receiver()) as elsewhere:
        receiver.answer, receiver.location = (lambda n: 302), elsewhere.url
        made = post.operator.post("/webhooks", {"url": receiver.url, "types": ["*"]}).json
        found = post.operator.post(f"/webhooks/{made['id']}/test").json
        assert (found["status"], found["outcome"]) == (302, "failed")
        assert elsewhere.got == []
