"""Request lines and headers as no well-behaved client sends them, and the right answers.

`Case.want` is what the wrapped app has to answer; "server" alone: the server must refuse
(400 to 505, or hang up). Where the answer is a refusal, a server may always refuse by
itself. `other` names the servers that hand on something else, so that another answer is
right there.
"""

import base64
import time
from typing import NamedTuple

from tests.auth.forge import claims, token
from tests.proof.exchange import request
from tests.proof.wire_app import KEY, PASSWORD

__all__ = ["ADMIN", "ANN", "CASES", "EDITOR", "Case", "bearer"]


class Case(NamedTuple):
    """One exchange. `half_close`: the client closes its side once it has sent."""

    name: str
    want: str
    data: bytes
    other: dict = {}  # noqa: RUF012  # never changed
    half_close: bool = False


def bearer(made):
    """The header that carries a token."""
    return f"Authorization: Bearer {made}"


#: Whoever the tests run as; good for a day.
LATER = int(time.time()) + 86400
ANN = bearer(token(claims(exp=LATER)))
ADMIN = bearer(token(claims(sub="root", roles=["admin"], exp=LATER)))
EDITOR = bearer(token(claims(sub="eve", roles=["editor"], exp=LATER)))
FORGED = bearer(token(claims(sub="root", roles=["admin"], exp=LATER), secret="x" * 64))
OLD = bearer(token(claims(exp=LATER - 2 * 86400)))
NONE = bearer(token(claims(roles=["admin"], exp=LATER), {"alg": "none"}))


def basic(password):
    """The header that carries Ann's password."""
    return f"Authorization: Basic {base64.b64encode(f'ann:{password}'.encode()).decode()}"


def line(want, target, *fields, method="GET", name=None, **more):
    """A case of its request line."""
    shown = target if isinstance(target, str) else target.decode("latin-1")
    asked = f"{method} {shown}"
    raw = request("@", *fields).replace(b"@ ", method.encode() + b" " + _bytes(target) + b" ", 1)
    return Case(name or asked[:60], want, raw, more.get("other", {}))


def _bytes(target):
    return target.encode() if isinstance(target, str) else target


def raw(name, want, data, **more):
    """A case that is no well-formed request."""
    return Case(name, want, data, more.get("other", {}), more.get("half_close", False))


ASK = "401 missing-credentials"
ODD = "400 ambiguous-path"
BAD = "400 invalid-request"
NO = "404 not-found"
OPEN = "200 GET /open by nobody"
END = b"Host: shop.example\r\nConnection: close\r\n\r\n"

