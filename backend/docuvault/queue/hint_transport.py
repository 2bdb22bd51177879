"""Celery's Redis transport for messages that may be lost: a lost broker is owed nothing.

When the broker goes away, the transport still tries to put unconfirmed messages back, and later to
confirm those that were worked on meanwhile, over a channel that is closed. Both end the whole
worker, and with it the stages that it is working on. Ours are hints about rows
(docs/decisions/0005), which the sweeper sends again.
"""

from typing import Any

from kombu.transport.redis import Channel, QoS, SentinelChannel, SentinelTransport, Transport


class HintQoS(QoS):
    """Confirms and returns messages only while their channel is open."""

    def ack(self, delivery_tag: Any) -> None:
        """Confirm one message."""
        if not self.channel.closed:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        """Return one message."""
        if not self.channel.closed:
            super().reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]


class HintChannel(Channel):
    """A channel that closes without looking back."""

    QoS = HintQoS
    do_restore = False


class HintTransport(Transport):
    """The Redis transport with such channels."""

    Channel = HintChannel


class HintSentinelChannel(SentinelChannel):
    """The same for a Redis that sentinels watch."""

    QoS = HintQoS
    do_restore = False


class HintSentinelTransport(SentinelTransport):
    """The Sentinel transport with such channels."""

    Channel = HintSentinelChannel
