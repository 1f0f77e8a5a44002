"""The JSON Schema of policies: what it accepts and refuses, beside what policies do.

Two-way: whatever is a policy, the schema accepts; whatever `SHAPE` refuses, it refuses.
"""

import ast
import copy
import inspect
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from statusware import Policy, PolicyError
from statusware.auth.schemes import LAYER_OPTIONS, SHIPPED, scheme_class
from statusware.policy.about import ABOUT
from statusware.policy.about_auth import AUTH
from statusware.policy.schema import places, policy_schema
from statusware.policy.shape import SHAPE, check_shape

ROOT = Path(__file__).parent.parent.parent
SECRET = "0" * 32
SCHEMA = policy_schema()
VALIDATOR = Draft202012Validator(SCHEMA)

#: A policy with every key there is, but for keys that exclude each other.
WHOLE = {
    "api": {
        "paths": ["/"], "unlisted": "reject", "mount": "", "origin": "https://app.example.com",
        "allow_path": ["dot"], "methods": ["PURGE"], "report": ["JSONBody"], "audit": "refuse",
    },
    "envelope": {"format": "problem", "types": "about:blank", "keep": "json", "html": True},
    "body": {
        "max_bytes": "1MiB", "max_depth": 64, "max_errors": 20, "invalid": 422, "formats": True,
        "patterns": "linear", "inflate": True,
    },
    "cors": {
        "origins": ["https://a.example"], "headers": ["X-A"], "expose": ["X-B"],
        "credentials": True, "max_age": 5,
    },
    "auth": {
        "max_header": 100, "strip_headers": ["X-A"], "explain": True,
        "bearer": {
            "secret": [SECRET], "algorithms": ["HS256"], "issuer": ["i"], "audience": "a",
            "leeway": 5, "scheme": ["Token"], "realm": "r", "user": "u", "roles": ["r"],
            "scopes": "s", "claims": {"type": "access"}, "check": "json:loads", "profile": "at+jwt",
            "name": "main",
        },
        "api_key": {"keys": [], "header": "X-Key", "realm": "r", "name": "key"},
        "basic": {"users": "ann:$2b$04$" + "a" * 53, "realm": "r", "name": "basic-2"},
        "proxy": {
            "user": "X-U", "roles": "X-R", "scopes": "X-S", "peers": ["unix"], "realm": "r",
            "name": "front",
        },
        "remote_user": {"challenge": "Negotiate", "realm": "r", "name": "server"},
        "session": {
            "verify": "json:loads", "challenge": 'Session realm="shop"', "ambient": True,
            "header": "X-Session", "name": "cookie",
        },
    },
    "errors": {"KeyError": 404, "ValueError": {"status": 409, "code": "c", "title": "t", "detail": "d"}},
    "problems": {"name-taken": {"status": 409, "title": "t", "detail": "d", "fix": "f"}},
    "routes": [
        {
            "name": "n", "match": ["POST /a"], "allow": ["role:x"], "deny": "role:y", "hide": True,
            "body": {"type": "object"}, "max_bytes": 5, "accept": ["application/x+json"],
            "body_optional": True,
        },
        {"match": "GET /b", "allow": "everyone"},
    ],
}  # fmt: skip

VALUES = [5, -1, 0, 1.5, True, "x", "", [], ["x"], [5], {}, {"x": 1}, [{}], "64KiB", ["everyone"]]


def accepts(document):
    return VALIDATOR.is_valid(document)


def has_shape(document):
    try:
        check_shape(document)
    except PolicyError:
        return False
    return True


def is_policy(document):
    try:
        Policy(document)
    except PolicyError:
        return False
    return True


def mutants(part, whole, path=()):
    """Copies of `whole` with one thing changed: another value, a key gone, a key too many."""
    if path:
        for value in VALUES:
            yield f"{path} = {value!r}", changed(whole, path, value)
        yield f"{path} left out", changed(whole, path)
    items = (
        part.items()
        if isinstance(part, dict)
        else enumerate(part)
        if isinstance(part, list)
        else ()
    )
    for key, inner in items:
        yield from mutants(inner, whole, (*path, key))
    if isinstance(part, dict):
        yield f"{path} + unknown", changed(whole, (*path, "unknwon"), "x")


def changed(whole, path, *value):
    document = copy.deepcopy(whole)
    part = document
    for key in path[:-1]:
        part = part[key]
    if value:
        part[path[-1]] = value[0]
    else:
        del part[path[-1]]
    return document


def test_the_whole_policy_is_one():
    Policy(WHOLE)
    assert accepts(WHOLE)


def test_mutants_are_judged_as_policies_are():
    """What is not judged alike: the schema may be milder than a policy, never than `SHAPE`."""
    seen = {"accepted": 0, "refused": 0}
    for told, document in mutants(WHOLE, WHOLE):
        accepted = accepts(document)
        assert has_shape(document) or not accepted, told
        assert accepted or not is_policy(document), told
        seen["accepted" if accepted else "refused"] += 1
    assert min(seen.values()) > 200, seen


