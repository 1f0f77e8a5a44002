"""An app that says what it was asked, behind a policy with every scheme of its own."""

import hashlib
import json

from statusware import wrap
from tests.auth.forge import SECRET

KEY = "sw_a-key-that-is-long-enough-for-a-test"
PASSWORD = "correct horse"

#: bcrypt of PASSWORD, of the least cost that is allowed.
HASH = "$2b$04$IgzuLEgMo4LCEGfLZ16JiOvoBAiTu6SZoKUJHeX3.QLXUi1iCSMQG"

ITEM = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "maxLength": 40},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
POLICY = {
    "body": {"max_bytes": "64KiB"},
    "auth": {
        "bearer": {"secret": SECRET},
        "basic": {"users": f"ann:{HASH}\n"},
        "api_key": {
            "keys": [{"subject": "robot", "sha256": hashlib.sha256(KEY.encode()).hexdigest()}]
        },
    },
    "routes": [
        {"match": "GET /open", "allow": "everyone"},
        {"match": "POST /raw", "allow": "everyone"},
        {"match": "POST /upload", "allow": "everyone", "max_bytes": "64KiB"},
        {"match": "GET,PUT /items/{id:int}"},
        {"match": "DELETE /items/{id:int}", "allow": "role:admin"},
        {"match": "POST /items", "allow": "role:editor", "body": ITEM},
        {"match": "GET,POST /admin", "allow": "role:admin"},
        {"match": "GET,POST /hidden", "allow": "role:admin", "hide": True},
        {"match": "GET /users/{name}", "allow": "user:{name}"},
    ],
}


def echo(environ, start_response):
    """What arrived, as JSON: method, path, who it is from, and the body."""
    source = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    body = source.read(int(length)) if length else b""
    if not length and environ.get("wsgi.input_terminated"):
        body = source.read()
    told = {
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"],
        "user": environ.get("REMOTE_USER"),
        "body": len(body),
        # What a proxy in front would have set, and nobody trusts here.
        "forged": sorted(key for key in environ if key.startswith("HTTP_X_FORWARDED_USER")),
    }
    data = json.dumps(told).encode()
    start_response(
        "200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
    )
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [data]


app = wrap(echo, POLICY)
