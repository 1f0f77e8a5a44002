"""Which error bodies of the app `ErrorEnvelope` keeps, mends and replaces."""

import gzip
import json
import zlib

import pytest
from werkzeug.test import create_environ

from statusware import ErrorEnvelope, PolicyError
from statusware.layers.defaults import author_text, default_page
from tests.layers.tools import ask, ask_quietly, problem, responding

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
JSON, HTML, TEXT = "application/json", "text/html; charset=utf-8", "text/plain"

WERKZEUG = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    "<p>no &lt;recipe&gt; 5</p>\n"
)
FALCON = '{"title": "404 Not Found"}'
OWN_PAGE = "<!doctype html><title>Lost</title><p>The shop has no such page."


def error(media_type, body, status="404 Not Found", **headers):
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    fields += [("Content-Type", media_type)] if media_type else []
    return responding(status, fields, [body.encode() if isinstance(body, str) else body])


#: media type, body, and whether it stays under each `keep`, for a program and for a browser.
TABLE = [
    # type                       body                  json   none   all   browser
    (JSON, '{"error": "x"}', True, False, True, True),
    ("application/problem+json", '{"status": 404}', True, False, True, True),
    ("application/vnd.shop+json; v=1", "[]", True, False, True, True),
    ("Application/JSON", "[]", True, False, True, True),
    (JSON, "no JSON at all", True, False, True, True),
    (JSON, FALCON, False, False, True, False),
    (JSON, '{"title": "404 Not Found", "description": "x"}', False, False, True, False),
    (JSON, '{"title": "Lost", "description": "x"}', True, False, True, True),
    (JSON, "", False, False, True, False),
    (HTML, OWN_PAGE, False, False, True, True),
    (HTML, WERKZEUG, False, False, True, False),
    (HTML, "", False, False, True, False),
    ("application/xhtml+xml", OWN_PAGE, False, False, True, True),
    (TEXT, "not here", False, False, True, False),
    ("text/csv", "a,b", False, False, True, False),
    ("image/png", b"\x89PNG", True, False, True, True),
    ("application/xml", "<error/>", True, False, True, True),
    ("application/octet-stream", b"\0", True, False, True, True),
    ("", "untyped", False, False, True, False),
    ("", "", False, False, True, False),
]


def stays(app, body, **headers):
    response = ask_quietly(app, **headers)
    return response.get_data() == (body.encode() if isinstance(body, str) else body)


@pytest.mark.parametrize(("media_type", "body", "json_", "none", "all_", "browser"), TABLE)
def test_what_stays(media_type, body, json_, none, all_, browser):
    app = error(media_type, body)
    assert stays(ErrorEnvelope(app), body) == json_
    assert stays(ErrorEnvelope(app, keep="none"), body) == none
    assert stays(ErrorEnvelope(app, keep="all"), body) == all_
    assert stays(ErrorEnvelope(app), body, accept=BROWSER) == browser
    assert not stays(ErrorEnvelope(app, keep="none"), body, accept=BROWSER)


@pytest.mark.parametrize("keep", ["json", "none", "all"])
def test_a_success_stays(keep):
    for status in ("200 OK", "302 Found", "299 Odd"):
        app = responding(status, [("Content-Type", HTML), ("X-A", "b")], [b"<h1>Fine</h1>"])
        response = ask(ErrorEnvelope(app, keep=keep))
        assert response.get_data() == b"<h1>Fine</h1>"
        assert dict(response.headers) == {"Content-Type": HTML, "X-A": "b"}


def test_a_long_json_error_streams_through():
    chunks = [b'{"error": "', *([b"x" * 1000] * 100), b'"}']
    response = ask(ErrorEnvelope(responding("400 B", [("Content-Type", JSON)], chunks)))
    assert response.get_data() == b"".join(chunks)


def test_a_long_page_is_dropped_unread():
    taken = []

    def app(environ, start_response):
        start_response("404 Not Found", [("Content-Type", HTML)])
        for at in range(1000):
            taken.append(at)
            yield b"<p>" + b"x" * 1000

    assert problem(ask(ErrorEnvelope(app)))
    assert len(taken) < 10


