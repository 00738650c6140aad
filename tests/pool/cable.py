"""Cable between a program and a server, which may be cut, or carry nothing for a while."""

import socket
from contextlib import suppress
from threading import Event, Lock, Thread

_PIECE = 65_536


class Cable:
    """TCP port that leads to another one of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._carries = Event()
        self._carries.set()
        self._lock = Lock()
        self._left: int | None = None
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.cuts = 0
        Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self._listener.getsockname()[1]}"

    def freeze(self) -> None:
        """Carry nothing in either direction; connections stay open, as nobody tells them."""
        self._carries.clear()

    def heal(self) -> None:
        """Carry again, first what waited."""
        self._carries.set()

    def cut_after(self, count: int) -> None:
        """Cut each connection that there is once so many bytes more went either way."""
        with self._lock:
            self._left = count

    def close(self) -> None:
        self._listener.close()
        self.heal()
        self._cut()

    def _accept(self) -> None:
        with suppress(OSError):  # it was closed
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._port))
                except OSError:  # the server is away
                    near.close()
                    continue
                self._pairs.append((near, far))
                for a, b in ((near, far), (far, near)):
                    Thread(target=self._carry, args=(a, b), daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket) -> None:
        with suppress(OSError):
            while data := here.recv(_PIECE):
                self._carries.wait()
                if self._is_cut_by(len(data)):
                    self._cut()
                    return
                there.sendall(data)
        for each in (here, there):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _is_cut_by(self, count: int) -> bool:
        with self._lock:
            if self._left is None:
                return False
            self._left -= count
            if self._left > 0:
                return False
            self._left = None
            self.cuts += 1
            return True

    def _cut(self) -> None:
        pairs, self._pairs = self._pairs, []
        for each in (each for pair in pairs for each in pair):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
