"""What a request through the layers costs beyond the app, and what a worker costs.

    costs.py NAME     measures one of `MEASURES`, prints a JSON object

Each is run in an interpreter of its own, since imports and memory leave traces. Times are
those of the CPU; where two are compared they alternate.
"""

import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

SECRET = "0123456789abcdef0123456789abcdef"
MEGABYTE = 1 << 20

#: The public GET of the plain app.
ENVIRON = {
    "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/things/42", "QUERY_STRING": "",
    "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000", "HTTP_ACCEPT": "*/*",
    "HTTP_USER_AGENT": "bench/1", "RAW_URI": "/things/42", "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "wsgi.input": None,
    "wsgi.multithread": False, "wsgi.multiprocess": True, "wsgi.run_once": False,
}  # fmt: skip

FIELDS = [("Content-Type", "text/plain"), ("Content-Length", "2")]


def app(environ, start_response):
    """A plain WSGI app, as small as can be."""
    start_response("200 OK", FIELDS)
    return [b"ok"]


def no_op(inner):
    """A middleware that wraps `start_response` and does nothing."""

    def layer(environ, start_response):
        def start(status, headers, exc_info=None):
            return start_response(status, headers)

        return inner(environ, start)

    return layer


def policy(routes, schemas=0):
    """A policy with all five layers: routes of their own, the first of them with schemas."""
    listed = [{"match": "GET /things/{id:int}", "allow": ["everyone"]}]
    for number in range(1, routes):
        listed.append({"match": f"GET /kind{number}/{{id}}", "allow": ["everyone"]})
        if number <= schemas:
            body = {"type": "object", "required": ["name"], "properties": _members(number)}
            listed[-1] = {"match": f"POST /kind{number}", "allow": ["role:editor"], "body": body}
    return {"auth": {"bearer": {"secret": SECRET}}, "routes": listed}


def _members(number):
    """The properties of a schema that no other one has; twelve, as in the job."""
    members = {f"text{number}_{i}": {"type": "string", "maxLength": 80 + i} for i in range(6)}
    numbers = {f"number{number}_{i}": {"type": "integer", "minimum": i} for i in range(5)}
    return {"name": {"type": "string", "minLength": 1}, **members, **numbers}


def _seconds(call, count, path="/things/42"):
    """CPU seconds of `count` requests, each with a copy of the environ."""

    def start_response(status, headers, exc_info=None):
        return None

    environ = {**ENVIRON, "PATH_INFO": path}
    began = time.process_time()
    for _ in range(count):
        call(environ.copy(), start_response)
    return time.process_time() - began


def _alternating(calls, rounds=200, count=200):
    """The median microseconds of one request to each of `calls`, (app, path) each."""
    times = [[] for _ in calls]
    for _ in range(rounds):
        for kept, (call, path) in zip(times, calls, strict=True):
            kept.append(_seconds(call, count, path) / count * 1e6)
    return [statistics.median(kept[rounds // 20 :]) for kept in times]


def plain():
    """Time added to a plain WSGI app, over that of a middleware that does nothing."""
    from statusware import wrap

    path = "/things/42"
    apps = (app, path), (no_op(app), path), (wrap(app, policy(1)), path)
    bare, middleware, wrapped = _alternating(apps)
    return {
        "plain": (wrapped - bare) / (middleware - bare),
        "plain us": wrapped - bare,
        "no-op us": middleware - bare,
    }


def routes():
    """Time added with 10,000 routes, over that with 10."""
    from statusware import wrap

    few, many = wrap(app, policy(10)), wrap(app, policy(10_000))
    bare, ten, thousands = _alternating(
        ((app, "/kind9/x"), (few, "/kind9/x"), (many, "/kind9000/x"))
    )
    return {"routes": (thousands - bare) / (ten - bare), "routes us": thousands - bare}


def stream():
    """1 GB in blocks of 64 KiB through all layers, over the bare app; memory added."""
    from statusware import wrap

    def blocks():
        with open("/dev/zero", "rb", buffering=0) as zeros:
            for _ in range(1024):
                yield zeros.read(65536)

    def streaming(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        return blocks()

    def seconds(call):
        began = time.process_time()
        result = call(ENVIRON.copy(), lambda *_: None)
        size = sum(map(len, result))
        result.close()
        assert size == 64 * MEGABYTE
        return time.process_time() - began

    wrapped = wrap(streaming, policy(1))
    seconds(streaming), seconds(wrapped)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pairs = []
    for turn in range(16):  # 16 times 64 MB each
        first, second = (streaming, wrapped) if turn % 2 else (wrapped, streaming)
        one, two = seconds(first), seconds(second)
        pairs.append(two / one if turn % 2 else one / two)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"stream": statistics.median(pairs), "stream memory": (after - before) / 1024}


#: Run in a new interpreter: imports what is not ours, then times the rest.
_START = """
import importlib, json, sys, time
sys.path[:0] = [{root!r}]
for name in {others!r}:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
before = set(sys.modules)
began = time.process_time()
from statusware import wrap
wrap(lambda environ, start_response: [], {path!r})
spent = time.process_time() - began
print(json.dumps([spent * 1e3, sorted(set(sys.modules) - before)]))
"""

#: What a policy of bearer tokens, rules and schemas has no use for.
UNUSED = (
    "flask", "pyramid", "django", "falcon", "bottle", "gunicorn", "click", "rich", "bcrypt",
    "urllib3", "yaml", "sqlalchemy",
)  # fmt: skip


def start():
    """Milliseconds of `import statusware` and `wrap`, 100 routes; what they import."""
    with tempfile.TemporaryDirectory() as folder:
        toml = Path(folder, "statusware.toml")
        toml.write_text(_toml(policy(100, 10)))
        found = _start(toml, ())
        others = [name for name in found[1] if not name.startswith("statusware")]
        spent = min(_start(toml, others)[0] for _ in range(7))
    roots = {name.partition(".")[0] for name in others}
    unused = sorted(roots.intersection(UNUSED))
    return {"start": spent, "imported": len(unused), "imported names": unused}


def _start(path, others):
    program = _START.format(root=str(ROOT), others=list(others), path=str(path))
    # Compiled modules are kept, as an installed package keeps them.
    environ = {**os.environ, "PYTHONPYCACHEPREFIX": str(path.parent)}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    return json.loads(done.stdout)


def _toml(document):
    """The document as TOML: JSON is close enough for inline tables with `=`."""
    auth = f'[auth.bearer]\nsecret = "{document["auth"]["bearer"]["secret"]}"\n'
    tables = (
        "".join(f"{key} = {_inline(value)}\n" for key, value in route.items())
        for route in document["routes"]
    )
    return "[[routes]]\n".join([auth, *tables])


def _inline(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)


def memory():
    """Megabytes that a worker adds with 1,000 routes and 100 schemas, beyond the imports."""
    from statusware import wrap

    wrap(app, policy(2, 1))  # everything is imported now
    document = policy(1_000, 100)
    gc.collect()
    before = _resident()
    kept = wrap(app, document)
    gc.collect()
    added = _resident() - before
    del kept
    return {"memory": added / MEGABYTE}


def _resident():
    """Bytes of memory that this process has in use."""
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * resource.getpagesize()


MEASURES = {each.__name__: each for each in (plain, routes, stream, start, memory)}

if __name__ == "__main__":
    print(json.dumps(MEASURES[sys.argv[1]]()))
