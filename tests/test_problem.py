"""`Problem`: exception, document, WSGI app, and what Werkzeug and Flask make of it."""

import copy
import datetime
import decimal
import json
import pickle
import uuid
from wsgiref.validate import validator

import pytest
from flask import Flask
from flask import request as flask_request
from hypothesis import given, settings
from hypothesis import strategies as st
from pyramid.config import Configurator
from werkzeug.exceptions import HTTPException
from werkzeug.test import Client, create_environ
from werkzeug.wrappers import Request

from statusware import ErrorEnvelope, Problem
from statusware.encoding import encode
from statusware.problem import document, request_id
from tests.layers.tools import ask, problem, raising


def members(*args, **options):
    """The document of a problem, as sent."""
    return json.loads(ask(Problem(*args, **options)).get_data())


def test_the_document_in_reading_order():
    sent = members(409, "This name is taken.", code="name-taken", name="Soup")
    assert list(sent) == ["type", "title", "status", "detail", "code", "request_id", "name"]
    assert sent | {"request_id": ""} == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "This name is taken.",
        "code": "name-taken",
        "request_id": "",
        "name": "Soup",
    }


@pytest.mark.parametrize(
    ("status", "code", "title"),
    [
        (400, "bad-request", "Bad Request"),
        (401, "unauthorized", "Unauthorized"),
        (403, "forbidden", "Forbidden"),
        (404, "not-found", "Not Found"),
        (405, "method-not-allowed", "Method Not Allowed"),
        (413, "body-too-large", "Content Too Large"),
        (418, "im-a-teapot", "I'm a Teapot"),
        (422, "unprocessable-content", "Unprocessable Content"),
        (499, "status-499", "Client Error"),
        (500, "internal-error", "Internal Server Error"),
        (503, "service-unavailable", "Service Unavailable"),
        (599, "status-599", "Server Error"),
    ],
)
def test_a_status_alone_says_the_rest(status, code, title):
    sent = members(status)
    assert (sent["code"], sent["title"]) == (code, title)
    assert sent["detail"].endswith(".")


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((200,), {}),
        ((600,), {}),
        ((399,), {}),
        (("404",), {}),
        ((404.5,), {}),
        ((True,), {}),
        ((404,), {"code": "not found"}),
        ((404,), {"code": "a\r\nb"}),
        ((404,), {"code": "é"}),
        ((404,), {"request_id": "mine"}),
        ((404,), {"headers": {"X-A": "a\r\nSet-Cookie: b"}}),
        ((404,), {"headers": {"X-A": "a\nb"}}),
        ((404,), {"headers": {"X-A": "a\0b"}}),
        ((404,), {"headers": {"X-A": "€"}}),
        ((404,), {"headers": {"X-A": None}}),
        ((404,), {"headers": {"X-A": True}}),
        ((404,), {"headers": {"X A": "a"}}),
        ((404,), {"headers": {"X-A\r\nX-B": "a"}}),
        ((404,), {"headers": {"": "a"}}),
        ((404,), {"headers": {"Status": "200"}}),
        ((404,), {"headers": {"Connection": "close"}}),
        ((404,), {"headers": {"transfer-encoding": "chunked"}}),
        ((404,), {"headers": {"Upgrade": "h2c"}}),
        ((404,), {"headers": [("Proxy-Authenticate", "Basic")]}),
    ],
)
def test_what_cannot_be_sent_is_refused(arguments, options):
    with pytest.raises(ValueError, match=r"status|reserved|code|header|connection") as caught:
        Problem(*arguments, **options)
    assert "Set-Cookie" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"Retry-After": 30}, ("Retry-After", "30")),
        ([("X-Name", "Zoë")], ("X-Name", "Zoë")),
        ((("Link", "</a>; rel=help"),), ("Link", "</a>; rel=help")),
        ({"Content-Language": "en"}, ("Content-Language", "en")),
    ],
)
def test_headers_are_sent(given, sent):
    assert sent in list(ask(Problem(503, headers=given)).headers)


