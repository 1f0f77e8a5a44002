"""One request to an app, and whether its answer is right."""

import io
import json

JSON_TYPES = ("application/json", "application/problem+json")


def call(app, environ, body):
    """One WSGI request: a fresh copy of the environ, the response read and closed."""
    environ = dict(environ)
    environ["wsgi.input"] = io.BytesIO(body)
    started = []

    def start_response(status, headers, exc_info=None):
        started[:] = status, headers

    result = app(environ, start_response)
    try:
        data = b"".join(result)
    finally:
        close = getattr(result, "close", None)
        if close is not None:
            close()
    return started[0], started[1], data


async def call_asgi(app, environ, body):
    """The same request as ASGI."""
    names = {"HTTP_AUTHORIZATION": b"authorization", "CONTENT_TYPE": b"content-type",
             "CONTENT_LENGTH": b"content-length"}  # fmt: skip
    headers = [(b"host", b"127.0.0.1:8000"), (b"accept", b"*/*"), (b"user-agent", b"bench/1")]
    headers += [(name, environ[key].encode()) for key, name in names.items() if key in environ]
    path = environ["PATH_INFO"]
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1", "method": environ["REQUEST_METHOD"], "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
        "state": {},
    }  # fmt: skip
    sent = [{"type": "http.request", "body": body, "more_body": False}]
    start, data = {}, []

    async def receive():
        return sent.pop() if sent else {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            data.append(message.get("body", b""))

    await app(scope, receive, send)
    fields = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in start["headers"]]
    return f"{start['status']} -", fields, b"".join(data)


def judge(case, status, headers, data):
    """None for a right answer, else what is wrong with it, and the answer."""
    fields = {name.lower(): value for name, value in headers}
    content_type = fields.get("content-type", "(none)")
    try:
        json.loads(data)
        is_json = content_type.split(";")[0].strip() in JSON_TYPES
    except ValueError:
        is_json = False
    code = int(status.split()[0])
    wrong = [
        what
        for what, is_wrong in (
            ("status", code not in case.accepted),
            ("not JSON", not is_json),
            ("no Location", code == 201 and "location" not in fields),
        )
        if is_wrong
    ]
    text = data[:70].decode("utf-8", "replace")
    return f"{'+'.join(wrong)}: {status}, {content_type}, {text!r}" if wrong else None
