"""`statusware init`: the policy that it writes for apps of five frameworks."""

import json
import os
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statusware import Policy
from statusware.cli import main
from statusware.cli.draft_text import render
from statusware.policy.coverage import findings
from statusware.policy.draft import draft
from statusware.policy.overlap import AppRoute

SECRET = "0" * 32

FLASK = """
from flask import Flask
app = Flask(__name__, static_folder=None)
for name, rule, methods in (
    ("show", "/recipes/<int:id>", ["GET"]),
    ("drop", "/recipes/<int:number>", ["DELETE"]),
    ("recipes", "/recipes", ["GET", "POST"]),
    ("one", "/u/<uuid:id>/x", ["PUT"]),
    ("files", "/files/<path:rest>", ["GET"]),
    ("page", "/files/<path:rest>/edit", ["POST"]),
    ("coded", "/a/<string(length=2):code>.json", ["GET"]),
    ("any", "/b/<any(x, y):which>", ["GET"]),
    ("float", "/c/<float:y>", ["GET", "PURGE"]),
    ("semi", "/semi;colon", ["GET"]),
    ("twice", "//twice//x", ["GET"]),
    ("slash", "/slash/", ["GET"]),
    ("noslash", "/slash", ["GET"]),
):
    app.add_url_rule(rule, name, list, methods=methods)
"""
PYRAMID = """
from pyramid.config import Configurator
with Configurator() as config:
    for name, pattern in (
        ("a", "/a/{id:[0-9]+}"), ("b", "b/{x:[a-z]{2}}"), ("c", "/c/*rest"), ("d", "/d/*traverse"),
    ):
        config.add_route(name, pattern)
        config.add_view(lambda request: {}, route_name=name, renderer="json")
    config.add_view(lambda request: {}, name="edit", request_method="POST", renderer="json")
    config.add_view(lambda request: {}, context=dict, renderer="json")
    app = config.make_wsgi_app()
"""
FALCON = """
import falcon
class Thing:
    def on_get(self, request, response, **values): ...
    on_put = on_get
app = falcon.App()
for path in ("/a/{id:int(min=1)}", "/b/{x}/{y:uuid}", "/c/{x:path}", "/d/{x}.json"):
    app.add_route(path, Thing())
"""
BOTTLE = """
import bottle
app = bottle.Bottle()
for path in ("/a/<id:int>", "/b/<x>", "/c/<x:path>", "/d/<x:re:[a-z]+>", "/e/<x:path>/f"):
    app.route(path, ["GET", "DELETE"], list)
    app.route("/any" + path, "ANY", list)
"""
DJANGO = """
from django.urls import include, path, re_path
from tests.django_app import DjangoApp, Urls
import django.urls
def view(request, **values): ...
urls = [
    path("a/<int:id>/", view), path("b/<slug:x>", view, name="b"), path("c/<path:x>", view),
    path("d/", include([re_path(r"^(?P<y>[0-9]{4})/$", view), re_path(r"^z/(?P<rest>.*)$", view)])),
    re_path(r"^(\\\\d+)/(?P<x>x|y)$", view),
]
django.urls.set_urlconf(Urls(urls))
app = DjangoApp(urls)
"""
APPS = {"flask": FLASK, "pyramid": PYRAMID, "falcon": FALCON, "bottle": BOTTLE, "django": DJANGO}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setenv("JWT_SECRET", SECRET)
    yield tmp_path
    sys.modules.pop("initshop", None)
    if "django.urls" in sys.modules:
        sys.modules["django.urls"].set_urlconf(None)


def rules(path="statusware.toml"):
    return tomllib.loads(Path(path).read_text("utf-8")).get("routes", [])


def by_match(path="statusware.toml"):
    return {row["match"]: {k: v for k, v in row.items() if k != "match"} for row in rules(path)}


DENIED, KNOWN = {"deny": ["everyone"]}, {"allow": ["authenticated"]}


