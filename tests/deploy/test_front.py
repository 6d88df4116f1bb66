"""The pages for people behind the edge: signing in by a real email, and what they may reach."""

import html
import re
import uuid

import httpx

from tests.deploy.deployment import Deployment
from tests.mail_servers import Mailbox
from tests.servers import await_that

COOKIE = "__Host-hedgerow"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """As one that comes by https through a TLS proxy on this machine: it keeps the one cookie."""

    def __init__(self, deployment: Deployment) -> None:
        self.cookie = ""
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{deployment.front_port}",
            headers={
                "Host": "hedgerow.example",
                "X-Forwarded-For": f"198.51.100.{uuid.uuid4().int % 250 + 1}",
                "X-Forwarded-Proto": "https",
            },
            timeout=30,
            trust_env=False,
        )

    def get(self, path: str) -> httpx.Response:
        return self._kept(self._client.get(path, headers=self._header))

    def send(self, path: str, page: httpx.Response, **fields: str) -> httpx.Response:
        """The form that a page showed."""
        found = TOKEN.search(page.text)
        assert found is not None, page.text
        data = {"csrf_token": html.unescape(found[1]), **fields}
        return self._kept(self._client.post(path, data=data, headers=self._header))

    @property
    def _header(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        for set_cookie in answer.headers.get_list("Set-Cookie"):
            name, _, rest = set_cookie.partition("=")
            assert name == COOKIE
            assert "Secure; HttpOnly; Path=/; SameSite=Lax" in rest
            self.cookie = rest.partition(";")[0]
        self._client.cookies.clear()
        return answer


def test_the_front_answers_at_the_edge_with_its_headers_and_as_pages(
    deployment: Deployment,
) -> None:
    browser = Browser(deployment)
    for path in ("/health/live", "/health/ready", "/"):
        answer = browser.get(path)
        assert answer.status_code == 200
        for name in ("X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy"):
            assert len(answer.headers.get_list(name)) == 1
        assert answer.headers["Server"] == "nginx"
    assert browser.get("/metrics").status_code == 404
    plain = httpx.get(f"http://127.0.0.1:{deployment.front_port}/metrics")
    assert "hedgerow_requests_total" in plain.text
    long = browser.get(f"/{'a' * 5_000}")
    assert (long.status_code, long.headers["Content-Type"]) == (414, "text/html; charset=utf-8")


def test_somebody_signs_in_by_the_link_of_a_real_email_and_out_again(
    deployment: Deployment, mailbox: Mailbox
) -> None:
    address, browser = f"{uuid.uuid4().hex[:8]}@example.org", Browser(deployment)
    sent = browser.send("/sign-in", browser.get("/sign-in"), email=address)
    assert sent.headers["Location"].startswith("/sign-in/code/sin_")
    await_that(lambda: mailbox.to(address), 30)
    text = mailbox.to(address)[0].get_body(("plain",)).get_content()
    (signed,) = re.findall(r"https://hedgerow\.example(/sign-in/\S+)", text)
    page = browser.get(signed)
    assert page.text.count("<button") == 1
    asked = browser.send(signed, page)
    assert "What is your name?" in asked.text
    done = browser.send(signed, asked, name="Amara Okafor")
    assert done.headers["Location"] == "/account"
    account = browser.get("/account")
    assert address in account.text
    assert "Amara Okafor" in account.text
    stolen = browser.cookie
    assert browser.send("/sign-out", account).status_code == 303
    browser.cookie = stolen
    assert browser.get("/account").headers["Location"] == "/sign-in?next=/account"
    logged = deployment.compose("logs", "edge", "web", "registry-web", "notifications-worker")
    for secret in (signed.rpartition("/")[2], address, stolen):
        assert secret not in logged.stdout


def test_the_front_has_no_secret_and_no_way_to_databases_or_outside(
    deployment: Deployment,
) -> None:
    label = "com.docker.compose.service"
    (front,) = (c for c in deployment.containers() if c["Config"]["Labels"][label] == "web")
    assert front["Mounts"] == []
    told = {e.partition("=")[0] for e in front["Config"]["Env"] if e.startswith("HEDGEROW_")}
    assert not {name for name in told if re.search("TOKEN|SECRET|DATABASE|KAFKA|SMTP", name)}
    networks = {
        n.removeprefix(f"{deployment.project}_") for n in front["NetworkSettings"]["Networks"]
    }
    assert networks == {"front"}
