"""A Kafka broker for tests."""

import socket

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from .control import Control, Server


class KafkaServer(Server):
    """One broker; `bootstrap` is its `host:port`."""

    def __init__(self, bootstrap: str, control: Control | None = None) -> None:
        super().__init__(control)
        self.bootstrap = bootstrap

    def __repr__(self) -> str:
        return f"Kafka at {self.bootstrap}"

    def answers(self) -> bool:
        host, port = self.bootstrap.split(",")[0].rsplit(":", 1)
        try:
            # Without a look at the port, the client would wait long for a broker that is down.
            socket.create_connection((host, int(port)), timeout=2).close()
            admin = KafkaAdminClient(bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=5000)
        except (OSError, KafkaError):
            return False
        try:
            return any(not broker["is_fenced"] for broker in admin.describe_cluster()["brokers"])
        except KafkaError:
            return False
        finally:
            admin.close()


def broker_settings(host: str, listen: str, port: int, controller_port: int) -> dict[str, str]:
    """The settings of a broker that is its own controller, on `listen` for clients at `host`."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"BROKER://{listen}:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"BROKER://{host}:{port}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "BROKER",
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        # How long a killed broker's registration bars its next start (9 s by default).
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
    }
