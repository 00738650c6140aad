"""The connection to the MQTT broker, and those who use it."""

import socket
from collections.abc import Callable, Iterable, Mapping

from bot.config import Settings
from bot.config.sections.sources import MqttSourceSettings
from bot.mqtt.connection import Connection
from bot.mqtt.discovery import AnnouncedChannel, announcements
from bot.mqtt.incoming import Incoming
from bot.mqtt.payloads import level
from bot.observers.mqtt import MqttObserver
from bot.runtime.concurrency.tasks import Work
from bot.runtime.files.credentials import read_secret
from bot.state import DaemonState, MqttState


class Mqtt:
    """The connection of a daemon, its observer, and what comes from it for the sources."""

    def __init__(self, settings: Settings, state: Callable[[], DaemonState]) -> None:
        """Prepare; nothing is connected before the work of `work` runs.

        Raises:
            StartError: the password or a certificate cannot be read.
        """
        mqtt = settings.mqtt
        client_id = mqtt.client_id or f"ishowtts-{level(socket.gethostname()).replace('.', '_')}"
        self.connection = connect(settings, client_id)
        self.incoming = Incoming(self.connection)
        self.observer = MqttObserver(self.connection.outbox, self.connection.topics, state)
        if mqtt.discovery is not None:
            for post in announcements(
                mqtt.discovery,
                client_id=client_id,
                topics=self.connection.topics,
                channels=list(_announced(settings)),
            ):
                self.connection.outbox.keep(post.topic, post.payload)

    @property
    def work(self) -> Mapping[str, Work]:
        """Work that runs as long as the daemon, by task name."""
        return {"mqtt": self.connection.run, "mqtt state": self.observer.run}

    def state(self) -> MqttState:
        """Return what the connection is doing now."""
        return MqttState(
            is_connected=self.connection.loop.is_connected,
            state=self.connection.loop.state,
            reconnects=self.connection.loop.reconnects,
            waiting=len(self.connection.outbox),
            lost=self.connection.outbox.lost,
            refused=self.incoming.refused,
        )


def connect(settings: Settings, client_id: str) -> Connection:
    """Return the connection that `settings` describe, with the password, wherever it is kept.

    Raises:
        StartError: the password or a certificate cannot be read.
    """
    mqtt = settings.mqtt
    password = read_secret(
        "mqtt-password",
        configured=mqtt.password.get_secret_value() if mqtt.password else None,
        file=mqtt.password_file,
    )
    return Connection(mqtt, client_id=client_id, password=password)


def _announced(settings: Settings) -> Iterable[AnnouncedChannel]:
    for channel in settings.channels:
        sources = [s for s in channel.sources if isinstance(s, MqttSourceSettings)]
        yield AnnouncedChannel(channel.name, any(source.commands for source in sources))