# --- what replaces it


def test_status_line_and_headers_stay_but_for_those_of_the_old_body():
    app = error(
        HTML, "<h1>Oh</h1>", "404 Nothing Here",
        Content_Length="11", Content_Language="de", Content_Disposition="inline",
        Content_MD5="x", Digest="x", Content_Digest="x", Repr_Digest="x", ETag='"x"',
        Last_Modified="Thu, 01 Jan 1970 00:00:00 GMT", X_Content_Type_Options="x",
        X_Request_ID="theirs", Set_Cookie="a=b", X_Own="c", Vary="Cookie",
        Cache_Control="max-age=60", Retry_After="5", Access_Control_Allow_Origin="*",
    )  # fmt: skip
    response = ask(ErrorEnvelope(app), x_request_id="abc")
    assert response.status == "404 Nothing Here"
    fields = sorted((k, v) for k, v in response.headers if k != "Content-Length")
    assert fields == [
        ("Access-Control-Allow-Origin", "*"),
        ("Cache-Control", "max-age=60"),
        ("Content-Type", "application/problem+json"),
        ("Retry-After", "5"),
        ("Set-Cookie", "a=b"),
        ("Vary", "Accept"),
        ("Vary", "Cookie"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Own", "c"),
        ("X-Request-ID", "abc"),
    ]
    assert response.headers["Content-Length"] == str(len(response.get_data()))


def test_headers_that_nobody_can_send_go_with_the_page():
    fields = [
        ("X-Good", "1"), ("X-Evil", "1\r\nX-Evil: 2"), ("X-Snow", "\u2603"), ("X Y", "1"),
        ("X-Bytes", b"1"), ("Transfer-Encoding", "chunked"), ("Connection", "close"),
        ("Trailer", "X-Good"),
    ]  # fmt: skip
    sent = []

    def app(environ, start_response):
        start_response("404 Not Found", fields)
        return [b"lost"]

    environ = create_environ()
    body = ErrorEnvelope(app)(environ, lambda status, headers, *_: sent.extend(headers))
    assert b"".join(body).startswith(b'{"type"')
    ours = {"Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options", "Vary"}
    assert {name for name, _ in sent} - ours == {"X-Good", "X-Request-ID"}


def test_a_compressed_page_is_replaced():
    app = error(HTML, gzip.compress(b"<h1>Oh</h1>"), Content_Encoding="gzip")
    response = ask(ErrorEnvelope(app))
    assert problem(response)["detail"] == "There is nothing here."
    assert "Content-Encoding" not in response.headers


def test_a_policy_for_the_apps_pages_does_not_rule_ours():
    app = error(HTML, "", Content_Security_Policy="style-src 'self'")
    assert ask(ErrorEnvelope(app)).headers["Content-Security-Policy"] == "style-src 'self'"
    [policy] = ask(ErrorEnvelope(app), accept=BROWSER).headers.getlist("Content-Security-Policy")
    assert "style-src 'sha256-" in policy


def test_head_is_judged_by_its_headers():
    for media_type, kept in ((JSON, True), (HTML, False), (TEXT, False), ("image/png", True)):
        response = ask(ErrorEnvelope(error(media_type, "x" * 9)), "/", "HEAD")
        assert (response.headers["Content-Type"] == media_type) == kept
        assert response.get_data() == b""
        assert "Content-Length" not in response.headers


# --- mending


@pytest.mark.parametrize("keep", ["json", "all"])
@pytest.mark.parametrize("body", ["{}", FALCON])
def test_a_401_and_a_405_are_mended(keep, body):
    unauthorized = ask(ErrorEnvelope(error(JSON, body, "401 Unauthorized"), keep=keep))
    assert unauthorized.headers.getlist("WWW-Authenticate") == ['Session realm="app"']
    not_allowed = ask(ErrorEnvelope(error(JSON, body, "405 Method Not Allowed"), keep=keep))
    assert not_allowed.headers.getlist("Allow") == [""]


@pytest.mark.parametrize("keep", ["json", "all"])
@pytest.mark.parametrize("media_type", [JSON, HTML])
def test_what_need_not_be_mended_stays(keep, media_type):
    app = error(media_type, "{}", "401 Unauthorized", www_authenticate="Basic")
    assert ask(ErrorEnvelope(app, keep=keep)).headers.getlist("WWW-Authenticate") == ["Basic"]
    app = error(media_type, "{}", "405 Method Not Allowed", allow="GET")
    assert ask(ErrorEnvelope(app, keep=keep)).headers.getlist("Allow") == ["GET"]


def test_a_kept_error_tells_the_request():
    response = ask(ErrorEnvelope(error(JSON, "{}")), x_request_id="abc")
    assert response.headers.getlist("X-Request-ID") == ["abc"]
    own = ask(ErrorEnvelope(error(JSON, "{}", X_Request_ID="own")), x_request_id="abc")
    assert own.headers.getlist("X-Request-ID") == ["own"]


@pytest.mark.parametrize(
    ("own", "told"),
    [
        (None, ["Accept"]),
        ("Cookie", ["Cookie", "Accept"]),
        ("Accept-Encoding", ["Accept-Encoding", "Accept"]),
        ("Cookie, accept", ["Cookie, accept"]),
        ("*", ["*"]),
    ],
)
def test_a_page_kept_for_a_browser_varies(own, told):
    app = error(HTML, OWN_PAGE, **({"Vary": own} if own else {}))
    assert ask(ErrorEnvelope(app), accept=BROWSER).headers.getlist("Vary") == told


# --- nothing in a 5xx

TRACE = "Traceback (most recent call last):\n  File \"/srv/shop.py\", line 1\nKeyError: 'x'"
SECRETS = ["/srv/shop/models.py", "SELECT password FROM users", "Bearer eyJhbGci", "KeyError: 'x'"]
SAYING_500 = [
    (TEXT, "%s"),
    ("", "%s"),
    (HTML, WERKZEUG.replace("404 Not Found", "500 Oh").replace("Not Found", "Oh")),
    (HTML, "<html>\n <head>\n  <title>500 Oh</title>\n </head>\n <body>\n  <h1>500 Oh</h1>\n"
           "  %s\n\n </body>\n</html>"),
    (JSON, '{"title": "500 Oh", "description": "%s"}'),
    (JSON, '{"code": "500 Oh", "title": "Oh", "message": "%s"}'),
]  # fmt: skip


@pytest.mark.parametrize(("media_type", "form"), SAYING_500)
@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("keep", ["json", "merge", "none"])
@pytest.mark.parametrize("accept", ["*/*", BROWSER])
def test_a_5xx_shows_nothing_of_a_default_page(media_type, form, secret, keep, accept):
    app = error(media_type, form.replace("no &lt;recipe&gt; 5", "%s") % secret, "500 Oh")
    assert secret not in ask_quietly(ErrorEnvelope(app, keep=keep), accept=accept).text


@pytest.mark.parametrize("media_type", [JSON, HTML, TEXT])
@pytest.mark.parametrize("keep", ["json", "merge", "none"])
def test_a_traceback_is_never_kept(media_type, keep):
    body = json.dumps({"error": TRACE}) if media_type == JSON else TRACE
    app = error(media_type, body, "500 Oh")
    for accept in ("*/*", BROWSER):
        assert b"Traceback" not in ask(ErrorEnvelope(app, keep=keep), accept=accept).get_data()


#: What an app, or middleware inside of the envelope, makes of a body for who accepts it.
CODED = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda body: b"br" + body[::-1],
    "gzip, gzip": lambda body: gzip.compress(gzip.compress(body)),
    "GZIP": lambda body: gzip.compress(body)[:-1] + b"x",
}


