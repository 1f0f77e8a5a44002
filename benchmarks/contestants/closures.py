"""For comparison: the same engines in four functions around the bare app, and no contract.

The least that checks made outside of the app can cost in Python. What it leaves out: a strict
reading of paths and of JSON, limits, request ids, an envelope for what the app raises, its
first byte, `close()`, challenges, Allow, HEAD and OPTIONS, logs, and all that a policy can say.
"""

import hashlib
import hmac
import io
import json
import time
from base64 import urlsafe_b64decode

import job

from contestants import bare_flask

VENV = "fast"

bare = bare_flask.build


def build():
    """The bare app inside; its view takes the parsed body over."""
    app = bare(lambda request: request.environ["closures.json"])
    for layer in (_body, _access, _authentication, _errors):
        app = layer(app)
    return app


def _problem(start_response, status, *headers):
    data = json.dumps({"type": "about:blank", "title": status[4:], "status": int(status[:3])})
    length = ("Content-Length", str(len(data)))
    start_response(status, [("Content-Type", "application/problem+json"), length, *headers])
    return (data.encode(),)


def _errors(app):
    def layer(environ, start_response):
        failed = []

        def start(status, headers, exc_info=None):
            if status[0] in "45" and "json" not in dict(headers).get("Content-Type", ""):
                failed.append(status)
                return failed.append
            return start_response(status, headers)

        result = app(environ, start)
        return _problem(start_response, failed[0]) if failed else result

    return layer


def _authentication(app):
    known = {}

    def layer(environ, start_response):
        if environ["PATH_INFO"] in ("/recipes", "/me"):
            header = environ.get("HTTP_AUTHORIZATION", "")
            claims = known.get(header)
            if claims is None or claims["exp"] <= time.time():
                claims = known[header] = _verified(header.removeprefix("Bearer "))
            if claims is None:
                return _problem(start_response, "401 Unauthorized", ("WWW-Authenticate", "Bearer"))
            environ["closures.claims"] = claims
        return app(environ, start_response)

    return layer


def _verified(token):
    signed, _, signature = token.rpartition(".")
    wanted = hmac.digest(job.SECRET.encode(), signed.encode(), hashlib.sha256)
    if not hmac.compare_digest(wanted, urlsafe_b64decode(signature + "==")):
        return None
    claims = json.loads(urlsafe_b64decode(signed.partition(".")[2] + "=="))
    good = claims["exp"] > time.time() and claims["aud"] == job.AUDIENCE
    return claims if good and claims["iss"] == job.ISSUER else None


def _access(app):
    def layer(environ, start_response):
        if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] == "/recipes":
            claims = environ["closures.claims"]
            if job.ROLE not in claims["roles"] or job.SCOPE not in claims["scope"].split():
                return _problem(start_response, "403 Forbidden")
        return app(environ, start_response)

    return layer


def _body(app):
    import jsonschema_rs
    import orjson

    is_valid, loads = jsonschema_rs.validator_for(job.SCHEMA).is_valid, orjson.loads

    def layer(environ, start_response):
        if environ["REQUEST_METHOD"] == "POST":
            data = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            try:
                value = loads(data)
            except ValueError:
                return _problem(start_response, "400 Bad Request")
            if not is_valid(value):
                return _problem(start_response, "400 Bad Request")
            environ["wsgi.input"] = io.BytesIO(data)
            environ["closures.json"] = value
        return app(environ, start_response)

    return layer
