"""The strict reading of path, method, mount and method overrides; `[api] paths`."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusware import PolicyError, Problem
from statusware.readings import MOST, MOST_BYTES, is_plain, plain_values, readings
from statusware.request import METHODS, RequestLine, Scope, overridden


def environ(path="/", method="GET", query="", **more):
    """An environ as a server makes it: `path` are the decoded bytes, as Latin-1."""
    if isinstance(path, bytes):
        path = path.decode("latin-1")
    return {"PATH_INFO": path, "SCRIPT_NAME": "", "REQUEST_METHOD": method,
            "QUERY_STRING": query, **more}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_script_name(monkeypatch):
    monkeypatch.delenv("SCRIPT_NAME", raising=False)


READ = {
    "": "/",
    "/": "/",
    "/recipes": "/recipes",
    "/recipes/": "/recipes/",
    "/Recipes": "/Recipes",
    "/a b": "/a b",
    "/100%": "/100%",
    "/100%2": "/100%2",
    "/%zz": "/%zz",
    "/a?b#c": "/a?b#c",
    "/.well-known/x": "/.well-known/x",
    "/a/..b/...": "/a/..b/...",
    "/a.b/c..": "/a.b/c..",
    "/~ann/x,y=z:@!$&'()*+": "/~ann/x,y=z:@!$&'()*+",
    "/münchen".encode(): "/münchen",
    "/\u2028\U0001f955".encode(): "/\u2028\U0001f955",
}


@pytest.mark.parametrize(("sent", "read"), READ.items(), ids=map(repr, READ))
def test_a_path_is_read_as_it_stands(sent, read):
    assert RequestLine().path(environ(sent)) == read


#: Path and the reason told. The first block is CASES.md, the second what servers hand over.
REFUSED = [
    ("//", "empty segments"),
    ("//admin", "empty segments"),
    ("/a//b", "empty segments"),
    ("/a//", "empty segments"),
    ("/.", "segments"),
    ("/..", "segments"),
    ("/./admin", "segments"),
    ("/a/../admin", "segments"),
    ("/a/..", "segments"),
    ("/a/./", "segments"),
    ("/a\\b", "backslashes"),
    ("/\\..\\admin", "backslashes"),
    ("/admin;x=1", "semicolons"),
    ("/..;/admin", "semicolons"),
    ("/;/admin", "semicolons"),
    ("/admin%2f", "percent-encoding"),
    ("/%2E%2E/admin", "percent-encoding"),
    ("/%00", "percent-encoding"),
    ("/a%41", "percent-encoding"),
    ("/admin\n", "control characters"),
    ("/admin\r\nX: y", "control characters"),
    ("/admin\x00", "control characters"),
    ("/\x7f", "control characters"),
    ("/\t", "control characters"),
    (b"/\xc2\x85", "control characters"),
    (b"/\xc2\x9f", "control characters"),
    # Werkzeug's server makes U+FFFD of what it cannot decode.
    ("/\ufffd".encode(), "control characters"),
    (b"/adm\xffin", "not valid UTF-8"),
    (b"/\xff\xc0\xaf", "not valid UTF-8"),
    (b"/\xc0\xaf", "not valid UTF-8"),  # overlong
    (b"/\xc0\xae\xc0\xae/admin", "not valid UTF-8"),
    (b"/\xed\xa0\x80", "not valid UTF-8"),  # a surrogate
    (b"/\xf4\x90\x80\x80", "not valid UTF-8"),  # beyond Unicode
    (b"/\xc3", "not valid UTF-8"),
    ("/\u4e00", "not valid UTF-8"),  # no server may do this (PEP 3333)
    ("admin", "begin with a slash"),
    ("*", "begin with a slash"),
    ("http://evil/admin", "begin with a slash"),
    ("?x", "begin with a slash"),
]


@pytest.mark.parametrize(("sent", "told"), REFUSED, ids=lambda v: repr(v))
def test_an_ambiguous_path_is_refused_and_not_echoed(sent, told):
    with pytest.raises(Problem) as caught:
        RequestLine().path(environ(sent))
    problem = caught.value
    assert (problem.status, problem.problem_code) == (400, "ambiguous-path")
    assert told in problem.detail
    assert "admin" not in problem.detail


@given(st.text(alphabet="/.;%2fFeE\\\n\x00ab\u00e9\ufffd", max_size=12))
def test_what_is_read_is_read_alike_by_everybody(path):
    """The strict reading accepts no path that a lenient reader could take for another."""
    raw = path.encode().decode("latin-1")
    try:
        read = RequestLine(mount="").path(environ(raw))
    except Problem:
        return
    assert readings(read.encode()) == {read}


def test_relaxations_let_by_what_they_name_and_no_more():
    samples = {
        "double-slash": "/a//b",
        "dot": "/a/../b",
        "semicolon": "/a;b",
        "encoded": "/a%2fb",
        "backslash": "/a\\b",
    }
    for name, path in samples.items():
        line = RequestLine(allow_path=[name])
        assert line.path(environ(path)) == path
        assert line.other_readings(path)
        assert not line.other_readings("/plain")
        for other in samples.values():
            if other != path:
                with pytest.raises(Problem):
                    line.path(environ(other))
        for never in ("/\n", b"/\xff", "admin"):
            with pytest.raises(Problem):
                line.path(environ(never))


def test_a_relaxed_path_with_too_many_readings_is_refused():
    line = RequestLine(allow_path=["encoded"])
    path = "/%" + "25" * MOST
    assert line.path(environ(path)) == path
    with pytest.raises(Problem, match="ambiguous-path"):
        line.other_readings(path)


READINGS = {
    b"/a": {"/a"},
    b"//a": {"//a", "/a"},
    b"/a/../b": {"/a/../b", "/b"},
    b"/../a": {"/../a", "/a"},
    b"/a/.": {"/a/.", "/a/"},
    b"/a;x/b": {"/a;x/b", "/a/b"},
    b"/a\\b": {"/a\\b", "/a/b"},
    b"/%61": {"/%61", "/a"},
    b"/%2561": {"/%2561", "/%61", "/a"},
    b"/a\n": {"/a\n", "/a"},
    b"/a\0b": {"/a\0b", "/ab", "/a"},
    b"/\xffa": {"/\udcffa", "/a"},
    b"a": {"a", "/a"},
    b"./a": {"./a", "/./a", "/a", "a"},
}


@pytest.mark.parametrize(("path", "expected"), READINGS.items(), ids=map(repr, READINGS))
def test_readings(path, expected):
    assert readings(path) == expected


def test_the_number_of_readings_is_bounded():
    assert readings(b"/%" + b"25" * MOST) is None
    assert readings(b"/%" + b"25" * (MOST - 2)) is not None


def test_the_bytes_of_all_readings_are_bounded():
    """Fifty readings of 64 KiB took 200 ms: found by fuzzing."""
    long = b"//a\\\xff;b" * 9000
    assert readings(long) is None
    assert len(readings(long[:700])) == 17
    assert Scope(["/api"]).reaches(environ(long))
    assert len(readings(b"/" + b"a" * 64000 + b"//")) == 2
    assert readings(b"/" * MOST_BYTES) is None
    longest = b"/".ljust(MOST_BYTES, b"a")
    assert readings(longest) == {longest.decode()}
    assert readings(longest + b"a") is None


@given(st.binary(max_size=20))
def test_a_plain_path_has_one_reading(path):
    text = path.decode("latin-1")
    if is_plain(text):
        assert readings(path) == {text}


PLAIN_VALUES = {
    "/": "/",
    "/i/7": "/i/7",
    "/i/0": "/i/0",
    "/i/007": "/i/7",
    "/i/00/x": "/i/0/x",
    "/i/+7": "/i/7",
    "/i/-7": "/i/7",
    "/i/1_0": "/i/10",
    "/i/1__0": "/i/1__0",
    "/i/_1": "/i/_1",
    "/i/ 7 ": "/i/7",
    "/i/\u0667": "/i/7",
    "/i/\uff17/": "/i/7/",
    "/i/1\u0660": "/i/10",
    "/i/\u00b2": "/i/\u00b2",  # a superscript is no digit for int
    "/i/7a": "/i/7a",
    "/i/0x7": "/i/0x7",
    "/i/7.0": "/i/7.0",
    "/01/02": "/1/2",
    "/v1/01": "/v1/1",
    f"/i/{'9' * 5000}": f"/i/{'9' * 5000}",
    f"/i/0{'9' * 5000}": f"/i/{'9' * 5000}",
    "/0b8f3f6e-0000-4000-8000-00000000abcd": "/0b8f3f6e-0000-4000-8000-00000000abcd",
    "/0B8F3F6E-0000-4000-8000-00000000ABCD": "/0b8f3f6e-0000-4000-8000-00000000abcd",
    "/0b8f3f6e00004000800000000000abcd/x": "/0b8f3f6e-0000-4000-8000-00000000abcd/x",
    "/{0b8f3f6e-0000-4000-8000-00000000abcd}": "/0b8f3f6e-0000-4000-8000-00000000abcd",
    f"/{'g' * 40}": f"/{'g' * 40}",
}


@pytest.mark.parametrize(("path", "plain"), PLAIN_VALUES.items(), ids=lambda v: ascii(v)[:40])
def test_numbers_and_uuids_are_read_as_converters_do(path, plain):
    assert plain_values(path) - {plain} == set()
    assert (plain in plain_values(path)) is (plain != path)


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        (f"/w/{'1' * 32}", {f"/w/{UUID('1' * 32)}"}),
        (f"/w/0{'1' * 31}", {f"/w/{'1' * 31}", f"/w/{UUID('0' + '1' * 31)}"}),
        (f"/w/{chr(0xFF11) * 32}", {f"/w/{'1' * 32}", f"/w/{UUID('1' * 32)}"}),
        (f"/01/{'1' * 32}", {f"/1/{UUID('1' * 32)}", f"/01/{UUID('1' * 32)}", f"/1/{'1' * 32}"}),
    ],
)
def test_32_digits_are_a_number_and_a_uuid(path, plain):
    assert plain_values(path) == plain


@pytest.mark.parametrize("method", METHODS)
def test_known_methods(method):
    assert RequestLine().method(environ(method=method)) == method


@pytest.mark.parametrize("method", ["get", "Get", "FOO", "TRACE", "CONNECT", "", "GET ", "LOCK"])
def test_an_unknown_method_is_501(method):
    with pytest.raises(Problem) as caught:
        RequestLine().method(environ(method=method))
    assert (caught.value.status, caught.value.problem_code) == (501, "method-not-implemented")


def test_more_methods_can_be_known():
    line = RequestLine(methods=["LOCK", "M-SEARCH"])
    assert line.method(environ(method="LOCK")) == "LOCK"
    assert line.method(environ(method="M-SEARCH")) == "M-SEARCH"


MOUNTS = [
    # mount, SCRIPT_NAME of the process, that of the request, served
    (None, None, "", True),
    (None, None, None, True),  # PEP 3333 allows it to be absent
    (None, None, "/p", False),
    (None, "/shop", "/shop", True),
    (None, "/shop", "", False),
    (None, "/shop", None, False),
    (None, "/shop", "/shop/", False),
    ("/shop", None, "/shop", True),
    ("/shop", None, "/SHOP", False),
    ("/shop", "/other", "/other", False),
    (["", "/shop"], None, "", True),
    (["", "/shop"], None, "/shop", True),
    (["", "/shop"], None, "/sho", False),
    ("/caf\u00e9", None, "/caf\u00c3\u00a9", True),
]


@pytest.mark.parametrize(("mount", "process", "sent", "served"), MOUNTS)
def test_script_name(monkeypatch, mount, process, sent, served):
    if process is not None:
        monkeypatch.setenv("SCRIPT_NAME", process)
    line = RequestLine(mount=mount)
    request = environ("/admin", SCRIPT_NAME=sent)
    if sent is None:
        del request["SCRIPT_NAME"]
    if served:
        assert line.path(request) == "/admin"
    else:
        with pytest.raises(Problem, match="ambiguous-path") as caught:
            line.path(request)
        assert caught.value.detail == "The app is not mounted where the request says."


WRONG = [
    ({"methods": ["get"]}, "methods", "upper case"),
    ({"methods": ["GE T"]}, "methods", "upper case"),
    ({"methods": [""]}, "methods", "upper case"),
    ({"methods": "LOCK"}, "methods", "list of strings"),
    ({"methods": [1]}, "methods", "list of strings"),
    ({"methods": 1}, "methods", "list of strings"),
    ({"mount": "shop"}, "mount", "/shop"),
    ({"mount": "/shop/"}, "mount", "/shop"),
    ({"mount": "/"}, "mount", "/shop"),
    ({"mount": []}, "mount", "names no mount"),
    ({"mount": [None]}, "mount", "list of strings"),
    ({"allow_path": ["dots"]}, "allow_path", 'did you mean "dot"?'),
    ({"allow_path": [""]}, "allow_path", "known are"),
    ({"allow_path": "dot"}, "allow_path", "list of strings"),
]


@pytest.mark.parametrize(("options", "key", "told"), WRONG, ids=str)
def test_wrong_options(options, key, told):
    with pytest.raises(PolicyError) as caught:
        RequestLine(**options)
    assert caught.value.key == key
    assert told in str(caught.value)


def test_a_wrong_script_name_of_the_process_is_refused_at_start(monkeypatch):
    monkeypatch.setenv("SCRIPT_NAME", "/shop/")
    with pytest.raises(PolicyError, match="mount"):
        RequestLine()


OVERRIDES = [
    # method, query, headers, the other method
    ("POST", "", {}, None),
    ("POST", "", {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"}, "DELETE"),
    ("POST", "", {"HTTP_X_HTTP_METHOD": "PUT"}, "PUT"),
    ("POST", "", {"HTTP_X_METHOD_OVERRIDE": " patch "}, "PATCH"),
    ("GET", "", {"HTTP_X_HTTP_METHOD_OVERRIDE": "GET"}, None),
    ("GET", "", {"HTTP_X_HTTP_METHOD_OVERRIDE": ""}, None),
    ("GET", "", {"HTTP_X_HTTP_METHOD_OVERRIDE": "get", "HTTP_X_HTTP_METHOD": "PUT"}, "PUT"),
    ("POST", "", {"HTTP_X_HTTP_METHOD": "PUT", "HTTP_X_METHOD_OVERRIDE": "DELETE"}, "several"),
    ("POST", "_method=DELETE", {"HTTP_X_HTTP_METHOD": "PUT"}, "several"),
    ("POST", "_method=PUT", {"HTTP_X_HTTP_METHOD": "PUT"}, "PUT"),
    ("POST", "_method=DELETE", {}, "DELETE"),
    ("POST", "a=b&_method=delete&c", {}, "DELETE"),
    ("POST", "%5fmethod=DELETE", {}, "DELETE"),
    ("POST", "%5F%6d%65%74%68%6F%64=DEL%45TE", {}, "DELETE"),
    ("POST", "a=1;_method=DELETE", {}, "DELETE"),  # Bottle splits at semicolons
    ("POST", "_method=PUT;x", {}, "several"),
    ("POST", "_method=PUT&_method=DELETE", {}, "several"),
    ("POST", "_method=POST&_method=DELETE", {}, "DELETE"),
    ("POST", "_method", {}, None),
    ("POST", "_method=", {}, None),
    ("POST", "_METHOD=DELETE", {}, None),
    ("POST", "x_method=DELETE", {}, None),
    ("POST", "q=_method", {}, None),
    ("POST", "q=100%25", {}, None),
    ("POST", "_method=+delete+", {}, "DELETE"),
    ("POST", "&" * 5000 + "_method=DELETE", {}, "DELETE"),
]


@pytest.mark.parametrize(("method", "query", "headers", "expected"), OVERRIDES, ids=str)
def test_overrides(method, query, headers, expected):
    request = environ("/", method, query, **headers)
    if expected == "several":
        with pytest.raises(Problem, match="several methods"):
            overridden(request)
    else:
        assert overridden(request) == expected


def test_an_environ_without_a_query_has_no_override():
    request = environ()
    del request["QUERY_STRING"]
    assert overridden(request) is None


#: Inside: the policy applies. Outside: the bare app gets it. Prefixes: /api, /münchen.
SCOPE = {
    "/api": True,
    "/api/": True,
    "/api/users": True,
    "/api/users\n": True,
    "/apis": False,
    "/ap": False,
    "/": False,
    "": False,
    "/other": False,
    "/other;x": False,
    "/other/%2e": False,
    "/x/api": False,
    "/API": False,
    "//api": True,
    "///api/x": True,
    "/./api": True,
    "/x/../api": True,
    "/x/../../api": True,
    "/%61pi": True,
    "/%2561pi": True,
    "/api;x": True,
    "/;x/api": True,
    "/..;/api": True,
    "/x/..;y/api": True,
    "/\\api": True,
    "\\api": True,
    "/x\\..\\api": True,
    "api": True,
    "./api": True,
    "../api": True,
    "*": False,
    "/api\n": True,
    "/ap\x00i": True,
    "/api\x00.png": True,
    "/api%00": True,
    "/api%0a": True,
    b"/ap\xffi": True,
    b"/ap\xc0\xafi": True,
    b"/\xc0\xaeapi": True,
    "/ap\ufffdi".encode(): True,
    "/other/caf\u00e9".encode(): False,
    "/m\u00fcnchen".encode(): True,
    "/m\u00fcnchen/x".encode(): True,
    b"/m\xfcnchen": True,  # as somebody who decodes Latin-1 reads it
    "/\u4e00": True,  # not to be read at all: refused further in
    "/%" + "25" * 60: True,  # more readings than anybody follows
}


@pytest.mark.parametrize(("path", "inside"), SCOPE.items(), ids=lambda v: repr(v)[:40])
def test_scope(path, inside):
    assert Scope(["/api/", "/m\u00fcnchen"]).reaches(environ(path)) is inside


UUID = "0b8f3f6e-0000-4000-8000-00000000abcd"
VALUES = {
    "/t/7": True,
    "/t/7/x": True,
    "/t/07/x": True,
    "/t/+7": True,
    "/t/7_/x": False,
    b"/t/\xd9\xa7/x": True,
    b"/t/\xd9\xa8/x": False,
    "/x/../t/007": True,
    "/t/8": False,
    f"/u/{UUID}": True,
    f"/u/{UUID.upper()}/x": True,
    f"/u/{UUID.replace('-', '')}/x": True,
    f"/u/{{{UUID}}}/x": True,
    f"/u/{UUID[:-1]}e/x": False,
}


@pytest.mark.parametrize(("path", "inside"), VALUES.items(), ids=ascii)
def test_a_number_in_a_prefix_is_the_number_in_every_spelling(path, inside):
    """Flask takes `/t/07` for 7, Falcon `/t/+7`; an app behind `/t/7` would be without a policy."""
    assert Scope(["/t/7", f"/u/{UUID}"]).reaches(environ(path)) is inside


def test_the_root_as_a_prefix_is_everything():
    scope = Scope(["/"])
    for path in ("", "/", "/x", "//x", "x", "*"):
        assert scope.reaches(environ(path))


WRONG_SCOPES = [
    ([], "names no prefix"),
    ("/api", "list of strings"),
    ([1], "list of strings"),
    (["api"], "begin with a slash"),
    ([""], "begin with a slash"),
    (["//api"], "empty segments"),
    (["/a/../b"], "segments"),
    (["/a\ud800"], "not valid UTF-8"),
]


@pytest.mark.parametrize(("paths", "told"), WRONG_SCOPES, ids=ascii)
def test_wrong_prefixes(paths, told):
    with pytest.raises(PolicyError) as caught:
        Scope(paths)
    assert caught.value.key == "paths"
    assert told in str(caught.value)