def coded(media_type, body, coding, status):
    return error(media_type, CODED[coding](body.encode()), status, Content_Encoding=coding)


@pytest.mark.parametrize("coding", CODED)
@pytest.mark.parametrize("media_type", [JSON, HTML, TEXT])
@pytest.mark.parametrize("keep", ["json", "merge", "none"])
def test_a_compressed_traceback_is_never_kept(media_type, keep, coding):
    body = json.dumps({"error": TRACE}) if media_type == JSON else TRACE
    app = coded(media_type, body, coding, "500 Oh")
    for accept in ("*/*", BROWSER):
        answer = ask(ErrorEnvelope(app, keep=keep), accept=accept)
        assert "Content-Encoding" not in answer.headers
        assert b"went wrong here" in answer.get_data()


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate"])
def test_a_compressed_body_is_judged_by_what_is_in_it(coding):
    own = coded(JSON, '{"message": "no soup"}', coding, "404 Not Found")
    kept = ask(ErrorEnvelope(own))
    assert kept.headers["Content-Encoding"] == coding
    assert kept.get_data() == CODED[coding](b'{"message": "no soup"}')
    merged = problem(ask(ErrorEnvelope(own, keep="merge")))
    assert merged["message"] == "no soup"
    for media_type, body in ((HTML, WERKZEUG), (TEXT, "no <recipe> 5")):
        page = coded(media_type, body, coding, "404 Not Found")
        assert problem(ask(ErrorEnvelope(page)))["detail"] == "no <recipe> 5"
    assert problem(ask(ErrorEnvelope(coded(JSON, FALCON, coding, "404 Not Found"))))


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "GZIP"])
def test_a_body_that_nobody_can_read_here_says_nothing(coding):
    for media_type in (HTML, TEXT):
        app = coded(media_type, "no soup", coding, "404 Not Found")
        assert problem(ask(ErrorEnvelope(app)))["detail"] == NOTHING
    own = ask(ErrorEnvelope(coded(JSON, '{"message": "no soup"}', coding, "404 Not Found")))
    assert own.headers["Content-Encoding"] == coding


