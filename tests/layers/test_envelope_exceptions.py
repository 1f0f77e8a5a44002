"""`not_found`, `exceptions` and `[errors]`: what the app's exceptions mean."""

import logging
import sys
import types

import bottle
import falcon
import pytest
from django.core.exceptions import BadRequest as DjangoBadRequest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from pyramid.httpexceptions import HTTPFound
from pyramid.httpexceptions import HTTPNotFound as PyramidNotFound
from webob.exc import HTTPConflict
from werkzeug.exceptions import BadRequest, Conflict, InternalServerError, MethodNotAllowed
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from statusware import ErrorEnvelope, PolicyError, Problem
from statusware.layers.translate import Translation, resolve
from tests.layers.tools import ask, problem, raising, shape


class Missing(Exception):
    pass


class RecipeMissing(Missing):
    pass


class UserMissing(Missing, KeyError):
    pass


class Recipe:
    class DoesNotExist(Exception):
        pass


HERE = __name__

SECRET = "SELECT * FROM users"


@pytest.mark.parametrize(
    ("options", "error", "status"),
    [
        ({"not_found": [Missing]}, Missing("secret"), 404),
        ({"not_found": [Missing]}, RecipeMissing("secret"), 404),
        ({"not_found": [f"{HERE}.Missing"]}, RecipeMissing("secret"), 404),
        ({"not_found": [RecipeMissing]}, Missing("secret"), 500),
        ({"exceptions": {Missing: 409, RecipeMissing: 410}}, RecipeMissing("secret"), 410),
        ({"exceptions": {RecipeMissing: 410, Missing: 409}}, RecipeMissing("secret"), 410),
        ({"exceptions": {Missing: 409}, "not_found": [RecipeMissing]}, RecipeMissing(), 404),
        ({"exceptions": {"builtins.KeyError": 400, Missing: 404}}, UserMissing(), 404),
        ({"exceptions": {"KeyError": 404}}, KeyError("secret"), 404),
        ({"exceptions": {"LookupError": 404}}, IndexError("secret"), 404),
        ({"exceptions": {f"{HERE}.Recipe.DoesNotExist": 404}}, Recipe.DoesNotExist(), 404),
        ({"exceptions": {Exception: 503}}, ValueError("secret"), 503),
        ({"exceptions": {Conflict: 404}}, Conflict("secret"), 404),
        ({"exceptions": {"falcon.HTTPNotFound": 404}}, falcon.HTTPNotFound(), 404),
        ({"exceptions": {"django.http.Http404": 404}}, None, 404),
        ({}, Missing("secret"), 500),
    ],
)
def test_what_an_exception_means(options, error, status):
    if error is None:
        error = pytest.importorskip("django.http").Http404("secret")
    response = ask(ErrorEnvelope(raising(error), **options))
    assert response.status_code == status
    assert "secret" not in response.text
    assert problem(response)


def test_a_row_may_say_more():
    row = {"status": 409, "code": "name-taken", "title": "Taken", "detail": "This name is taken."}
    sent = problem(ask(ErrorEnvelope(raising(Missing()), exceptions={Missing: row})))
    assert {name: sent[name] for name in row} == row


@pytest.mark.parametrize(
    ("table", "key", "words"),
    [
        (
            {"noshop.models.NotFound": 404},
            "exceptions.'noshop.models.NotFound'",
            "no module 'noshop'",
        ),
        ({"json.decoder.JSONDecodeErr": 404}, "exceptions.'json.decoder.JSON", "JSONDecodeError"),
        ({"json.nope.X": 404}, "exceptions.'json.nope.X'", "has no 'nope'"),
        ({"json.loads": 404}, "exceptions.'json.loads'", "no exception class"),
        ({"builtins.SystemExit": 404}, "exceptions.'builtins.SystemExit'", "no exception class"),
        ({"Missing": 404}, "exceptions.'Missing'", "dotted name"),
        ({"KeyEror": 404}, "exceptions.'KeyEror'", 'did you mean "KeyError"?'),
        ({"builtins.KeyEror": 404}, "exceptions.'builtins.KeyEror'", 'did you mean "KeyError"?'),
        ({"": 404}, "exceptions.''", "dotted name"),
        ({"a..b": 404}, "exceptions.'a..b'", "no module"),
        ({5: 404}, "exceptions.'?.5'", "no exception class"),
        ({Missing: 200}, ".RecipeMissing'"[:0], "200 is no error status"),
        ({Missing: "404"}, "", "'404' is no error status"),
        ({Missing: True}, "", "True is no error status"),
        ({Missing: {"code": "x"}}, "", "None is no error status"),
        ({Missing: {"status": 404, "cod": "x"}}, "", 'did you mean "code"?'),
        ({Missing: {"status": 404, "code": "not so"}}, "", "letters, digits"),
    ],
)
def test_a_wrong_row_is_refused(table, key, words):
    with pytest.raises(PolicyError) as caught:
        ErrorEnvelope(raising(ValueError()), exceptions=table)
    assert str(caught.value).startswith(key)
    assert words in str(caught.value)


