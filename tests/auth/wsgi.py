"""Calling layers as a server does, with `wsgiref.validate` on both sides."""

from __future__ import annotations

import io
import json
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator


class Answer:
    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = int(status[:3]), headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        return self.json.get("code") if self.status >= 400 and self.body else None

    def all(self, name: str) -> list[str]:
        return [value for field, value in self.headers if field.lower() == name.lower()]


def environ(method: str = "GET", path: str = "/", **more: str) -> dict[str, Any]:
    result: dict[str, Any] = {"wsgi.input": io.BytesIO()}
    setup_testing_defaults(result)
    result |= {"REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": ""}
    return result | more


def call(app: Any, method: str = "GET", path: str = "/", **more: str) -> Answer:
    said: list[Any] = []
    result = validator(app)(
        environ(method, path, **more),
        lambda status, headers, exc=None: said.extend((status, headers)),
    )
    try:
        body = b"".join(result)
    finally:
        result.close()
    return Answer(said[0], said[1], body)


def whoami(environ: Any, start_response: Any) -> list[bytes]:
    """An app that says what it knows of its user."""
    identity = environ.get("statusware.identity")
    told = {
        "user": identity.user if identity else None,
        "scheme": identity.scheme if identity else None,
        "remote_user": environ.get("REMOTE_USER"),
        "headers": sorted(
            key for key in environ if "USER" in key.upper() and key.startswith("HTTP")
        ),
        "route": getattr(environ.get("statusware.route"), "pattern", None),
    }
    body = json.dumps(told).encode()
    start_response(
        "200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    )
    return [body]


app = validator(whoami)
