"""What these tests share: small documents, policies of them, and requests."""

import hashlib
import json
import time

import jwt

from statusware import Policy, wrap
from tests.layers.tools import ask

SECRET = "0123456789abcdef0123456789abcdef"

#: The key is "k".
KEYS = [{"subject": "bot", "sha256": hashlib.sha256(b"k").hexdigest()}]

#: A scheme for each of the usual security schemes.
AUTH = {"bearer": {"secret": SECRET}, "api_key": {"keys": KEYS}}

SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "oauth": {
        "type": "oauth2",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "https://id.example.com/token",
                "scopes": {"pets:write": "write", "pets:read": "read"},
            }
        },
    },
    "openid": {"type": "openIdConnect", "openIdConnectUrl": "https://id.example.com/x"},
    "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "password": {"type": "http", "scheme": "Basic"},
}

OK = {"responses": {"200": {"description": "fine"}}}


def document(paths, *, version="3.1.0", security=(), **more):
    """A document; `paths` maps "GET /pets" to operations, or "/pets" to a path item."""
    items = {}
    for match, told in paths.items():
        method, _, path = match.rpartition(" ")
        if method:
            items.setdefault(path, {})[method.lower()] = OK | told
        else:
            items[path] = told | items.get(path, {}) if isinstance(told, dict) else told
    made = {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": items}
    if security is not None:
        made["security"] = list(security)
    return {**made, "components": {"securitySchemes": SCHEMES} | more.pop("components", {}), **more}


def body(schema, media="application/json", **more):
    """A request body of one media type."""
    return {"requestBody": {"content": {media: {"schema": schema}}, **more}}


def token(*scopes, user="ann", roles=()):
    claims = {"sub": user, "exp": int(time.time()) + 86_400}
    return jwt.encode(claims | {"scope": " ".join(scopes), "roles": list(roles)}, SECRET, "HS256")


def bearer(*scopes, **more):
    """A header with a token."""
    return {"authorization": f"Bearer {token(*scopes, **more)}"}


def app(environ, start_response):
    """Says which route has been found, or echoes the body."""
    sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    match = environ["statusware.route"]
    answer = {
        "route": match.name,
        "variables": dict(match.variables),
        "body": sent.decode("latin-1"),
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


def schema_of(route):
    """The schema that JSON is held against."""
    return getattr(route.body, "rules", {"application/json": route.body})["application/json"].schema


def policy(found, auth=None, **tables):
    """A policy of a document with the usual schemes."""
    if auth != {}:
        tables["auth"] = AUTH if auth is None else auth
    return Policy.from_openapi(found, **tables)


def requester(found, **tables):
    """A function of a request that gives the response behind the policy of a document."""
    wrapped = wrap(app, policy(found, **tables))

    def request(line, **headers):
        method, _, path = line.partition(" ")
        return ask(wrapped, path, method, **headers)

    return request
