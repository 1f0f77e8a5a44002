"""An app behind a policy that shows its version in every layer, so that a mixture shows."""

import json
import os
import re
import time
from pathlib import Path

from statusware import wrap
from tests.auth.forge import SECRET, claims, token
from tests.proof.exchange import request
from tests.proof.traffic import Ask

__all__ = ["asks", "make", "seen", "write_policy"]

#: As many as there are reloads and restarts in one run.
MOST = 100

POLICY = """
[api]
reload = {reload}

[envelope]
types = "https://v{n}.example/"

[auth.bearer]
secret = "{secret}"
realm = "v{n}"
roles = "v{n}"

[[routes]]
name = "v{n}"
match = "{methods} /who"

[[routes]]
match = "GET /role"
allow = "role:r{n}"

[[routes]]
match = "POST /box"
allow = "everyone"
body = {{}}
max_bytes = {limit}

[[routes]]
match = "GET /admin"
allow = "role:admin"
"""


def policy_text(n, reload=True):
    """The policy of version `n`."""
    return POLICY.format(
        n=n, secret=SECRET, reload="true" if reload else "false", limit=1000 + n,
        methods="GET" if n % 2 else "GET,DELETE",
    )  # fmt: skip


def write_policy(file, n, reload=True):
    """Replace the policy as a whole."""
    new = Path(f"{file}.new")
    new.write_text(policy_text(n, reload))
    os.replace(new, file)


def echo(environ, start_response):
    """What the layers have left in the environ."""
    identity = environ.get("statusware.identity")
    told = {
        "roles": sorted(identity.roles) if identity else [],
        "route": getattr(environ.get("statusware.route"), "name", None),
        "pid": os.getpid(),
    }
    data = json.dumps(told).encode()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [data]


def make():
    """The app behind the policy that STATUSWARE_VERSIONED names."""
    return wrap(echo, os.environ["STATUSWARE_VERSIONED"])


def seen(answer):
    """The versions that an answer shows, one for each layer that shows one."""
    members, found = answer.members(), set()
    for text in (members.get("type", ""), answer.get("WWW-Authenticate") or ""):
        found |= {int(n) for n in re.findall(r"\bv(\d+)\b", text)}
    if "max_bytes" in members:
        found.add(members["max_bytes"] - 1000)
    for name in [*members.get("roles", []), members.get("route") or ""]:
        found |= {int(n) for n in re.findall(r"^[rv](\d+)$", name)}
    return found


def expecting(status, allow=None):
    """A check: this status, one version in all layers."""

    def check(answer):
        found = seen(answer)
        if answer.status != status:
            return f"{answer.status}, not {status}"
        if len(found) > 1:
            return f"under the policies {sorted(found)}"
        if allow is not None and ("DELETE" in (answer.get("Allow") or "")) is bool(min(found) % 2):
            return f"Allow {answer.get('Allow')} under policy {min(found)}"
        return None

    return check


def asks():
    """The requests: whatever the version is, each has one right answer."""
    roles = {f"v{n}": [f"r{n}"] for n in range(MOST)}
    known = f"Authorization: Bearer {token(claims(exp=int(time.time()) + 86400, **roles))}"
    large = ("Content-Type: application/json",)
    return [
        Ask("who", request("GET /who", known), expecting(200)),
        Ask("anonymous", request("GET /who"), expecting(401)),
        Ask("role", request("GET /role", known), expecting(200)),
        Ask("method", request("PUT /who", known), expecting(405, allow=True)),
        Ask("large", request("POST /box", *large, body=b" " * 3000), expecting(413)),
        Ask("admin", request("GET /admin", known), expecting(403)),
        Ask("anonymous admin", request("GET /admin"), expecting(401)),
    ]
