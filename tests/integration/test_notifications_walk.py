"""The whole way of a message, over SQLite and over PostgreSQL."""

from datetime import timedelta
from pathlib import Path

from services.notifications import forming
from services.notifications.reminding import remind
from services.notifications.webhooks.queueing import Replays
from shared.projection import rebuild
from tests.mail_servers import Mailbox, mail_server
from tests.notifications import ADA, BEA, open_notifications
from tests.receivers import Receiver, receiving
from tests.unit.notifications.test_bounces import bounce, report
from tests.unit.notifications.test_sending import closed, make_due, send_all, sender_of
from tests.unit.notifications.test_webhooks import delivered


def test_a_message_from_its_event_to_its_bounce(database_url: str, tmp_path: Path):
    mailbox, receiver = Mailbox(), Receiver()
    with mail_server(mailbox) as server, receiving(receiver):
        settings = {
            "SMTP_URL": server.url,
            "WEBHOOKS_ALLOW_LOOPBACK": "1",
            "MAIL_PER_MINUTE": "100000",
        }
        with open_notifications(database_url, tmp_path, **settings) as post:
            body = {"url": receiver.url, "types": ["registry.community.closed"]}
            webhook = post.operator.post("/webhooks", body).json
            mailbox.refuse_data = lambda to: "451 later" if "bea" in to else None
            closed(post)
            sender = sender_of(post)
            send_all(sender)
            mailbox.refuse_data = lambda to: None
            make_due(post)
            send_all(sender)
            sender.close()
            assert [row[0] for row in post.ledger("status")] == ["sent", "sent"]
            assert len(mailbox.arrived) == 2

            delivered(post)
            (event,) = receiver.verified(webhook["secret"])
            assert event["type"] == "registry.community.closed"
            assert post.operator.post(f"/webhooks/{webhook['id']}/rotation").status_code == 200
            log = post.operator.get(f"/webhooks/{webhook['id']}/deliveries").json["items"]
            assert log[0]["outcome"] == "delivered"
            assert Replays(post.service).step() is False

            letter = post.rows(f"SELECT id FROM letters WHERE person = '{BEA}'")[0][0]
            assert bounce(post, report(letter)).json["blocked"] is True
            assert post.operator.get("/deliveries?status=bounced").json["items"][0]["person"] == BEA

            wanted = {"channels": {"email": "weekly"}, "zone": "Europe/Paris"}
            assert post.operator.ask("PUT", f"/people/{ADA}/preferences", json=wanted).json
            now = post.service.clock.now()
            day = (now + timedelta(days=30)).date().isoformat()
            post.session(at=now, date=day)
            post.react(now)
            noon = (now + timedelta(days=23)).replace(hour=12, minute=0)
            passed = remind(post.service, noon)
            assert (passed.told, passed.queued) == (1, 2)
            assert remind(post.service, noon) == (0, 0, 0)
            assert forming.form(post.service, now + timedelta(days=40)) > 0
            closing = {"type": "registry.community.closed", "subject": "com_falls"}
            asked = post.other_service.post("/forecasts", {"events": [closing]})
            assert asked.json["notifies"] == 2
            assert post.operator.get("/post").json["deliveries"]["sent"] == 1
            assert post.operator.get("/metrics").status_code == 200
            before = post.ledger("*")
            service = post.service
            rebuild.rebuild_own(service.database, service.store, service.own)
            assert post.ledger("*") == before
