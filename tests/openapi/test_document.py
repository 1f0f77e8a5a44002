"""Documents: files and what they refer to, YAML as JSON has it, and hostile ones."""

import contextlib
import copy
import datetime
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusware import Policy, PolicyError, wrap
from statusware.body.schema import yaml
from statusware.cli import main
from statusware.openapi.document import Document
from tests.layers.tools import ask

from .tools import OK, SECRET, app, body, document, schema_of

pytest.importorskip("yaml")

PETS = document({"GET /pets": {"operationId": "list"}, "POST /pets": body({"type": "object"})},
                security=[{}])  # fmt: skip

#: YAML, and the value that JSON would have.
YAML = {
    "status numbers": ("200: a\n'404': b\n", {"200": "a", "404": "b"}),
    "words that YAML 1.1 takes for booleans": (
        "on: yes\nno: off\ny: n\n",
        {"on": "yes", "no": "off", "y": "n"},
    ),
    "booleans": ("- true\n- False\n- 'true'\n", [True, False, "true"]),
    "keys that look like others": (
        "true: 1\nnull: 2\n1.5: 3\n~: 4\n",
        {"true": 1, "null": 2, "1.5": 3, "~": 4},
    ),
    "null": ("- null\n- ~\n-\n- ''\n", [None, None, None, ""]),
    "dates": ("- 2024-12-31\n- 2024-12-31T10:00:00Z\n", ["2024-12-31", "2024-12-31T10:00:00Z"]),
    "times of the day": ("- 10:30\n- 1:30:00\n", ["10:30", "1:30:00"]),
    "integers": (
        "[1, -5, +5, 0, 007, 0x1f, 0o7, 1_000]",
        [1, -5, 5, 0, "007", "0x1f", "0o7", "1_000"],
    ),
    "numbers": ("[1.5, .5, 5., 1e3, -1.5e-3, 01.5]", [1.5, 0.5, 5.0, 1000.0, -0.0015, "01.5"]),
    "versions": ("openapi: 3.1.0\nv: 1.0\n", {"openapi": "3.1.0", "v": 1.0}),
    "tags that JSON has": (
        "- !!str 200\n- !!int 5\n- ! 5\n- !!map {a: 1}",
        ["200", 5, "5", {"a": 1}],
    ),
    "an alias": ("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n", {"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}] * 2}),
    "an alias for a key": ("a: &x b\n*x : 1\n", {"a": "b", "b": 1}),
    "merged": ("a: &x {b: 1, c: 2}\nd: {c: 3, <<: *x}\n", {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}}),
    "merged from several": (
        "- &x {a: 1}\n- &y {a: 2, b: 2}\n- {<<: [*x, *y], c: 3}\n",
        [{"a": 1}, {"a": 2, "b": 2}, {"a": 1, "b": 2, "c": 3}],
    ),
    "a quoted arrow": ("'<<': {a: 1}\n", {"<<": {"a": 1}}),
    "blocks of text": ("a: |\n  b\n  c\nd: >\n  e\n  f\n", {"a": "b\nc\n", "d": "e f\n"}),
    "nothing": ("", None),
    "one scalar": ("5", 5),
}  # fmt: skip


@pytest.fixture(params=[True, False], ids=["libyaml", "pure"])
def parser(request, monkeypatch):
    import yaml as library

    if request.param and not library.__with_libyaml__:
        pytest.skip("PyYAML without libyaml")
    monkeypatch.setattr(library, "__with_libyaml__", request.param)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("text", "value"), list(YAML.values()), ids=list(YAML))
def test_yaml(text, value):
    found = yaml.loads(text.encode())
    assert found == value
    assert json.dumps(found) == json.dumps(found, sort_keys=False)