LINES = [
    line(OPEN, "/open"),
    line(OPEN, "/open?next=/admin"),
    line("200 GET /open/ by nobody", "/open/"),
    line(ASK, "/items/7"),
    line("200 GET /items/7 by ann", "/items/7", ANN),
    line("200 HEAD", "/items/7", ANN, method="HEAD"),
    line("401", "/items/7", method="HEAD"),
    line("204 Allow GET, HEAD, PUT, DELETE, OPTIONS", "/items/7", method="OPTIONS"),
    line("501 method-not-implemented", "/items/7", ADMIN, method="TRACE"),
    line("501 method-not-implemented", "/items/7", ADMIN, method="FOO"),
    line("501 method-not-implemented", "/items/7", ADMIN, method="get"),
    line("501 method-not-implemented", "/items/7", ADMIN, method="Get"),
    line("405 method-not-allowed", "/items/7", ADMIN, method="PATCH"),
    line("403 forbidden", "/items/7", ANN, method="DELETE"),
    line("403 forbidden", "/admin", ANN),
    line("200 GET /admin by root", "/admin", ADMIN),
    line(ASK, "/%61dmin"),
    line("200 GET /admin by root", "/%61dmin", ADMIN, name="GET /%61dmin as admin"),
    line(NO, "/Admin", ADMIN),
    line(NO, "/nowhere", ADMIN),
    line(NO, "/hidden"),
    line(NO, "/hidden", ANN, name="GET /hidden as somebody"),
    line(NO, "/hidden", FORGED, name="GET /hidden with a forged token"),
    line(NO, "/hidden", method="OPTIONS"),
    line(NO, "/hidden", ADMIN, method="DELETE"),
    line("200 GET /hidden by root", "/hidden", ADMIN, name="GET /hidden as admin"),
    # waitress and Werkzeug's server hand on /admin itself.
    line(ODD, "//admin", other={"waitress": ASK, "werkzeug": ASK}),
    line(ODD, "///admin", other={"waitress": ASK, "werkzeug": ASK}),
    line(ODD, "http://evil.example//admin", other={"waitress": ASK}),
    line(ASK, "http://evil.example/admin"),
    line(ODD, "/admin//"),
    line(ODD, "/./admin"),
    line(ODD, "/open/../admin"),
    line(ODD, "/%2e%2e/admin"),
    line(ODD, "/open/%2e%2e/admin"),
    line(ODD, "/admin%2f..%2fopen"),
    line(ODD, "/admin%252f"),
    line(ODD, "/admin;x=1"),
    line(ODD, "/admin%3bx=1"),
    line(ODD, "/open/..;/admin"),
    line(ODD, "/admin%00"),
    line(ODD, "/admin%0a"),
    line(ODD, "/admin%0d%0aX-Evil:%201"),
    line(ODD, "/admin%09"),
    line(ODD, "/admin%5c"),
    line(ODD, "/open\\..\\admin"),
    line(ODD, "/adm%ffin"),
    line(ODD, "/%c0%afadmin"),
    line(ODD, "/%ed%a0%80"),
    line(NO, "/admin%3f"),
    line(NO, "/admin%23"),
    # A fragment is not sent; gunicorn and Werkzeug's server drop it, waitress splits it off.
    line(ASK, "/admin#/open"),
    line(NO, b"/\xc3\xa9", name="raw UTF-8"),
    # Werkzeug's server takes what is not encoded for Latin-1: /%c3%bf.
    line(ODD, b"/\xff", name="raw bytes that are not UTF-8", other={"werkzeug": NO}),
    line(NO, "/items/%d9%a7", ANN),
    line(NO, "/items/+7", ANN),
    line(ODD, "/items/7%0a", ANN),
    line(NO, "/users/ann/x", ANN),
    line("403 forbidden", "/users/bob", ANN),
    line("200 GET /users/ann by ann", "/users/ann", ANN),
    line("400", "admin", ADMIN),
    line("400", "*", method="OPTIONS"),
    line("400", "shop.example:443", method="CONNECT"),
    line(NO, "/" + "x" * 5000, name="a target of 5,000 bytes"),
    line(NO, "/" + "x" * 300_000, name="a target of 300,000 bytes"),
    raw("HTTP/1.0", OPEN, b"GET /open HTTP/1.0\r\n\r\n"),
    raw("HTTP/0.9", "server", b"GET /admin\r\n\r\n", other={"waitress": ASK, "werkzeug": ASK}),
    raw("HTTP/9.1", "server", b"GET /open HTTP/9.1\r\n" + END, other={"waitress": OPEN}),
    raw("HTTP/2 preface", "server", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        other={"waitress": "400"}),
    raw("nonsense", "server", b"nonsense\r\n\r\n"),
    raw("TLS", "server", b"\x16\x03\x01\x00\x05hello\r\n\r\n"),
    raw("no target", "server", b"GET  HTTP/1.1\r\n" + END),
    raw("NUL in the target", ODD, b"GET /admin\0 HTTP/1.1\r\n" + END),
    raw("lines end with LF", "server", b"GET /open HTTP/1.1\nHost: x\nConnection: close\n\n",
        other={"waitress": OPEN, "werkzeug": OPEN}, half_close=True),
    raw("CR LF first", OPEN, b"\r\nGET /open HTTP/1.1\r\n" + END, other={"werkzeug": "closed"}),
]  # fmt: skip

