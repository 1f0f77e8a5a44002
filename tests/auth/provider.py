"""A fake identity provider on a loopback socket, which can be ill in many ways."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Provider:
    """Answers each connection with what `mode` says, and counts them."""

    def __init__(self) -> None:
        self.body = b'{"keys": []}'
        self.mode = "good"
        self.asked = 0
        self.requests: list[bytes] = []
        self.tls: ssl.SSLContext | None = None
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/keys?a=b"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self.asked += 1
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self.requests.append(connection.recv(65536))
            getattr(self, self.mode)(connection)

    def _send(self, connection: socket.socket, head: bytes, body: bytes) -> None:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def good(self, connection: socket.socket) -> None:
        self._send(connection, OK, self.body)

    def chunked(self, connection: socket.socket) -> None:
        size = b"%x\r\n" % len(self.body)
        head = OK + b"Transfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + size + self.body + b"\r\n0\r\n\r\n")

    def late(self, connection: socket.socket) -> None:
        time.sleep(0.15)
        self.good(connection)

    def slow(self, connection: socket.socket) -> None:
        time.sleep(3)

    def drip(self, connection: socket.socket) -> None:
        connection.sendall(OK + b"Content-Length: 1000\r\n\r\n")
        for _ in range(300):
            connection.sendall(b" ")
            time.sleep(0.02)

    def drip_head(self, connection: socket.socket) -> None:
        connection.sendall(OK)
        for _ in range(300):
            connection.sendall(b"x")
            time.sleep(0.02)

    def hang_up(self, connection: socket.socket) -> None:
        pass

    def redirect(self, connection: socket.socket) -> None:
        head = b"HTTP/1.1 302 Found\r\nLocation: /other\r\n"
        self._send(connection, head, self.body)

    def error(self, connection: socket.socket) -> None:
        self._send(connection, b"HTTP/1.1 500 No\r\n", self.body)

    def not_modified(self, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 304 Not Modified\r\n\r\n")

    def created(self, connection: socket.socket) -> None:
        self._send(connection, b"HTTP/1.1 201 Created\r\n", self.body)

    def garbage(self, connection: socket.socket) -> None:
        connection.sendall(b"\x00\xff garbage\r\n\r\n" * 100)

    def garbage_body(self, connection: socket.socket) -> None:
        self._send(connection, OK, b"<html>login</html>")

    def many_headers(self, connection: socket.socket) -> None:
        self._send(connection, OK + b"X: y\r\n" * 1000, self.body)

    def short(self, connection: socket.socket) -> None:
        connection.sendall(OK + b"Content-Length: 9999\r\n\r\n" + self.body)

    def compressed(self, connection: socket.socket) -> None:
        self._send(connection, OK + b"Content-Encoding: gzip\r\n", self.body)

    def huge(self, connection: socket.socket) -> None:
        connection.sendall(OK + b"Content-Length: 104857600\r\n\r\n")
        for _ in range(100):
            connection.sendall(b" " * 1_048_576)

    def endless(self, connection: socket.socket) -> None:
        connection.sendall(OK + b"\r\n" + self.body)
        for _ in range(100):
            connection.sendall(b" " * 1_048_576)

    def huge_number(self, connection: socket.socket) -> None:
        self._send(connection, OK, b'{"keys": ' + b"1" * 100_000 + b"}")

    def deep(self, connection: socket.socket) -> None:
        self._send(connection, OK, b"[" * 400_000)


ILL = [
    "slow", "drip", "drip_head", "hang_up", "redirect", "error", "not_modified", "created",
    "garbage", "garbage_body", "many_headers", "short", "compressed", "huge", "endless",
    "huge_number", "deep",
]  # fmt: skip


@contextlib.contextmanager
def running() -> Iterator[Provider]:
    provider = Provider()
    try:
        yield provider
    finally:
        provider.close()
