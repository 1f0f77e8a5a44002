"""The pages under `types`, and codes of the app's own."""

import json

import pytest

from statusware import ErrorEnvelope, PolicyError, Problem, wrap
from statusware.catalog import CODES
from tests.layers.tools import ask, ask_quietly, problem, raising, responding, shape

OWN = {
    "name-taken": {"status": 409, "title": "Taken", "detail": "It is <taken>.", "fix": "Rename."},
    "sold-out": {"status": 410},
}
HTML = "text/html"


def enveloped(app=None, **options):
    return ErrorEnvelope(app or responding(), types="/problems", problems=OWN, **options)


@pytest.mark.parametrize("path", ["/problems", "/problems/"])
def test_the_index_lists_every_code(path):
    rows = json.loads(ask(enveloped(), path).text)["problems"]
    assert {row["code"] for row in rows} == set(CODES) | set(OWN)
    assert list(rows[0]) == ["type", "code", "status", "title", "detail", "fix"]
    assert [row["status"] for row in rows] == sorted(row["status"] for row in rows)


def test_every_type_leads_to_its_page():
    app = enveloped()
    for code in [*CODES, *OWN]:
        type = problem(ask(enveloped(raising(Problem(400, code=code)))))["type"]
        row = json.loads(ask(app, type).text)
        assert (row["code"], row["type"]) == (code, type)
        page = ask(app, type, accept=HTML)
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert code in page.text


def test_names_in_the_table_are_marked():
    page = ask(enveloped(), "/problems/invalid-body", accept=HTML)
    assert "Mend what <code>errors</code> lists" in page.text


def test_the_index_as_a_page():
    page = ask(enveloped(), "/problems", accept=HTML)
    assert '<a href="/problems/not-found">' in page.text
    assert "It is &lt;taken&gt;." in page.text
    assert "style-src 'sha256-" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("GET /problems/nope", (404, "not-found")),
        ("GET /problems/not-found/", (404, "not-found")),
        ("GET /problems//not-found", (404, "not-found")),
        ("POST /problems", (405, "method-not-allowed")),
        ("DELETE /problems/not-found", (405, "method-not-allowed")),
        ("FOO /problems/", (501, "method-not-implemented")),
        ("get /problems/not-found", (501, "method-not-implemented")),
    ],
)
def test_what_is_not_there(line, answer):
    method, path = line.split()
    assert shape(ask_quietly(enveloped(), path, method)) == answer


@pytest.mark.parametrize("path", ["/", "/problemsx", "/x/problems", "/problem", "//problems"])
def test_other_paths_are_the_apps(path):
    assert ask(enveloped(), path).text == "fine"


def test_head_and_options():
    app = enveloped()
    head = ask(app, "/problems/not-found", "HEAD", x_request_id="a")
    assert head.text == ""
    assert list(head.headers) == list(ask(app, "/problems/not-found", x_request_id="a").headers)
    options = ask(app, "/problems/not-found", "OPTIONS")
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")


def test_behind_a_mount_the_base_is_what_clients_see():
    def mounted(environ, start_response):
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = "/shop", environ["PATH_INFO"][5:]
        return app(environ, start_response)

    app = ErrorEnvelope(responding(), types="/shop/problems")
    assert json.loads(ask(mounted, "/shop/problems/not-found").text)["status"] == 404
    assert ask(mounted, "/shop/other").text == "fine"


def test_without_a_path_nothing_is_served():
    for types in ("about:blank", "https://x/problems/"):
        assert ask(ErrorEnvelope(responding(), types=types), "/problems").text == "fine"


def test_the_table_says_what_the_raiser_did_not():
    sent = problem(ask(enveloped(raising(Problem(409, code="name-taken", name="Soup")))))
    assert (sent["title"], sent["detail"], sent["name"]) == ("Taken", "It is <taken>.", "Soup")
    sent = problem(ask(enveloped(raising(Problem(409, "No.", code="name-taken", title="T")))))
    assert (sent["title"], sent["detail"]) == ("T", "No.")
    sent = problem(ask(enveloped(raising(Problem(410, code="sold-out")))))
    assert (sent["title"], sent["detail"]) == ("Gone", "This resource is gone for good.")