#: YAML that is refused, and what is told.
NOT_YAML = {
    "no YAML": ("a: [", "not readable as YAML"),
    "a tab": ("a:\n\t- b", "not readable as YAML, line 2"),
    "a key twice": ("a: 1\nb: 2\na: 3\n", "the key 'a' stands twice, line 3"),
    "a key that is a list": ("? [a]\n: b\n", "a key that is no text, line 1"),
    "an alias for such a key": ("a: &x [b]\n*x : 1\n", "a key that is no text, line 2"),
    "an alias of nothing": ("a: *x", "*x is not there, or within itself, line 1"),
    "an alias of itself": ("a: &x [*x]", "*x is not there, or within itself"),
    "an object of Python": ("a: !!python/object/apply:os.system [ls]", "the tag tag:yaml.org,2002:python"),
    "a tag of one's own": ("a: !include b.yaml", "the tag !include is not taken, line 1"),
    "binary": ("a: !!binary aGk=", "2002:binary is not taken"),
    "infinite": ("a:\n - .inf", "a number that JSON cannot say, line 2"),
    "not a number": ("a: .NaN", "a number that JSON cannot say"),
    "too large a number": ("a: 1e999", "a number that JSON cannot say"),
    "two documents": ("---\na: 1\n---\nb: 2\n", "more than one YAML document, line 3"),
    "a scalar merged": ("a: &x 5\nb: {<<: *x}\n", "<< merges what is no mapping, line 2"),
    "nested without end": ("[" * 500 + "]" * 500, "levels"),
    "laughter": (
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)),
        "more than 5,000,000 values, aliases counted",
    ),
    "laughter by merging": (
        "a: &a {a: 1}\n"
        + "".join(f"{b}: &{b} {{<<: [{', '.join([f'*{a}'] * 10)}]}}\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)),
        "more than 5,000,000 values",
    ),
    "bytes that are no text": ("\x00", "not readable as YAML"),
}  # fmt: skip


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("text", "told"), list(NOT_YAML.values()), ids=list(NOT_YAML))
def test_what_is_no_such_yaml(text, told):
    with pytest.raises(PolicyError) as caught:
        yaml.loads(text.encode())
    assert told in str(caught.value)


#: YAML 1.1 breaks lines where JSON does not, and knows no surrogate pairs.
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_json_is_yaml(value):
    """Every JSON text is the same value as YAML (YAML 1.2 section 1.3)."""
    assert yaml.loads(json.dumps(value, ensure_ascii=False).encode()) == value


@given(JSON)
def test_what_pyyaml_writes_is_read(value):
    import yaml as library

    assert yaml.loads(library.safe_dump(value, allow_unicode=True).encode()) == value


@given(st.text() | st.from_regex(r"[-&*!{}\[\]:,<> ab\n]*", fullmatch=True))
def test_nothing_else_is_raised(text):
    with contextlib.suppress(PolicyError):
        yaml.loads(text.encode("utf-8", "surrogatepass"))


@pytest.fixture
def folder(tmp_path):
    """Documents that refer to each other, and things outside."""
    inside = tmp_path / "policy"
    (inside / "parts").mkdir(parents=True)
    (tmp_path / "outside.json").write_text('{"get": {}}')
    (inside / "link.json").symlink_to(tmp_path / "outside.json")
    (inside / "openapi.yaml").write_text(
        """
openapi: 3.0.3
info: {title: t, version: 1.0.0}
security: [{}]
paths:
  /pets:
    $ref: parts/pets.yaml#/collection
    parameters: []
  /pets/{id}:
    $ref: 'parts/pets.yaml#/items/0'
components:
  schemas:
    Name: {type: string, nullable: true}
"""
    )
    (inside / "parts" / "pets.yaml").write_text(
        """
collection:
  get: {responses: {200: {description: fine}}}
  post:
    requestBody: {$ref: '#/body'}
items:
- put:
    requestBody:
      content: {application/json: {schema: {$ref: 'pet.json'}}}
body:
  required: on
""".replace("required: on", "required: true")
        + "  content: {application/json: {schema: {$ref: pet.json}}}\n"
    )
    (inside / "parts" / "pet.json").write_text(
        '{"type": "object", "properties": {"name": {"$ref": "../openapi.yaml#/components/schemas/Name"},'
        ' "mate": {"$ref": "#"}}}'
    )
    return inside


def test_references_to_files(folder):
    found = Policy.from_openapi(folder / "openapi.yaml")
    assert [route.origin for route in found.routes] == [
        "parts/pets.yaml#/collection/get",
        "parts/pets.yaml#/collection/post",
        "parts/pets.yaml#/items/0/put",
    ]
    schema = schema_of(found.routes[1])
    assert schema.ok({"name": None, "mate": {"name": "a"}})
    assert not schema.ok({"mate": {"name": 5}})
    assert [name.rpartition("/")[2] for name in found.openapi.files] == [
        "openapi.yaml", "pets.yaml", "pet.json",
    ]  # fmt: skip


