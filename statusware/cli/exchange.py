"""One request over HTTP and its answer."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["HOST", "Answer", "send"]

#: Where the demo is served: for this machine alone.
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """What came back; the names of header fields are in lower case."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


def send(
    port: int, request: str, headers: Mapping[str, str], body: bytes | None, *, timeout: float = 30
) -> Answer:
    """Sends `request` ("GET /path") to the loopback interface, on a connection of its own.

    `timeout` is in seconds. Raises OSError or http.client.HTTPException where no answer comes.
    """
    method, target = request.split(" ", 1)
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request(method, target, body, dict(headers))
        response = connection.getresponse()
        fields: dict[str, str] = {}
        for name, value in response.getheaders():
            known = fields.get(name.lower())
            # Equal fields are one list (RFC 9110 section 5.3).
            fields[name.lower()] = value if known is None else f"{known}, {value}"
        return Answer(response.status, response.reason, fields, response.read())
    finally:
        connection.close()