@pytest.mark.parametrize(
    "given",
    [
        {"Content-Type": "text/html"},
        {"Content-Length": "1"},
        {"Content-Encoding": "gzip"},
        {"Cache-Control": "public"},
        {"ETag": '"x"'},
        {"X-Request-ID": "mine"},
    ],
)
def test_headers_that_describe_the_answer_are_our_own(given):
    response = ask(Problem(404, headers=given))
    assert problem(response)
    assert not set(given.items()) & set(response.headers.items())


def test_a_401_has_a_challenge_and_a_405_has_allow():
    assert ask(Problem(401)).headers["WWW-Authenticate"] == 'Session realm="app"'
    assert ask(Problem(405)).headers["Allow"] == ""
    own = Problem(401, headers={"www-authenticate": "Basic"})
    assert ask(own).headers.getlist("WWW-Authenticate") == ["Basic"]
    assert ask(Problem(405, headers={"Allow": "GET"})).headers.getlist("Allow") == ["GET"]


def test_the_challenges_of_the_schemes_come_first():
    def app(environ, start_response):
        environ["statusware.challenges"] = ("Bearer", "Basic realm=x")
        return Problem(401)(environ, start_response)

    assert ask(app).headers.getlist("WWW-Authenticate") == ["Bearer", "Basic realm=x"]


def test_head_has_the_headers_of_get_and_no_body():
    get, head = (
        ask(Problem(404), x_request_id="a"),
        ask(Problem(404), "/", "HEAD", x_request_id="a"),
    )
    assert head.get_data() == b""
    assert list(head.headers) == list(get.headers)


class Loud:
    def __str__(self):
        raise RuntimeError("no text")


class Detached(dict):
    """A mapping that cannot be read any more."""

    def items(self):
        raise RuntimeError("detached")


def _loop():
    loop = []
    loop.append(loop)
    return loop


def _loops():
    one, other = [], {}
    one += [one, other, one, other]
    other.update(a=one, b=other, c=one)
    return one


def _deep():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (datetime.date(2024, 2, 29), "2024-02-29"),
        (decimal.Decimal("1.10"), "1.10"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (float("nan"), "nan"),
        ({"limit": float("inf"), "is": 3}, {"limit": "inf", "is": 3}),
        ({1, 2}, [1, 2]),
        ({(1, 2): b"x"}, {"(1, 2)": "b'x'"}),
        ([None, True, 1.5, "é"], [None, True, 1.5, "é"]),
        ("\ud800", "\ufffd"),
        ({"\udcff": "\udcff"}, {"\ufffd": "\ufffd"}),
        ("\ud83d\ude00", "😀"),
        (Loud(), "<Loud>"),
        (Detached(a=1), "<Detached>"),
        ([Detached(a=1), {"a": Loud()}], ["<Detached>", {"a": "<Loud>"}]),
        ({Loud(): 1}, "<dict>"),
        ([10**5000], ["<int>"]),
        ([10**5000, 10**10], ["<int>", 10**10]),
        ({10**5000: 1}, "<dict>"),
    ],
)
def test_what_json_cannot_say_is_said_as_text(value, sent):
    assert members(400, extra=value)["extra"] == sent


@pytest.mark.parametrize("make", [_loop, _loops, _deep])
def test_an_endless_extension_ends(make):
    value = make()
    assert members(400, extra=value)["status"] == 400


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
BRANCHES = st.lists(LEAVES) | st.dictionaries(st.text() | st.integers(), LEAVES)


@settings(deadline=None)  # a busy machine is no failure
@given(st.dictionaries(st.text(), LEAVES | BRANCHES | st.lists(BRANCHES)))
def test_whatever_stands_in_it_comes_out_as_json(value):
    def refuse(constant):
        raise AssertionError(constant)

    json.loads(encode(value), parse_constant=refuse)


def test_a_detail_that_is_no_text_becomes_one():
    assert members(400, ValueError("x"))["detail"] == "x"


def test_a_detail_may_hold_anything():
    text = '<b>"\r\n\0\ud800 é'
    assert members(400, text)["detail"] == text.replace("\ud800", "\ufffd")