#: What a reference says, and why it is not followed.
OUTSIDE = {
    "above": ("../outside.json", "outside.json lies outside the policy's folder"),
    "above, encoded": ("%2e%2e/outside.json", "lies outside the policy's folder"),
    "absolute": ("/etc/passwd", "passwd lies outside the policy's folder"),
    "a file URL": ("file:///etc/passwd", "passwd lies outside the policy's folder"),
    "a file URL of a host": ("file://host/x.json", "none is ever fetched"),
    "a symbolic link": ("link.json", "link.json lies outside the policy's folder"),
    "the network": ("https://example.com/x.yaml", "none is ever fetched"),
    "another host": ("//example.com/x.yaml", "none is ever fetched"),
    "data": ("data:application/json,{}", "none is ever fetched"),
    "nothing": ("nope.yaml", "nope.yaml: No such file"),
    "a folder": ("parts", "parts: Is a directory"),
    "a name": ("parts/pets.yaml#pets", "has no JSON pointer after #"),
    "a place that is not there": ("parts/pets.yaml#/colection", '"collection"'),
    "an item that is not there": ("parts/pets.yaml#/items/7", "has no '7'"),
    "below a text": ("openapi.yaml#/openapi/x", "has no 'x'"),
    "a URL that is none": ("http://[x", "#/paths/~1x/$ref"),
}


@pytest.mark.parametrize(("reference", "told"), list(OUTSIDE.values()), ids=list(OUTSIDE))
@pytest.mark.parametrize("place", ["path", "body", "schema"])
def test_references_stay_in_the_folder(folder, reference, told, place):
    item = {"$ref": reference}
    if place == "body":
        item = {"post": {"requestBody": item}}
    elif place == "schema":
        item = {"post": body(item)}
        told = "/schema/$ref: refers to" if "has no" in told or told[:1] == '"' else told
        told = told.replace("#/paths/~1x/$ref", "/schema/$ref")
    told = told.replace("~1x/$ref", "~1x/post/requestBody/$ref") if place == "body" else told
    (folder / "o.json").write_text(json.dumps(document({"/x": item}, security=[{}])))
    with pytest.raises(PolicyError) as caught:
        Policy.from_openapi(folder / "o.json")
    assert str(caught.value).startswith("o.json#/paths/~1x/")
    assert told in str(caught.value)
    assert "root:" not in str(caught.value)


def test_a_document_outside_of_the_folder(folder):
    with pytest.raises(PolicyError, match=r"outside\.json lies outside the policy's folder"):
        Policy({"api": {"openapi": "../outside.json"}}, folder=folder)


#: Documents that are none, as a file of that name.
NONE = {
    "empty": ("o.yaml", "", "o.yaml#: must be an object"),
    "a list": ("o.json", "[]", "o.json#: must be an object"),
    "no JSON": ("o.json", "{", "api.openapi: o.json: "),
    "a name twice": ("o.json", '{"a": 1, "a": 2}', "api.openapi: o.json: "),
    "no YAML": ("o.yaml", "a: [", "api.openapi: o.yaml: not readable as YAML, line"),
    "another file": ("o.json", "{}", "o.json#: is no OpenAPI document"),
    "version 2": ("o.yaml", "swagger: '2.0'", "o.yaml#/swagger: is version 2, which is not read"),
    "version 3.2": ("o.yaml", "openapi: 3.2.0", "o.yaml#/openapi: is no version that is read"),
    "version 4": ("o.yaml", "openapi: 4.0.0", "is no version that is read"),
    "a number": ("o.yaml", "openapi: 3.1", "versions 3.0 and 3.1, as in '3.1.0'"),
    "no paths": ("o.yaml", "openapi: 3.1.0", "o.yaml#: has no operations"),
    "paths that are none": ("o.yaml", "openapi: 3.1.0\npaths: []", "#/paths: must be an object"),
    "components that are none": (
        "o.yaml",
        "openapi: 3.1.0\ncomponents: 5\npaths: {/a: {get: {}}}",
        "#/components: must be an object",
    ),
}