def test_a_code_without_a_page_has_no_type_that_leads_nowhere(caplog):
    app = enveloped(raising(Problem(409, code="undeclared")))
    sent = problem(ask(app))
    assert (sent["type"], sent["code"]) == ("about:blank", "undeclared")
    ask(app)
    assert [r.getMessage() for r in caplog.records if "undeclared" in r.getMessage()] == [
        "the code 'undeclared' has no page: declare it, as [problems.undeclared]"
    ]
    own = enveloped(raising(Problem(409, code="undeclared", type="https://x/y")))
    assert problem(ask(own))["type"] == "https://x/y"
    elsewhere = ErrorEnvelope(raising(Problem(409, code="undeclared")), types="https://x/")
    assert problem(ask(elsewhere))["type"] == "https://x/undeclared"


@pytest.mark.parametrize("match", ["GET /problems", "GET /problems/x", "GET,POST /problems/{code}"])
@pytest.mark.parametrize("mount", ["", "/shop"])
def test_a_route_that_the_pages_would_hide(match, mount):
    policy = {
        "api": {"mount": mount},
        "envelope": {"types": f"{mount}/problems"},
        "routes": [{"match": match, "allow": ["everyone"]}],
    }
    with pytest.raises(
        PolicyError, match=r"routes\[0\].match: '/problems.*lies under \[envelope\]"
    ):
        wrap(responding(), policy)


@pytest.mark.parametrize("match", ["GET /problemsx", "GET /{x}", "GET /x/problems"])
def test_other_routes_are_none_of_their_business(match):
    routes = [{"match": match, "allow": ["everyone"]}]
    wrap(responding(), {"envelope": {"types": "/problems"}, "routes": routes})


def test_every_format_is_told():
    app = ErrorEnvelope(raising(Problem(409, code="name-taken")), problems=OWN, format="simple")
    assert json.loads(ask(app).text)["error"]["message"] == "It is <taken>."
    app = ErrorEnvelope(raising(Problem(409, code="name-taken")), problems=OWN)
    assert "It is &lt;taken&gt;." in ask(app, accept=HTML).text


def test_from_a_policy():
    policy = {
        "envelope": {"types": "/problems"},
        "problems": OWN,
        "errors": {"KeyError": {"status": 409, "code": "name-taken"}},
    }
    app = wrap(raising(KeyError("x")), policy)
    sent = problem(ask(app))
    assert (sent["type"], sent["detail"]) == ("/problems/name-taken", "It is <taken>.")
    assert json.loads(ask(app, sent["type"]).text)["fix"] == "Rename."


@pytest.mark.parametrize(
    ("problems", "words"),
    [
        ({"not found": {"status": 404}}, "problems.not found: is no code"),
        ({"not-found": {"status": 404}}, "problems.not-found: is a code of statusware's own"),
        ({"x": {"status": 200}}, "problems.x.status"),
        ({"x": {}}, "problems.x"),
        (
            {"x": {"status": 404, "titel": "x"}},
            'problems.x.titel: is unknown; did you mean "title"?',
        ),
        ({"x": {"status": 404, "fix": 5}}, "problems.x.fix: must be a string"),
        ({"x": 5}, "problems.x: must be a table"),
    ],
)
@pytest.mark.parametrize(
    "make",
    [
        lambda problems: ErrorEnvelope(responding(), problems=problems),
        lambda problems: wrap(responding(), {"problems": problems}),
    ],
)
def test_wrong_tables(problems, words, make):
    with pytest.raises(PolicyError) as caught:
        make(problems)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("types", ["/", "//x", "/a/../b", "/a b", "/a?b", "/é", "/a//b", "/.x"])
def test_a_path_that_can_be_read_in_two_ways(types):
    with pytest.raises(PolicyError, match="types"):
        ErrorEnvelope(responding(), types=types)