def test_a_wrong_name_names_its_option():
    with pytest.raises(PolicyError, match=r"^not_found"):
        ErrorEnvelope(raising(ValueError()), not_found=["noshop.NotFound"])


# --- names whose modules are imported later


@pytest.fixture
def late(tmp_path, monkeypatch):
    """A package on disk that nobody has imported; `late()` imports it."""
    package = tmp_path / "lateshop"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "errors.py").write_text("class Gone(Exception):\n    class Inner(Exception): pass\n")
    (package / "models.py").write_text("from .errors import Gone\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda: __import__("lateshop.models", fromlist=["Gone"])
    for name in [name for name in sys.modules if name.startswith("lateshop")]:
        del sys.modules[name]


@pytest.mark.parametrize("name", ["lateshop.models.Gone", "lateshop.errors.Gone"])
def test_nothing_is_imported(late, name):
    translation = Translation({name: 410})
    assert "lateshop" not in sys.modules
    assert translation.classes() == []
    assert translation.problem(ValueError()) is None
    error = late().Gone()
    assert translation.problem(error).status == 410
    assert translation.classes() == [type(error)]


def test_a_nested_class_imported_later(late):
    translation = Translation({"lateshop.models.Gone.Inner": 410})
    assert translation.problem(late().Gone.Inner()).status == 410


def test_a_part_of_an_imported_package_may_come_later(late):
    __import__("lateshop")
    translation = Translation({"lateshop.models.Gone": 410})
    assert "lateshop.models" not in sys.modules
    assert translation.problem(late().Gone()).status == 410


def test_a_name_that_turns_out_not_to_be_there_is_logged_once(late, caplog):
    translation = Translation({"lateshop.models.Nope": 410})
    late()
    assert translation.problem(ValueError()) is None
    assert translation.problem(ValueError()) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_module_without_a_file():
    module = types.ModuleType("made_up")
    module.Oh = type("Oh", (Exception,), {})
    sys.modules["made_up"] = module
    try:
        assert resolve("made_up.Oh") is module.Oh
    finally:
        del sys.modules["made_up"]


# --- exceptions that are responses


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (Conflict("no such thing"), (409, "conflict", "no such thing")),
        (HTTPConflict("no such thing"), (409, "conflict", "no such thing")),
        (PyramidNotFound("no recipe 5"), (404, "not-found", "no recipe 5")),
        (BadRequest(), (400, "bad-request", "The request cannot be understood.")),
        (MethodNotAllowed(["GET"]), (405, "method-not-allowed", None)),
        (InternalServerError("secret"), (500, "internal-error", None)),
        (Conflict(response=Response("no such thing", 409)), (409, "conflict", "no such thing")),
    ],
)
def test_http_exceptions_are_answers(error, answer):
    response = ask(ErrorEnvelope(raising(error)))
    assert shape(response) == answer[:2]
    assert answer[2] in (None, problem(response)["detail"])
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (falcon.HTTPNotFound(description="no soup"), 404, "no soup"),
        (falcon.HTTPError(410), 410, "This resource is gone for good."),
        (falcon.HTTPError("422 Odd", description="line\nbreak"), 422, "line break"),
        (falcon.HTTPInternalServerError(description=SECRET), 500, None),
        (bottle.HTTPError(409, "no soup"), 409, "no soup"),
        (bottle.HTTPError(500, SECRET), 500, None),
        (bottle.HTTPError(404, b"no soup"), 404, "There is nothing here."),
        (Http404(SECRET), 404, "There is nothing here."),
        (PermissionDenied(SECRET), 403, "You may not do this."),
        (SuspiciousOperation(SECRET), 400, None),
        (DjangoBadRequest(SECRET), 400, None),
    ],
)
def test_exceptions_of_frameworks_that_reach_the_layer(error, status, detail):
    response = ask(ErrorEnvelope(raising(error)))
    assert response.status_code == status
    assert problem(response)["detail"] == detail or detail is None
    assert SECRET not in response.text


