"""aiomqtt's client, which watches no socket that was closed meanwhile."""

import threading
from typing import Any

import aiomqtt
from paho.mqtt.client import Client as PahoClient


class Client(aiomqtt.Client):
    """Client that waits to write at once, or not at all where nothing is left to write.

    aiomqtt (2.5) notes a socket's number, and the event loop waits for it at its next turn. A
    broker that gave the daemon up while the machine slept closes it in between: the loop logs "Bad
    file descriptor" with a traceback, or watches another file that has the number now.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:  # noqa: ANN401 - aiomqtt's
        """Prepare, in the event loop; arguments are aiomqtt's."""
        super().__init__(*arguments, **settings)
        self._thread = threading.get_ident()
        self._unwritten: Any = None
        """Socket that has something to write."""

    def _on_socket_register_write(
        self,
        client: PahoClient,
        userdata: Any,  # noqa: ANN401, ARG002 - paho's
        sock: Any,  # noqa: ANN401 - a socket, with TLS or without
    ) -> None:
        def write() -> None:
            try:
                client.loop_write()
            except Exception as error:  # noqa: BLE001 - the connection is lost, whatever it is
                if not self._disconnected.done():
                    self._disconnected.set_exception(error)

        def watch() -> None:
            if self._unwritten is sock and sock.fileno() >= 0:
                self._loop.add_writer(sock.fileno(), write)

        self._unwritten = sock
        if threading.get_ident() == self._thread:
            watch()
        else:  # it connects in a thread
            self._loop.call_soon_threadsafe(watch)

    def _on_socket_unregister_write(
        self,
        client: PahoClient,
        userdata: Any,  # noqa: ANN401 - paho's
        sock: Any,  # noqa: ANN401 - a socket
    ) -> None:
        self._unwritten = None
        super()._on_socket_unregister_write(client, userdata, sock)
