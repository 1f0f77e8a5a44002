"""What the tests of the layers share: an app from its parts, a request, a look at the answer."""

import json
from wsgiref.validate import validator

from werkzeug.test import Client

MEMBERS = {"type", "title", "status", "detail", "code", "request_id"}


def responding(status="200 OK", headers=(("Content-Type", "text/plain"),), body=(b"fine",)):
    """An app that always answers so."""

    def app(environ, start_response):
        start_response(status, list(headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else list(body)

    return app


def raising(error):
    """An app that raises."""

    def app(environ, start_response):
        raise error

    return app


def ask(app, path="/", method="GET", **headers):
    """One request through wsgiref's validator; headers as keywords, `accept="text/html"`."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(validator(app)).open(path, method=method, headers=fields, buffered=True)


def ask_quietly(app, path="/", method="GET", **headers):
    """The same without the validator, for apps that break the rules themselves."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(app).open(path, method=method, headers=fields)


def problem(response):
    """The members of a response that is a complete envelope (else the test fails)."""
    assert response.headers["Content-Type"] == "application/problem+json"
    members = json.loads(response.get_data())
    assert set(members) >= MEMBERS
    assert members["status"] == response.status_code
    assert members["request_id"] == response.headers["X-Request-ID"]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    if response.status_code == 401:
        assert "WWW-Authenticate" in response.headers
    if response.status_code == 405:
        assert "Allow" in response.headers
    return members


def shape(response):
    """Status and code of a complete envelope."""
    return response.status_code, problem(response)["code"]