def test_their_headers_are_sent():
    app = ErrorEnvelope(raising(falcon.HTTPMethodNotAllowed(["GET", "PUT"])))
    assert ask(app).headers["Allow"] == "GET, PUT"
    app = ErrorEnvelope(raising(bottle.HTTPError(429, "x", Retry_After="7", Content_Type="a/b")))
    assert ask(app).headers["Retry-After"] == "7"
    evil = ErrorEnvelope(raising(falcon.HTTPError(404, headers={"X-A": "b\r\nX-Evil: 1"})))
    assert "X-A" not in ask(evil).headers


def test_the_table_goes_before_them():
    app = ErrorEnvelope(raising(Http404()), exceptions={Http404: 410})
    assert problem(ask(app))["status"] == 410


def test_a_status_of_theirs_that_is_no_error_is_a_failure(caplog):
    assert problem(ask(ErrorEnvelope(raising(falcon.HTTPError("200 OK")))))["status"] == 500
    assert caplog.records[-1].exc_info


def test_headers_of_http_exceptions_stay():
    response = ask(ErrorEnvelope(raising(MethodNotAllowed(["GET"]))))
    assert response.headers["Allow"] == "GET"


@pytest.mark.parametrize("error", [HTTPFound("/x"), RequestRedirect("http://localhost/x")])
def test_a_redirect_is_passed(error):
    response = ask(ErrorEnvelope(raising(error)))
    assert response.status_code in (302, 308)
    assert response.headers["Location"].endswith("/x")


class Failing(Conflict):
    def get_response(self, environ=None, scope=None):
        raise self


def test_an_answer_that_fails_in_turn(caplog):
    assert shape(ask(ErrorEnvelope(raising(Failing())))) == (500, "internal-error")
    assert len(caplog.records) == 1


@pytest.mark.parametrize("name", ["InvalidChunkSize", "ChunkMissingTerminator", "NoMoreData"])
def test_a_broken_chunk_that_the_app_reads_is_the_clients_fault(name):
    gunicorn = pytest.importorskip("gunicorn.http.errors")
    response = ask(ErrorEnvelope(raising(getattr(gunicorn, name)(b"secret"))))
    assert shape(response) == (400, "incomplete-body")
    assert "secret" not in response.text


# --- the log


@pytest.mark.parametrize(
    ("error", "table", "level", "traceback"),
    [
        (ValueError("x"), {}, "ERROR", True),
        (Missing("x"), {Missing: 404}, "INFO", False),
        (Missing("x"), {Missing: 503}, "ERROR", True),
        (Problem(503), {}, None, False),
        (Problem(404), {}, None, False),
        (Conflict(), {}, None, False),
    ],
)
def test_what_is_logged(error, table, level, traceback, caplog):
    caplog.set_level(logging.INFO)
    ask(ErrorEnvelope(raising(error), exceptions=table), "/soup", x_request_id="abc")
    records = [r for r in caplog.records if r.name.startswith("statusware")]
    assert [r.levelname for r in records] == ([level] if level else [])
    for record in records:
        assert bool(record.exc_info) == traceback
        assert "[abc]" in record.getMessage()


def test_no_line_break_of_a_problem_reaches_the_log(caplog):
    caplog.set_level(logging.INFO)

    def told(environ, start_response):
        environ["statusware.exception"] = Problem(404, "a\nb")
        start_response("500 Oh", [("Content-Type", "text/plain")])
        return [b"x"]

    assert ask(ErrorEnvelope(told)).status_code == 404
    assert not [record for record in caplog.records if "\n" in record.getMessage()]