def test_types_are_named_or_made_of_a_base():
    assert document(Problem(404, type="https://x/y"))["type"] == "https://x/y"
    assert document(Problem(404), base="https://x/")["type"] == "https://x/not-found"
    assert document(Problem(404))["type"] == "about:blank"


def test_it_survives_copying_and_pickling():
    first = Problem(409, "Taken.", code="taken", headers={"X-A": "b"}, name="Soup")
    for other in (copy.copy(first), pickle.loads(pickle.dumps(first))):
        assert (other.status, other.detail, other.problem_code) == (409, "Taken.", "taken")
        assert (other.headers, other.extensions) == ([("X-A", "b")], {"name": "Soup"})


def test_get_response_takes_an_environ_or_a_request():
    environ = create_environ(headers={"X-Request-ID": "abc"})
    for either in (environ, Request(environ)):
        assert Problem(404).get_response(either).headers["X-Request-ID"] == "abc"
    assert len(Problem(404).get_response().headers["X-Request-ID"]) == 32


def test_it_reads_well():
    problem = Problem(404, "No recipe.")
    assert str(problem) == "404 not-found: No recipe."
    assert repr(problem) == "Problem(404, 'No recipe.', code='not-found')"
    assert problem.name == "Not Found"
    assert isinstance(problem, HTTPException)
    assert problem.code is None


# --- the id of the request

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"{TRACE}-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"x_request_id": "abc-123"}, "abc-123"),
        ({"x_request_id": "a" * 128}, "a" * 128),
        ({"x_request_id": "a" * 129}, None),
        ({"x_request_id": ""}, None),
        ({"x_request_id": "-a"}, None),
        ({"x_request_id": "a b"}, None),
        ({"x_request_id": 'a"b'}, None),
        ({"x_request_id": "a,b"}, None),
        ({"x_request_id": "<b>"}, None),
        ({"x_request_id": "é"}, None),
        ({"x_request_id": "٣"}, None),
        ({"traceparent": f"00-{PARENT}"}, TRACE),
        ({"traceparent": f"01-{PARENT}-more"}, TRACE),
        ({"traceparent": f"00-{PARENT}-more"}, None),
        ({"traceparent": f"ff-{PARENT}"}, None),
        ({"traceparent": f"00-{'0' * 32}-00f067aa0ba902b7-01"}, None),
        ({"traceparent": f"00-{TRACE}-{'0' * 16}-01"}, None),
        ({"traceparent": f"00-{PARENT.upper()}"}, None),
        ({"x_request_id": "a", "traceparent": f"00-{PARENT}"}, "a"),
        ({"x_request_id": "a b", "traceparent": f"00-{PARENT}"}, TRACE),
        ({}, None),
    ],
)
def test_the_id_of_the_request(headers, taken):
    environ = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    made = request_id(environ)
    assert request_id(environ) == environ["statusware.request_id"] == made
    if taken is None:
        assert len(made) == 32
        assert int(made, 16)
    else:
        assert made == taken


@pytest.mark.parametrize("sent", ["a\r\nb", "a\n", "\na", "a\0"])
def test_a_line_break_never_comes_back(sent):
    assert request_id({"HTTP_X_REQUEST_ID": sent}).isalnum()


# --- Flask and its extensions


def flask_app(**config):
    app = Flask("shop")
    app.config.update(config)

    @app.get("/raised")
    def raised():
        raise Problem(409, "Taken.", code="name-taken", name="Soup")

    @app.get("/returned")
    def returned():
        return Problem(409, "Taken.", code="name-taken", name="Soup")

    return app


def handled(app):
    app.register_error_handler(HTTPException, lambda error: ("handled", 500))
    app.register_error_handler(Exception, lambda error: ("handled", 500))
    return app


