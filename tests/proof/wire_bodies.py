"""Framing and bodies as no well-behaved client sends them, and the right answers."""

from tests.proof.exchange import request
from tests.proof.wire_lines import ANN, ASK, BAD, EDITOR, FORGED, OPEN, Case, line, raw

__all__ = ["CASES"]

JSON = "Content-Type: application/json"
GOOD = b'{"name": "soup"}'
MADE = "200 POST /items by eve +16"
CUT = "400 incomplete-body"
WRONG = "400 malformed-json"
INVALID = "400 invalid-body"
KIND = "415 unsupported-media-type"
LARGE = "413 body-too-large"
CHUNKED = "Transfer-Encoding: chunked"

#: What a client that smuggles hopes to have read as a request of its own.
SMUGGLED = request("GET /admin")
MANY = request(close=False) * 36_000


def post(want, name, body, *fields, who=EDITOR, kind=JSON, target="/items", **more):
    """A POST with its true Content-Length, unless the headers say otherwise."""
    kinds = [kind] if kind else []
    data = request(f"POST {target}", *filter(None, (who,)), *kinds, *fields, body=body)
    return Case(name, want, data, more.get("other", {}), more.get("half_close", False))


def chunks(*parts, end=b"0\r\n\r\n"):
    """A chunked body."""
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


def length(want, value, **more):
    """A Content-Length as it is not written."""
    return post(want, f"Content-Length: {value}", GOOD, f"Content-Length: {value}", **more)


def coding(want, value, body=None, **more):
    """A Transfer-Encoding as it is not written."""
    body = chunks(GOOD) if body is None else body
    return post(want, f"Transfer-Encoding: {value}", body, f"Transfer-Encoding: {value}", **more)


FRAMING = [
    post(MADE, "a body", GOOD),
    post(MADE, "chunked", chunks(GOOD), CHUNKED),
    post(MADE, "chunked, a byte each", chunks(*(bytes([b]) for b in GOOD)), CHUNKED),
    post(MADE, "chunk extension", b"10;a=b\r\n" + GOOD + b"\r\n0\r\n\r\n", CHUNKED,
         other={"werkzeug": CUT}),
    post(ASK, "a credential in the trailer",
         chunks(GOOD, end=b"0\r\n" + EDITOR.encode() + b"\r\n\r\n"), CHUNKED, who=None),
    post("200 POST /items by eve +16", "Expect: 100-continue", GOOD, "Expect: 100-continue"),
    post(CUT, "chunk size that is no number", b"xyz\r\n" + GOOD, CHUNKED, half_close=True),
    post(CUT, "negative chunk size", b"-1\r\n" + GOOD + b"\r\n0\r\n\r\n", CHUNKED,
         half_close=True),
    post(CUT, "huge chunk size", b"ffffffffffffffffff\r\n" + GOOD, CHUNKED, half_close=True,
         other={"werkzeug": LARGE}),
    post(CUT, "chunk without its end", b"10\r\n" + GOOD + b"XX0\r\n\r\n", CHUNKED,
         half_close=True),
    post(CUT, "no last chunk", b"10\r\n" + GOOD + b"\r\n", CHUNKED, half_close=True),
    post(CUT, "half a chunk", b"10\r\n" + GOOD[:4], CHUNKED, half_close=True),
    post(CUT, "half a body", GOOD[:4], "Content-Length: 16", half_close=True),
    # RFC 9112 section 6.3: Transfer-Encoding counts, or the server refuses.
    post("server", "chunked and Content-Length", chunks(GOOD), CHUNKED, "Content-Length: 5",
         other={"waitress": MADE, "werkzeug": MADE}),
    post("server", "Content-Length and chunked", b"0\r\n\r\n" + SMUGGLED, "Content-Length: 6",
         CHUNKED, other={"waitress": "400 missing-body", "werkzeug": "400 missing-body"}),
    coding("411 length-required", "gzip, chunked"),
    # waitress reads it as chunked, and says nothing of it.
    coding("411 length-required", "chunked, chunked", other={"waitress": MADE}),
    coding("411 length-required", "chunked, gzip"),
    coding("411 length-required", "xchunked"),
    coding("411 length-required", "identity"),
    coding(MADE, "CHUNKED"),
    coding("411 length-required", "\x0bchunked"),
    length("400", "16, 16"),
    length("400", "+16"),
    length("400", "-1"),
    length("400", "0x10"),
    length("400", "1_6"),
    length("400", "abc"),
    length(LARGE, "9" * 30, half_close=True),
    post("400", "Content-Length twice", GOOD, "Content-Length: 16", "Content-Length: 16",
         other={"werkzeug": MADE}),
    post("400", "Content-Length twice, another", GOOD, "Content-Length: 16", "Content-Length: 3"),
    post("400 missing-body", "Content-Length: 0", b"", "Content-Length: 0"),
    post("400 missing-body", "no length at all", b""),
    post(WRONG, "Content-Length too small", GOOD, "Content-Length: 7"),
    post(LARGE, "a body too large", b" " * 65537),
    post(LARGE, "a body too large, chunked", chunks(b" " * 65537), CHUNKED),
    post(LARGE, "too large for the app that reads it", chunks(b" " * 65537), CHUNKED,
         who=None, kind=None, target="/upload"),
    post("200 POST /raw by nobody +16", "a route without a body rule", GOOD, who=None,
         kind=None, target="/raw"),
    post(ASK, "refused, the body unread", b"x" * 900_000, who=None),
    raw("a request in the body of a refused one", ASK,
        request("POST /items", JSON, body=SMUGGLED)),
    # A refusal drains 1 MiB; what is left must not be read as requests.
    raw("1.5 MB of requests in the body of a refused one", f"{ASK}, {OPEN}",
        request("POST /items", JSON, body=MANY, close=False) + request(),
        other=dict.fromkeys(("gunicorn sync", "gunicorn gthread", "werkzeug"), ASK)),
    raw("1.5 MB of requests in the chunks of a refused one", f"{ASK}, {OPEN}",
        request("POST /items", JSON, CHUNKED, body=chunks(MANY), close=False) + request(),
        other=dict.fromkeys(("gunicorn sync", "gunicorn gthread", "werkzeug"), ASK)),
    raw("a request behind a refused one", f"{ASK}, {OPEN}",
        request("POST /items", JSON, body=GOOD, close=False) + request(),
        other=dict.fromkeys(("gunicorn sync", "werkzeug"), ASK)),
    raw("a request behind a chunked one",
        f"{ASK}, {OPEN}",
        request("POST /items", JSON, CHUNKED, body=chunks(GOOD), close=False) + request(),
        other=dict.fromkeys(("gunicorn sync", "werkzeug"), ASK)),
    raw("a GET with a body", "200 GET /open by nobody +16", request("GET /open", body=GOOD)),
    raw("half a header", "server", b"GET /open HTTP/1.1\r\nHost: x\r\nX-A", half_close=True,
        other={"werkzeug": OPEN}),
]  # fmt: skip