def test_a_body_that_inflates_without_end_is_not_looked_at():
    app = coded(JSON, json.dumps({"error": TRACE + " " * 50_000_000}), "gzip", "500 Oh")
    assert problem(ask(ErrorEnvelope(app)))["code"] == "internal-error"


# --- what the author wrote


def detail(media_type, body, status="404 Not Found", keep="json", **environ):
    return problem(ask(ErrorEnvelope(error(media_type, body, status), keep=keep)))["detail"]


NOTHING = "There is nothing here."


def werkzeug(text):
    return WERKZEUG.replace("no &lt;recipe&gt; 5", text)


@pytest.mark.parametrize(
    ("media_type", "body", "said"),
    [
        (HTML, WERKZEUG, "no <recipe> 5"),
        (HTML, werkzeug("two<br>lines"), "two lines"),
        (HTML, werkzeug(""), NOTHING),
        (HTML, werkzeug("x" * 300), "x" * 300),
        (HTML, werkzeug("x" * 301), NOTHING),
        (HTML, werkzeug("a\x07b"), NOTHING),
        (HTML, werkzeug("a\x85b"), NOTHING),
        (HTML, WERKZEUG.encode("utf-8") .replace(b"no", b"n\xff"), NOTHING),
        (HTML, WERKZEUG + "<p>more</p>", NOTHING),
        (HTML, WERKZEUG.replace("404", "410"), NOTHING),
        (HTML, OWN_PAGE, NOTHING),
        (TEXT, "no recipe 5", "no recipe 5"),
        (TEXT, "  no\n\trecipe  5\n", "no recipe 5"),
        (TEXT, "x" * 301, NOTHING),
        (TEXT, "\x1b[31mred", NOTHING),
        (TEXT, b"\xff", NOTHING),
        (TEXT, "\n \n", NOTHING),
        (JSON, '{"title": "404 Not Found", "description": "no recipe 5"}', "no recipe 5"),
        (JSON, FALCON, NOTHING),
        ("text/csv", "no recipe", NOTHING),
    ],
)  # fmt: skip
def test_a_description_is_carried_over(media_type, body, said):
    assert detail(media_type, body) == said