@pytest.mark.parametrize(("name", "text", "told"), list(NONE.values()), ids=list(NONE))
def test_what_is_no_document(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    (tmp_path / "statusware.toml").write_text(f'[api]\nopenapi = "{name}"\n')
    with pytest.raises(PolicyError) as caught:
        Policy.load(tmp_path / "statusware.toml")
    started = (f"{tmp_path}/statusware.toml: ", f"{tmp_path}/statusware.toml:2: ")
    assert str(caught.value).startswith(started)
    assert told in str(caught.value)


def test_a_json_document_needs_no_extra(tmp_path, monkeypatch):
    (tmp_path / "o.json").write_text(json.dumps(PETS))
    (tmp_path / "o.yaml").write_text(json.dumps(PETS))
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert len(Policy.from_openapi(tmp_path / "o.json").routes) == 2
    with pytest.raises(PolicyError, match=r'pip install "statusware\[openapi\]"'):
        Policy.from_openapi(tmp_path / "o.yaml")


def test_a_dict_as_another_loader_makes_it():
    told = {**copy.deepcopy(PETS), "x": {200: datetime.date(2024, 12, 31), 1: (1, 2)}}
    found = Document(told)
    assert found.root.value["x"] == {"200": "2024-12-31", "1": [1, 2]}
    told["paths"].clear()
    assert found.root.value["paths"]


ENDLESS: dict = {"openapi": "3.1.0"}
ENDLESS["x"] = ENDLESS

#: Dicts that are no document, and what is told.
DICTS = {
    "on: as True": ({True: 1}, "the key True is no string; give the path of the file"),
    "a set": ({"a": {1}}, "api.openapi#/a: set is nothing JSON has"),
    "endless": (ENDLESS, "nested without end"),
    "a key of bytes": ({"a": {b"b": 1}}, "api.openapi#/a: the key b'b' is no string"),
}


@pytest.mark.parametrize(("told", "expected"), list(DICTS.values()), ids=list(DICTS))
def test_dicts_that_are_no_document(told, expected):
    with pytest.raises(PolicyError) as caught:
        Policy({"api": {"openapi": told}})
    assert expected in str(caught.value)


@pytest.mark.parametrize("told", [5, None, b"o.json", ["o.json"]])
def test_what_is_no_source(told):
    with pytest.raises(PolicyError, match="is no document"):
        Policy.from_openapi(told)


def test_where_paths_start(tmp_path, monkeypatch):
    (tmp_path / "o.json").write_text(json.dumps(document({"POST /x": {}}, security=[{}])))
    (tmp_path / "s.json").write_text('{"type": "integer"}')
    routes = [{"match": "POST /x", "body": "s.json"}]
    assert Policy.from_openapi(tmp_path / "o.json", routes=routes).routes[0].body
    assert Policy.from_openapi("o.json", folder=tmp_path, routes=routes).routes[0].body
    monkeypatch.chdir(tmp_path)
    assert Policy.from_openapi("o.json", routes=routes).routes[0].body


@pytest.fixture
def served(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "o.json").write_text(json.dumps(PETS))
    (tmp_path / "statusware.toml").write_text(
        f'[api]\nopenapi = "o.json"\nreload = true\n[auth.bearer]\nsecret = "{SECRET}"\n'
        '[[routes]]\nmatch = "POST /pets"\nallow = ["role:vet"]\n'
    )
    return tmp_path


def test_check_and_explain_name_the_document(served, capsys):
    assert main(["check"]) == 0
    assert (
        "GET /pets   everyone                o.json#/paths/~1pets/get\n" in capsys.readouterr().out
    )
    assert main(["check", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["routes"] == [
        {
            "match": "POST /pets",
            "rule": "role:vet, body checked",
            "origin": "o.json#/paths/~1pets/post",
        },
        {"match": "GET /pets", "rule": "everyone", "origin": "o.json#/paths/~1pets/get"},
    ]
    assert main(["explain", "GET", "/pets"]) == 0
    assert 'route "list", o.json#/paths/~1pets/get' in capsys.readouterr().out
    main(["explain", "POST", "/pets"])
    shown = capsys.readouterr().out
    assert 'route "POST /pets", statusware.toml:6, over o.json#/paths/~1pets/post' in shown
    assert main(["who", "GET", "/pets"]) == 0
    assert "o.json#/paths/~1pets/get" in capsys.readouterr().out


def test_a_document_that_changes_is_taken_over(served, monkeypatch):
    monkeypatch.setattr("statusware.policy.reload.INTERVAL", 0)
    wrapped = wrap(app, "statusware.toml")
    assert ask(wrapped, "/vets").status_code == 404
    assert ask(wrapped, "/pets").status_code == 200
    paths = {**PETS["paths"], "/vets": {"get": OK}}
    (served / "o.json").write_text(json.dumps({**PETS, "paths": paths}))
    assert ask(wrapped, "/vets").status_code == 200
    (served / "o.json").write_text("{")
    assert ask(wrapped, "/vets").status_code == 200