def test_types_and_names_in_auth_are_judged_as_the_schemes_do():
    """`SHAPE` knows nothing of [auth]; here the schemes themselves are the measure.

    Of what they refuse, the schema refuses unknown options and wrong types; not what only a
    look at the value tells (a weak key, a name that is taken).
    """
    by_value = re.compile(
        r"too short|does not import|is no|is not a (name|scheme|challenge|known)|exclude|lacks|has no key|"
        r"demands|is for jwks|is the name of two|has no scheme|cannot be read|names nobody|empty|"
        r"not the name of a header|two names|an algorithm|address|hash|protects|needs|not a header|"
        r"is not set|has no \[|must be the name|no such|as in|none of them|is larger|seconds at least"
    )
    for told, document in mutants(WHOLE["auth"], WHOLE["auth"]):
        whole = {**WHOLE, "auth": document}
        if not accepts(whole):
            assert not is_policy(whole), told
            continue
        try:
            Policy(whole)
        except PolicyError as error:
            assert by_value.search(str(error)), (told, str(error))


def collected():
    """Every TOML document in the tests, the docs and the examples that says anything."""
    texts = [path.read_text("utf-8") for path in ROOT.glob("examples/**/*.toml")]
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        texts += re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    for path in sorted(ROOT.glob("tests/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "=" in node.value:
                texts.append(node.value)
    for text in dict.fromkeys(texts):
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue
        if set(document) & set(SHAPE["properties"]):
            yield document


def test_documents_of_tests_docs_and_examples_are_judged_alike(monkeypatch):
    seen = {True: 0, False: 0}
    for document in collected():
        accepted = accepts(document)
        assert has_shape(document) or not accepted, document
        assert accepted or not is_policy(document), document
        seen[accepted] += 1
    assert seen[True] > 60, seen
    assert seen[False] > 10, seen


def test_policies_that_are_dicts():
    """Those of the tests: literals with `routes` or the like in them."""
    seen = 0
    for path in sorted(ROOT.glob("tests/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            try:
                document = ast.literal_eval(node) if isinstance(node, ast.Dict) else None
                text = json.dumps(document)
            except (ValueError, TypeError):
                continue
            if (
                document
                and set(document) <= set(SHAPE["properties"])
                and json.loads(text) == document
            ):
                seen += 1
                assert accepts(document) or not is_policy(document), (path, document)
    assert seen > 30


@pytest.mark.parametrize("validator", [Draft202012Validator, Draft7Validator])
def test_it_is_a_schema(validator):
    validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$ref" not in json.dumps(SCHEMA)


def walk(schema, path=""):
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from walk(inner, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from walk(schema[key], f"{path}.*")
    for inner in schema.get("anyOf", ()):
        yield from walk(inner, path)


def test_defaults_and_examples_are_valid_themselves():
    for path, schema in walk(SCHEMA):
        values = [schema["default"]] if "default" in schema else []
        for value in [*values, *schema.get("examples", ())]:
            assert Draft202012Validator(schema).is_valid(value), (path, value)


#: Keys of OpenAPI documents, whose words are there already.
COMING = {
    *("api.openapi", "api.openapi_unsecured", "api.openapi_base", "api.openapi_templates"),
    *("api.security", "api.security.*"),
}


def test_every_key_has_its_words_and_no_words_are_left():
    known = {place for place in places(SHAPE) if place.partition(".")[0] != "auth"}
    meaning = {f"errors.*.{name}" for name in ("status", "code", "title", "detail")}
    assert known | meaning <= set(ABOUT)
    assert set(ABOUT) - known - meaning <= COMING
    for path, schema in walk(SCHEMA):
        for name, inner in schema.get("properties", {}).items():
            assert inner.get("description"), f"{path}.{name}"


def test_auth_has_the_options_of_the_schemes():
    tables = {**AUTH["properties"], "custom": AUTH["additionalProperties"]}
    for name in LAYER_OPTIONS:
        assert tables.pop(name)["description"]
    for name in (*SHIPPED, "custom"):
        table = tables.pop(name)["anyOf"][0]
        arguments = inspect.signature(scheme_class(name)).parameters
        assert set(table["properties"]) == set(arguments), name
        needed = [n for n, a in arguments.items() if a.default is inspect.Parameter.empty]
        assert set(needed) <= set(table["required"]), name
        for option, shape in table["properties"].items():
            if "default" in shape and option != "max_age":
                assert shape["default"] == arguments[option].default, (name, option)
    assert tables == {}


def test_the_schema_is_the_callers_own():
    policy_schema()["properties"]["api"].clear()
    assert policy_schema()["properties"]["api"]["properties"]


@pytest.mark.skipif(shutil.which("taplo") is None, reason="taplo is not installed")
@pytest.mark.parametrize(("text", "status"), [('unlisted = "pass"', 0), ('unlistd = "pass"', 1)])
def test_taplo_reads_it(tmp_path, text, status):
    (tmp_path / "s.json").write_text(json.dumps(SCHEMA))
    (tmp_path / "p.toml").write_text(f"#:schema ./s.json\n\n[api]\n{text}\n")
    done = subprocess.run(["taplo", "lint", "p.toml"], cwd=tmp_path, check=False)
    assert done.returncode == status
