"""kill -9 of the sender at random moments over a thousand messages: none lost, few doubled."""

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.mail_servers import Mailbox, mail_server
from tests.notifications import Notifications, open_notifications, person

MESSAGES, SEED = 1000, 1


def queued(post: Notifications) -> None:
    """One message for each of a thousand members."""
    post.community()
    kind = "registry.membership.started"
    roles = [
        post.event(kind, role_id=f"r{n}", person=person(n), role="member", begins="2025-01-01")
        for n in range(MESSAGES)
    ]
    post.hear(*roles)
    post.forget_reactions()
    now = post.service.clock.now()
    post.hear(post.event("registry.community.state-changed", at=now, state="dormant"))
    post.react(now)


@pytest.mark.timeout(180)
def test_no_message_is_lost_and_those_doubled_are_known_to_be(tmp_path: Path):
    chance, mailbox = random.Random(SEED), Mailbox(ids_only=True)
    file = tmp_path / "post.db"
    kills = 0
    with (
        open_notifications(f"sqlite:///{file}", tmp_path) as post,
        mail_server(mailbox) as server,
    ):
        queued(post)
        command = [sys.executable, "-m", "tests.fault.sender_process", str(file), server.url]
        deadline = time.monotonic() + 150
        while _waiting(post) and time.monotonic() < deadline:
            with subprocess.Popen(command, stdout=subprocess.PIPE) as sender:
                assert sender.stdout is not None
                sender.stdout.readline()
                before = len(mailbox.arrived)
                wanted = before + chance.randint(20, 120)
                while len(mailbox.arrived) < wanted and _waiting(post):
                    time.sleep(chance.uniform(0, 0.004))
                sender.kill()
                kills += 1
        assert _waiting(post) == 0
        arrived = Counter(mailbox.arrived)
        doubled = {letter.split("@")[0] for letter, times in arrived.items() if times > 1}
        uncertain = {row[0] for row in post.rows("SELECT id FROM letters WHERE uncertain > 0")}
        assert len(arrived) == MESSAGES  # none lost
        assert doubled <= uncertain  # whoever got two is known
        assert max(arrived.values()) <= 1 + kills
        assert len(uncertain) <= kills
        sent = post.rows(
            "SELECT status, count(*), sum(uncertain) FROM deliveries_1 GROUP BY status"
        )
        assert sent == [("sent", MESSAGES, len(uncertain))]
    print(f"{kills} kills, {len(doubled)} doubled, {len(uncertain)} uncertain of {MESSAGES}")


def _waiting(post: Notifications) -> int:
    (row,) = post.rows("SELECT count(*) FROM deliveries_1 WHERE status = 'queued'")
    return int(row[0])
