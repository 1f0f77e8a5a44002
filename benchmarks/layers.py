"""Where the time goes: what each layer adds to a request, beside the primitives it needs.

    layers.py [ROUNDS]      in a virtualenv with what `statusware[jwt]` needs

Stacks of one layer more each are measured in turn; the difference between two is what the
outermost adds, with a plain WSGI app inside, so that nothing else is in the way.
"""

import base64
import hashlib
import hmac
import io
import json
import statistics
import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import drivers
import job
from contestants._statusware import POLICY

CASES = {"public GET": "a", "checked POST": "b"}
FIELDS = [("Content-Type", "application/json"), ("Content-Length", "2"), ("Location", "/")]


def app(environ, start_response):
    """A plain WSGI app, as small as can be; it does not read the body."""
    start_response("201 Created", FIELDS)
    return [b"{}"]


def stacks():
    """The bare app, then with one layer more each, innermost first."""
    from statusware import Policy

    factories = Policy(POLICY).layers
    names = ("ErrorEnvelope", "Routing", "Authentication", "AccessControl", "JSONBody")
    made, wrapped = [("the app alone", app)], app
    # From the outside in, so that each layer finds what it has in a whole stack.
    for count in range(1, len(factories) + 1):
        wrapped = app
        for factory in reversed(factories[:count]):
            wrapped = factory(wrapped)
        made.append((names[count - 1], wrapped))
    return made


def primitives():
    """What no checked POST can do without, each as a function."""
    raw, token = job.GOOD_BODY, job.TOKEN
    header, payload, _ = token.split(".")
    signed, key = f"{header}.{payload}".encode(), job.SECRET.encode()
    padded = f"{payload}==".encode()
    listed = {
        "json.loads of the body": lambda: json.loads(raw),
        "sha256 of the token": lambda: hashlib.sha256(token.encode()).digest(),
        "io.BytesIO and read of the body": lambda: io.BytesIO(raw).read(),
        "new token: HMAC-SHA256": lambda: hmac.digest(key, signed, "sha256"),
        "new token: claims": lambda: json.loads(base64.urlsafe_b64decode(padded)),
    }
    try:
        import jsonschema_rs
        import orjson
    except ImportError:
        return listed
    rust = jsonschema_rs.validator_for(job.SCHEMA)
    return listed | {
        "fast: orjson.loads of the body": lambda: orjson.loads(raw),
        "fast: jsonschema_rs is_valid": lambda: rust.is_valid(job.GOOD),
    }


def microseconds(functions, rounds, count=200):
    """The median microseconds of CPU of each, measured in turn."""
    times = [[] for _ in functions]
    for _ in range(rounds):
        for kept, function in zip(times, functions, strict=True):
            began = time.process_time()
            for _ in range(count):
                function()
            kept.append((time.process_time() - began) / count * 1e6)
    return [statistics.median(kept) for kept in times]


def main():
    """Print both tables."""
    rounds = int(sys.argv[1]) if sys.argv[1:] else 100
    made = stacks()
    print(f"Python {sys.version.split()[0]}, microseconds of CPU, medians\n")
    for what, name in CASES.items():
        case = job.CASES[name]
        calls = [
            partial(drivers.call, wrapped, job.environ(case), case.body) for _, wrapped in made
        ]
        found, last = microseconds(calls, rounds), 0.0
        for (label, _), spent in zip(made, found, strict=True):
            print(f"{what:14} {label:16} {spent - last:8.2f}   (whole: {spent:.2f})")
            last = spent
        print()
    named = primitives()
    for label, spent in zip(named, microseconds(list(named.values()), rounds), strict=True):
        print(f"{label:44} {spent:8.2f}")


if __name__ == "__main__":
    main()
