"""`statusware openapi`: files in, files out, one line where it cannot be."""

import inspect
import json
import sys

import pytest
from flask import Flask, jsonify

from statusware import Policy
from statusware.cli import main

from .judges import validate
from .policies import SECRET
from .test_merge import OK, theirs

yaml = pytest.importorskip("yaml")

app = Flask("shop")
NUMBER = {"name": "n", "in": "path", "required": True, "schema": {"type": "integer"}}


@app.get("/recipes/<int:number>")
@app.delete("/recipes/<int:number>")
def recipe(number):
    return {"number": number}


@app.get("/files/<path:name>")
@app.get("/secret")
def other(name=""):
    return name


@app.get("/openapi.json")
def document():
    return jsonify(theirs({"/recipes/{n}": {"get": {"responses": OK, "parameters": [NUMBER]}}}))


@app.get("/text")
def text():
    return "text"


@app.get("/list")
def listed():
    return [1]


def broken(environ, start_response):
    raise ValueError


def bare(environ, start_response):
    """Not of a framework."""


HERE = f"{__name__}:app"
POLICY = f"""
[auth.bearer]
secret = "{SECRET}"

[[routes]]
match = "* /recipes/{{id:int}}"
allow = ["everyone"]

[[routes]]
match = "GET /files/{{rest:path}}"

[[routes]]
match = "GET /elsewhere"
allow = ["everyone"]

[[routes]]
match = "GET /secret"
hide = true
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "statusware.toml").write_text(POLICY)
    return tmp_path


def made(capsys, *words):
    assert main(["openapi", *words]) == 0
    found = json.loads(capsys.readouterr().out)
    validate(found)
    return found


def test_the_policy(capsys):
    assert main(["openapi"]) == 0
    out, err = capsys.readouterr()
    assert err == "statusware: hidden routes, left out: 1\n"
    found = json.loads(out)
    assert found["info"] == {"title": "API", "version": "0"}
    assert list(found["paths"]) == ["/recipes/{id}", "/files/{rest}", "/elsewhere"]
    assert sorted(found["paths"]["/recipes/{id}"]) == ["delete", "get", "patch", "post", "put"]


def test_options(capsys):
    found = made(
        capsys, "--title", "Shop", "--api-version", "2", "--spec", "3.0", "--hidden", "--rules",
        "--all", "--server", "https://a.example", "--server", "/b",
    )  # fmt: skip
    assert found["openapi"] == "3.0.3"
    assert found["info"] == {"title": "Shop", "version": "2"}
    assert found["servers"] == [{"url": "https://a.example"}, {"url": "/b"}]
    assert found["paths"]["/elsewhere"]["get"]["x-allow"] == ["everyone"]
    assert "/secret" in found["paths"]
    assert "gone" in found["components"]["responses"]


def test_json_is_all_that_stdout_gets(capsys):
    """`--format json` keeps it for our object, whatever an app prints."""
    assert list(made(capsys, HERE, "--format", "json")["paths"]) == [
        "/recipes/{id}", "/files/{name}"
    ]  # fmt: skip


def test_the_routes_of_an_app(capsys):
    found = made(capsys, HERE)
    assert found["info"]["title"] == __name__.partition(".")[0]
    assert {path: sorted(item) for path, item in found["paths"].items()} == {
        "/recipes/{id}": ["delete", "get"],
        "/files/{name}": ["get"],
    }


def test_routes_of_an_app_outside_of_the_policy(capsys, folder):
    (folder / "statusware.toml").write_text(POLICY.replace("hide = true", "") + (
        '[api]\nunlisted = "pass"\n'
    ))  # fmt: skip
    text = made(capsys, HERE)["paths"]["/text"]["get"]
    assert sorted(text["responses"]) == ["2XX", "400", "500"]
    assert "security" not in text


def test_into_a_file(capsys, folder):
    (folder / "api.yaml").write_text(yaml.safe_dump(theirs({"/elsewhere": {"get": {}}})))
    assert main(["openapi", "--into", "api.yaml"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("info:")
    assert sorted(yaml.safe_load(out)["paths"]["/elsewhere"]["get"]["responses"]) == ["400", "500"]
    assert main(["openapi", "--into", "api.yaml", "--output", "out.json"]) == 0
    assert json.loads((folder / "out.json").read_text())["info"]["title"] == "Theirs"
    assert main(["openapi", "--into", "api.yaml", "--output", "out", "--format", "yaml"]) == 0
    assert yaml.safe_load((folder / "out").read_text())["info"]["title"] == "Theirs"
    assert capsys.readouterr() == ("", "")


def test_into_what_the_app_serves(capsys):
    found = made(capsys, HERE, "--at", "/openapi.json", "--base", "")
    assert sorted(found["paths"]["/recipes/{n}"]["get"]["responses"]) == [
        "200",
        "400",
        "404",
        "500",
    ]


def test_into_the_document_that_the_policy_is_made_of(capsys, folder):
    document = theirs({
        "/x": {"get": {"responses": OK, "security": []}},
        "/y/{id}.json": {"get": {"responses": OK, "security": [{"bearer": []}], "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]}},
    }, servers=[{"url": "/v1"}], components={"securitySchemes": {
        "bearer": {"type": "http", "scheme": "bearer"}}})  # fmt: skip
    (folder / "api.json").write_text(json.dumps(document))
    (folder / "statusware.toml").write_text(
        f'[api]\nopenapi = "api.json"\nopenapi_base = "/other"\n'
        f'openapi_templates = "nearest"\n[auth.bearer]\nsecret = "{SECRET}"\n'
    )
    found = made(capsys)
    assert sorted(found["paths"]["/x"]["get"]["responses"]) == ["200", "400", "500"]
    file = found["paths"]["/y/{id}.json"]["get"]
    assert sorted(file["responses"]) == ["200", "400", "401", "404", "500"]
    assert file["security"] == [{"bearer": []}]
    # It looks like the one that it is made of.
    (folder / "api.yaml").write_text(json.dumps(document))
    (folder / "statusware.toml").write_text(
        (folder / "statusware.toml").read_text().replace("api.json", "api.yaml")
    )
    assert main(["openapi"]) == 0
    assert capsys.readouterr().out.startswith("openapi: 3.1.0\n")


WRONG = [
    (["--base", "/x"], "--base is for --into and --at"),
    (["--into", "missing.json"], "missing.json: No such file"),
    (["--into", "statusware.toml"], "statusware.toml"),
    (["--into", "api.json", "--spec", "3.0"], "--spec is for a document of our own"),
    (["--into", "api.json", "--api-version", "1"], "--api-version is for a document of our own"),
    (["--into", "api.json", "--server", "/x"], "--server is for a document of our own"),
    (["--into", "api.json", "--all"], "--all is for a document of our own"),
    ([HERE, "--into", "api.json"], "leave out APP"),
    (["--at", "/openapi.json"], "--at is a path of APP"),
    ([HERE, "--at", "/nothing"], "/nothing answers 404 NOT FOUND"),
    ([HERE, "--at", "/text"], "/text: The body is not valid JSON"),
    ([HERE, "--at", "/list"], "/list is no document"),
    ([f"{__name__}:broken", "--at", "/x"], "/x raises ValueError"),
    ([f"{__name__}:bare"], "app: its routes cannot be read"),
    (["--output", "/nowhere/x.json"], "/nowhere/x.json: --output: cannot be written"),
    (["--format", "xml"], "'xml' is not one of 'json', 'yaml'"),
    (["--policy", "missing.toml"], "missing.toml: cannot be read"),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_what_is_wrong_is_told_in_one_line(words, told, capsys, folder):
    (folder / "api.json").write_text(json.dumps(theirs()))
    assert main(["openapi", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert err.removeprefix("statusware: hidden routes, left out: 1\n").count("\n") == 1


def test_yaml_needs_pyyaml(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert main(["openapi", "--format", "yaml"]) == 2
    assert 'pip install "statusware[openapi]"' in capsys.readouterr().err


def test_every_option_has_an_example(capsys):
    assert main(["openapi", "--help"]) == 0
    told = capsys.readouterr().out
    options, _, examples = told.partition("Example:")
    for line in options.splitlines():
        if (word := line.strip().partition(" ")[0]).startswith("--") and word != "--help":
            assert word in examples, word


def test_a_schema_that_nests_too_deeply(capsys, folder, monkeypatch):
    schema = {"type": "object"}
    for _ in range(40):
        schema = {"if": {"minItems": 1}, "then": schema}
    (folder / "deep.json").write_text(json.dumps(schema))
    (folder / "statusware.toml").write_text(
        '[[routes]]\nmatch = "POST /x"\nallow = ["everyone"]\nbody = "deep.json"\n'
    )
    assert main(["openapi", "--spec", "3.0"]) == 0
    capsys.readouterr()
    loads = Policy.load

    def load(path, **options):
        """As ever, but that afterwards little room is left."""
        found = loads(path, **options)
        sys.setrecursionlimit(len(inspect.stack()) + 60)
        return found

    limit = sys.getrecursionlimit()
    monkeypatch.setattr("statusware.cli.openapi.Policy.load", load)
    try:
        assert main(["openapi", "--spec", "3.0"]) == 2
    finally:
        sys.setrecursionlimit(limit)
    assert "schemas: nests too deeply to be written down" in capsys.readouterr().err