BODIES = [
    post(ASK, "no credentials, and no JSON", b"{", who=None),
    post("401 invalid-credentials", "a forged token, and no JSON", b"{", who=FORGED),
    post("403 forbidden", "the wrong role, and no JSON", b"{", who=ANN),
    post(KIND, "JSON as text/plain", GOOD, kind="Content-Type: text/plain"),
    post(KIND, "no Content-Type", GOOD, kind=None),
    post(KIND, "charset latin-1", GOOD, kind=f"{JSON}; charset=latin-1"),
    post(MADE, "charset utf-8", GOOD, kind=f"{JSON}; charset=UTF-8"),
    post(KIND, "Content-Type twice", GOOD, "Content-Type: text/plain",
         other={"gunicorn": "400 (server)"}),
    post(KIND, "Content-Encoding: gzip", GOOD, "Content-Encoding: gzip"),
    post(WRONG, "byte order mark", b"\xef\xbb\xbf" + GOOD),
    post(WRONG, "UTF-16", GOOD.decode().encode("utf-16")),
    post(WRONG, "invalid UTF-8", b'{"name": "\xff"}'),
    post(WRONG, "duplicate keys", b'{"name": "a", "name": "s3cret"}'),
    post(WRONG, "NaN", b'{"name": NaN}'),
    post(WRONG, "1e999", b'{"name": 1e999}'),
    post(WRONG, "lone surrogate", b'{"name": "\\ud800"}'),
    post(WRONG, "2^64", b'{"name": 18446744073709551616}'),
    post(WRONG, "4,301 digits", b"1" * 4301),
    post(WRONG, "depth 1,000", b"[" * 1000 + b"]" * 1000),
    post(WRONG, "depth 30,000", b"[" * 30_000 + b"]" * 30_000),
    post(WRONG, "something behind", GOOD + b"s3cret"),
    post(WRONG, "comment", b"/* s3cret */" + GOOD),
    post("400", "spaces alone", b"    "),
    post(INVALID, "an array", b'["s3cret"]'),
    post(INVALID, "a member too many", b'{"name": "soup", "more": "s3cret"}'),
    post(INVALID, "too long", b'{"name": "%s"}' % (b"s3cret" * 10)),
    post(INVALID, "20,000 violations", b'{"name": "", "tags": [%s0]}' % (b"0," * 20_000)),
    line(BAD, "/items/7", EDITOR, EDITOR, method="PUT", name="Authorization twice, the same"),
    raw("a body for DELETE", "403 forbidden", request("DELETE /items/7", ANN, body=GOOD)),
]  # fmt: skip

CASES = [*FRAMING, *BODIES]