@pytest.mark.parametrize("how", ["raised", "returned"])
@pytest.mark.parametrize(
    "make",
    [
        flask_app,
        lambda: handled(flask_app()),
        lambda: ErrorEnvelope(flask_app()),
        lambda: ErrorEnvelope(flask_app(TESTING=True, DEBUG=True)),
        lambda: ErrorEnvelope(flask_app(TRAP_HTTP_EXCEPTIONS=True)),
        lambda: validator(ErrorEnvelope(validator(handled(flask_app())))),
    ],
)
def test_flask_hands_it_on(make, how):
    response = Client(make()).get(f"/{how}", buffered=True)
    sent = problem(response)
    assert (response.status_code, sent["code"], sent["name"]) == (409, "name-taken", "Soup")


def restful(app):
    from flask_restful import Api, Resource

    return Api(app), Resource


def restx(app):
    from flask_restx import Api, Resource

    return Api(app), Resource


@pytest.mark.parametrize("make", [restful, restx])
@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("status", [401, 404, 409, 499, 503])
def test_flask_restful_and_restx_answer_it(make, wrapped, status):
    pytest.importorskip(f"flask_{make.__name__}")
    app = Flask("shop")
    api, base = make(app)

    class Recipe(base):
        def get(self):
            raise Problem(status, "Told.", code="own-code", name="Soup")

    if status == 499 and not wrapped:
        pytest.skip("Flask-RESTX asks http.HTTPStatus, which does not know it")
    api.add_resource(Recipe, "/recipe")
    response = Client(ErrorEnvelope(app) if wrapped else app).get("/recipe")
    sent = json.loads(response.get_data())
    assert response.status_code == status
    assert (sent["code"], sent["detail"], sent["name"]) == ("own-code", "Told.", "Soup")
    assert sent["request_id"] == response.headers["X-Request-ID"]
    if wrapped:
        problem(response)
        assert "message" not in sent


@pytest.mark.parametrize("make", [restful, restx])
def test_flask_restful_and_restx_in_another_format(make):
    pytest.importorskip(f"flask_{make.__name__}")
    app = Flask("shop")
    api, base = make(app)

    class Recipe(base):
        def get(self):
            raise Problem(409, "Told.")

    api.add_resource(Recipe, "/recipe")
    sent = Client(ErrorEnvelope(app, format="simple")).get("/recipe").get_json()
    assert sent["error"]["message"] == "Told."


def test_the_data_of_a_format_that_is_no_json():
    app = Flask("shop")
    with app.test_request_context():
        environ = flask_request.environ
        environ["statusware.renderer"] = lambda error, environ: ("text/plain", b"x")
        assert Problem(404).data["code"] == "not-found"


def test_raised_in_a_plain_app():
    assert ask(ErrorEnvelope(raising(Problem(410)))).status_code == 410


def test_a_prepared_problem_may_say_anything():
    told = f"{'0' * 16}statusware{'0' * 16}"
    for _ in range(2):
        prepared = Problem(404, f"No {told}.").prepared()
        members = ask(prepared, x_request_id="a1").json
        assert (members["detail"], members["request_id"]) == (f"No {told}.", "a1")


def in_flask(error):
    app = Flask("shop")
    app.add_url_rule("/", view_func=fails(error))
    return app


def in_restful(error):
    app = Flask("shop")
    api, base = restful(app)
    api.add_resource(type("Recipe", (base,), {"get": fails(error)}), "/")
    return ErrorEnvelope(app)


def in_pyramid(error):
    config = Configurator()
    config.add_route("home", "/")
    config.add_view(fails(error), route_name="home")
    return ErrorEnvelope(config.make_wsgi_app())


def fails(error):
    """A view that raises."""

    def view(*args):
        raise error

    return view


HOLDERS = {
    "envelope": lambda error: ErrorEnvelope(raising(error)),
    "flask": in_flask,
    "wrapped flask": lambda error: ErrorEnvelope(in_flask(error)),
    "restful": in_restful,
    "pyramid": in_pyramid,
}


@pytest.mark.parametrize("make", HOLDERS.values(), ids=HOLDERS)
def test_a_problem_that_is_raised_again_and_again_holds_no_request(make):
    """Its traceback would gain frames, and each the environ and the body, by every request."""
    gone = Problem(410, "It is gone.")
    client = Client(make(gone))
    for _ in range(3):
        assert client.get("/").status_code == 410
        assert gone.__traceback__ is gone.__context__ is None