def webob(said, status="404 Not Found", explanation="The resource could not be found."):
    """The three forms of WebOb's and Pyramid's default page."""
    title = status[4:]
    html = (
        f"<html>\n <head>\n  <title>{status}</title>\n </head>\n <body>\n  <h1>{status}</h1>\n"
        f"  {explanation}<br/><br/>\n{said}\n\n\n </body>\n</html>"
    )
    message = f"{explanation}\n\n\n{said}\n\n"
    members = {"message": message, "code": status, "title": title}
    return [(HTML, html), (TEXT, f"{status}\n\n{message}"), (JSON, json.dumps(members))]


#: What Pyramid says itself: it names views, paths and settings.
GENERATED = [
    "/",
    "predicate mismatch for view soup (request_method = POST)",
    "Unauthorized: soup failed permission check",
    "debug_notfound of url http://localhost/; path_info: '/', view_name: ''",
]


@pytest.mark.parametrize("form", range(3))
def test_what_pyramid_makes_up_is_dropped(form):
    for said in GENERATED:
        assert detail(*webob(said)[form]) == NOTHING
    assert detail(*webob("no recipe 5")[form]) == "no recipe 5"
    assert detail(*webob("no recipe 5", explanation="Another.")[form]) == NOTHING


@pytest.mark.parametrize("form", range(3))
def test_the_explanation_of_a_405_names_the_method(form):
    explanation = "The method GET is not allowed for this resource."
    page = webob("only reading", "405 Method Not Allowed", explanation)[form]
    assert detail(*page, status="405 Method Not Allowed") == "only reading"


@pytest.mark.parametrize("size", [4_000, 60_000, 1_000_000])
def test_hostile_pages_take_no_time(size):
    bodies = [
        b"<" * size,
        b"<html>\n <head>\n  <title>404 " + b" " * size,
        b"<html>\n <head>\n  <title>404 N</title>\n </head>\n <body>\n  <h1>404 N</h1>\n"
        + b"<" * size + b" </body>\n</html>",
        WERKZEUG.encode() + b"\n" * size,
        b"404 x\n\n" + b"\n" * size,
        b"[" * size,
    ]  # fmt: skip
    for body in bodies:
        for media_type in ("text/html", "text/plain", "application/json", "application/xml"):
            page = default_page(404, media_type, body, {"PATH_INFO": "/"})
            author_text(404, media_type, body, page)


# --- merge


def test_merge_takes_members_over():
    body = {
        "error": "taken",
        "name": "Soup",
        "status": 1,
        "request_id": "x",
        "self": 1,
        "headers": 2,
    }
    members = problem(
        ask(ErrorEnvelope(error(JSON, json.dumps(body), "409 Conflict"), keep="merge"))
    )
    assert members["status"] == 409
    assert {name: members[name] for name in ("error", "name", "self", "headers")} == {
        "error": "taken", "name": "Soup", "self": 1, "headers": 2,
    }  # fmt: skip


def test_merge_takes_a_problem_over_as_it_is():
    body = {"type": "https://x/y", "title": "T", "status": 409, "detail": "D", "code": "c", "x": 1}
    app = error("application/problem+json", json.dumps(body), "409 Conflict")
    members = problem(ask(ErrorEnvelope(app, keep="merge")))
    assert {**members, "request_id": ""} == {**body, "request_id": ""}


@pytest.mark.parametrize(
    "body", ['["x"]', "no JSON", '{"title": 5}', "{}", '{"a": NaN}', "[" * 50_000, '{"code": ""}']
)
def test_merge_with_what_is_no_object(body):
    members = problem(ask(ErrorEnvelope(error(JSON, body, "409 Conflict"), keep="merge")))
    assert (members["title"], members["code"]) == ("Conflict", "conflict")


def test_merge_shows_nothing_of_a_5xx():
    app = error(JSON, '{"error": "secret"}', "500 Oh")
    assert "error" not in problem(ask(ErrorEnvelope(app, keep="merge")))


@pytest.mark.parametrize("keep", ["jsn", "", None, True])
def test_keep_is_one_of_a_few(keep):
    with pytest.raises(PolicyError) as caught:
        ErrorEnvelope(responding(), keep=keep)
    assert str(caught.value).startswith("keep: ")