#: Other credentials than a good token.
HEADERS = [
    line("401 invalid-credentials", "/items/7", FORGED, name="a forged token"),
    line("401 expired-credentials", "/items/7", OLD, name="an old token"),
    line("401 invalid-credentials", "/items/7", NONE, name="alg none"),
    line(OPEN, "/open", FORGED, name="a forged token where everyone may go"),
    line(BAD, "/items/7", ANN, ADMIN, name="Authorization twice"),
    line(BAD, "/items/7", f"{ANN}, Basic YTpi", name="two credentials in one header"),
    line(BAD, "/items/7", "Authorization: Bearer", name="Bearer alone"),
    line(BAD, "/items/7", "Authorization: Bearer a b", name="a token with a space"),
    line(ASK, "/items/7", "Authorization: Digest a=b", name="a scheme that is not configured"),
    line("401 invalid-credentials", "/items/7", b"Authorization: Bearer \xe9\xff",
         name="a token that is not ASCII", other=dict.fromkeys(
             ("gunicorn", "waitress", "werkzeug"), BAD)),
    line("200 GET /items/7 by ann", "/items/7", ANN.replace("Bearer", "bearer"), name="bearer"),
    line("200 GET /items/7 by ann", "/items/7", ANN.replace(": ", ":\t"), name="a tab"),
    line("server", "/items/7", ANN.replace(":", " :", 1), name="a space before the colon",
         other={"werkzeug": ASK}),
    line("server", "/items/7", "X-A: 1\r\n " + ADMIN, name="a folded header",
         other={"waitress": ASK, "werkzeug": ASK}),
    line("200 GET /items/7 by ann", "/items/7", basic(PASSWORD), name="Basic"),
    line("401 invalid-credentials", "/items/7", basic("wrong"), name="Basic, wrong password"),
    line(BAD, "/items/7", "Authorization: Basic YTpi=", name="Basic, not base64"),
    line("403 cross-site-request", "/items/7", basic(PASSWORD), "Origin: https://evil.example",
         method="PUT", name="Basic from another site"),
    line("200 GET /items/7 by robot", "/items/7", f"X-API-Key: {KEY}", name="API key"),
    line("401 invalid-credentials", "/items/7", "X-API-Key:", name="API key, empty"),
    line("401 invalid-credentials", "/items/7", f"X-API-Key: {KEY}", f"X-API-Key: {KEY}",
         name="API key twice"),
    line(BAD, "/items/7", ANN, f"X-API-Key: {KEY}", name="API key beside a token"),
    line(ASK, "/admin", "X-Forwarded-User: root", "X_Forwarded_User: root", "Remote-User: root",
         name="headers of a proxy"),
    line(OPEN, "/open", "X-Forwarded-User: root", "X_Forwarded_User: root",
         name="headers of a proxy do not arrive"),
    line(ASK, "/admin", "X-Original-URL: /open", "X-Rewrite-URL: /open", "X-Forwarded-Uri: /open",
         name="another target in a header"),
    line("400", "/p/open", "SCRIPT_NAME: /p", name="SCRIPT_NAME in a header",
         other={"waitress": NO, "werkzeug": NO}),
    line("403 forbidden", "/items/7", ANN, "X-HTTP-Method-Override: DELETE", method="PUT",
         name="method override"),
    line(ASK, "/admin", "Connection: close, Authorization", name="Connection names a header"),
    line(ASK, "/admin", "Upgrade: websocket", "Connection: Upgrade", name="Upgrade"),
    line(ASK, "/admin", "Upgrade: h2c", "HTTP2-Settings: AAA", name="Upgrade: h2c"),
    line("server", "/open", b"X-A: a\0b", name="NUL in a header", other={"werkzeug": OPEN}),
    line("server", "/open", b"X-A: a\x0bb", name="a control character in a header",
         other={"werkzeug": OPEN}),
    line("server", "/open", "X A: b", name="a space in a header's name",
         other={"werkzeug": OPEN, "waitress": OPEN}),
    line(OPEN, "/open", "X-Request-ID: a\tb", name="X-Request-ID that is none"),
    line(OPEN, "/open", "X-A: " + "x" * 9000, name="a header of 9,000 bytes",
         other={"gunicorn": "431 (server)"}),
    line(OPEN, "/open", *(f"X-{at}: 1" for at in range(200)), name="200 headers",
         other={"gunicorn": "431 (server)",
                "werkzeug": "431 (server)"}),
    line(OPEN, "/open", "Expect: secret", name="an expectation that nobody knows",
         other={"gunicorn": "417 (server)"}),
    raw("no Host", OPEN, b"GET /open HTTP/1.1\r\nConnection: close\r\n\r\n"),
    raw("two Hosts", OPEN, b"GET /open HTTP/1.1\r\nHost: a\r\n" + END,
        other={"gunicorn": "400 (server)"}),
]  # fmt: skip

CASES = [*LINES, *HEADERS]