@pytest.mark.parametrize("name", APPS)
def test_what_is_written_covers_the_app_and_passes_check(name, folder, capsys):
    (folder / "initshop.py").write_text(APPS[name], "utf-8")
    assert main(["init", "initshop:app", "--schema", "s.json"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "next: edit it, set JWT_SECRET, then: statusware check initshop:app"
    assert main(["check", "initshop:app", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {each["kind"] for each in found} <= {"closed", "refused"}
    for row in rules():
        changing = set(row["match"].split(" ")[0].split(",")) - {"GET", "HEAD", "OPTIONS"}
        assert row.get("allow") == (None if changing else ["authenticated"])
        assert row.get("deny") == (["everyone"] if changing else None)


def test_flask_in_all_its_forms(folder):
    (folder / "initshop.py").write_text(FLASK, "utf-8")
    main(["init", "initshop:app"])
    assert by_match() == {
        "GET /recipes/{id:int}": KNOWN,
        "DELETE /recipes/{number:int}": DENIED,
        "GET /recipes": KNOWN,
        "POST /recipes": DENIED,
        "PUT /u/{id:uuid}/x": DENIED,
        "GET /files/{rest:path}": KNOWN,
        "POST /files/{rest:path}": DENIED,
        "GET /a/{part0}": KNOWN,
        "GET /b/{which}": KNOWN,
        "GET /c/{y}": KNOWN,
        "PURGE /c/{y}": DENIED,
        "GET /slash/": KNOWN,
        "GET /slash": KNOWN,
    }
    text = Path("statusware.toml").read_text("utf-8")
    assert 'methods  = ["PURGE"]' in text
    for note in (
        "the app has /a/<string(length=2):code>.json",
        "the app has /b/<any(x, y):which>",
        "a policy cannot have {rest:path} before the end; this takes in all below",
        "No request gets to GET /semi;colon",
        "The path must not hold semicolons.",
        "No request gets to GET //twice//x",
    ):
        assert f"\n# {note}\n" in text
    assert "the app has /recipes" not in text


def test_traversal_in_pyramid(folder):
    (folder / "initshop.py").write_text(PYRAMID, "utf-8")
    main(["init", "initshop:app"])
    assert by_match()["POST,PUT,PATCH,DELETE /{traverse:path}"] == DENIED
    assert by_match()["GET /{traverse:path}"] == by_match()["GET /"] == KNOWN
    assert by_match()["GET /d/{traverse:path}"] == KNOWN
    assert by_match()["GET /c/"] == by_match()["GET /c/{rest:path}"] == KNOWN
    text = Path("statusware.toml").read_text("utf-8")
    assert "/*traverse/edit: found by traversal; which paths there are, only resources know" in text


def test_without_an_app_it_is_a_skeleton(folder, capsys):
    assert main(["init"]) == 0
    assert "a skeleton" in capsys.readouterr().out
    assert rules() == []
    policy = Policy.load("statusware.toml")
    assert policy.table.unlisted == "reject"
    assert list(policy.schemes) == ["bearer"]


def uncommented(line):
    """The TOML in a comment, where there is some."""
    bare = line.removeprefix("# ")
    try:
        tomllib.loads(bare)
    except tomllib.TOMLDecodeError:
        return line
    return bare


@pytest.mark.parametrize("args", [[], ["initshop:app"]])
def test_what_is_commented_out_is_valid_once_it_is_not(folder, args):
    """As a user would do it who takes the marks away; schemes need what they name."""
    (folder / "initshop.py").write_text(FLASK, "utf-8")
    (folder / "keys.toml").touch()
    (folder / "schemas").mkdir()
    (folder / "schemas/recipe.json").write_text("{}")
    (folder / "users.htpasswd").write_text("ann:$2b$04$" + "a" * 53)
    main(["init", *args])
    text = "\n".join(map(uncommented, Path("statusware.toml").read_text("utf-8").splitlines()))
    text = text.replace("shop.auth:identify", "json:loads").replace(
        "shop.models.RecipeNotFound", "KeyError"
    )
    document = tomllib.loads(text)
    assert set(document["auth"]) == {"bearer", "api_key", "basic", "session"}
    if not args:
        assert len(document["routes"]) == 3
    assert Policy(document).schemes


def test_nobody_starts_without_the_secret(folder, monkeypatch, capsys):
    main(["init"])
    monkeypatch.delenv("JWT_SECRET")
    assert main(["serve", "shop:app"]) == 2
    assert "the environment variable JWT_SECRET is not set" in capsys.readouterr().err
    assert SECRET not in Path("statusware.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("reads", "row"),
    [("everyone", {"allow": ["everyone"]}), ("nobody", DENIED), ("authenticated", KNOWN)],
)
def test_who_reads(folder, reads, row):
    (folder / "initshop.py").write_text(FLASK, "utf-8")
    assert main(["init", "initshop:app", "--reads", reads]) == 0
    assert by_match()["GET /recipes"] == row
    assert by_match()["POST /recipes"] == DENIED
    assert main(["check", "initshop:app"]) == 0


@pytest.mark.parametrize("there", ["statusware.toml", "s.json"])
def test_no_file_is_overwritten(folder, there, capsys):
    (folder / there).write_text("mine")
    assert main(["init", "--schema", "s.json"]) == 2
    assert f"{there}: is there already; --force writes over it" in capsys.readouterr().err
    assert sorted(os.listdir(folder)) == [there]
    assert (folder / there).read_text() == "mine"
    assert main(["init", "--schema", "s.json", "--force"]) == 0
    assert (folder / there).read_text() != "mine"


def test_a_link_to_nowhere_is_a_file_too(folder, capsys):
    (folder / "statusware.toml").symlink_to("elsewhere")
    assert main(["init"]) == 2
    assert not (folder / "elsewhere").exists()


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--policy", "no/such/folder.toml"], "no/such/folder.toml: cannot be written: No such"),
        (["--policy", "."], ".: cannot be written"),
        (["nowhere:app"], "does not import"),
        (["json:loads"], "is no WSGI app"),
        (["json:JSONDecoder"], "its routes cannot be read"),
        (["--reads", "all"], "--reads"),
    ],
)
def test_what_init_refuses(args, told, folder, capsys):
    assert main(["init", "--force", *args]) == 2
    assert told in capsys.readouterr().err
    assert os.listdir(folder) == []


@pytest.mark.parametrize(
    ("policy", "schema", "line"),
    [
        ("statusware.toml", "s.json", "#:schema ./s.json"),
        ("a/p.toml", "s.json", "#:schema ../s.json"),
        ("a/p.toml", "a/b c.json", "#:schema ./b%20c.json"),
        ("p.toml", "a/x\ny.json", "#:schema ./a/x%0Ay.json"),
    ],
)
def test_the_schema_is_named_for_editors(folder, policy, schema, line):
    (folder / "a").mkdir()
    assert main(["init", "--policy", policy, "--schema", schema]) == 0
    first, second, *_ = Path(policy).read_text("utf-8").splitlines()
    assert (first, second) == (line, "")  # taplo wants a line of its own
    assert json.loads(Path(schema).read_text("utf-8"))["title"] == "statusware policy"
    assert Policy.load(policy)


def test_on_stdout(folder, capsys):
    assert main(["init", "--policy", "-"]) == 0
    assert tomllib.loads(capsys.readouterr().out)["api"] == {"unlisted": "reject"}
    assert main(["init", "--policy", "-", "--format", "json"]) == 0
    assert "[auth.bearer]" in json.loads(capsys.readouterr().out)["text"]
    assert os.listdir(folder) == []


SEGMENTS = st.one_of(
    st.sampled_from(
        ["a", "b", "{x}", "{x:int}", "{y:uuid}", "{z:path}", "{größe}", "{1a}", "{x:float}", ""]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="/"), max_size=4),
)
METHODS = st.one_of(
    st.none(),
    st.frozensets(
        st.sampled_from(
            ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE", "LINK", "get", "A B"]
        ),
        min_size=1,
    ),
)
ROUTES = st.lists(
    st.builds(
        AppRoute,
        st.lists(SEGMENTS, max_size=4).map(lambda parts: "/" + "/".join(parts)),
        METHODS,
        st.text(max_size=3),
        st.text(max_size=3),
        st.sampled_from([None, None, None, "", "edit"]),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(ROUTES)
def test_whatever_the_routes_are_called(routes):
    """A policy that loads, covers each of them, and is open to nobody unknown."""
    text = render(draft(routes), app="shop:app", policy="p.toml", schema="", reads="authenticated")
    policy = Policy(tomllib.loads(text.replace('{env = "JWT_SECRET"}', f'"{SECRET}"')))
    found = findings(policy, routes)
    assert [each for each in found if each.level == "error" and each.kind == "uncovered"] == []
    assert [each for each in found if each.kind in ("never-allows", "open-write")] == []
    for route in policy.routes:
        assert route.deny == ["everyone"] or route.methods <= {"GET", "HEAD", "OPTIONS"}
        assert route.allow == ["authenticated"] or route.deny == ["everyone"]
