"""Policies: the file, the dict, and every way in which they can be wrong."""

import re
import textwrap

import pytest

from statusware import Policy, PolicyError, wrap

SECRET = "0123456789abcdef0123456789abcdef"
BEARER = f'[auth.bearer]\nsecret = "{SECRET}"\n'
OPEN = '[[routes]]\nmatch = "GET /recipes"\nallow = ["everyone"]\n'

#: A policy file, and what the one line says: the key, the reason, the nearest right thing.
WRONG = {
    "empty": ("", ["is empty", "leave the policy out"]),
    "nothing but a comment": ("# later\n", ["is empty"]),
    "not TOML": ("[api\n", ["is not TOML", "line 1"]),
    "TOML that nests too deeply": (f"a = {'[' * 5000}", ["is not TOML", "recursion"]),
    "an unknown section": ("[envelop]\n", ["envelop: is unknown", '"envelope"']),
    "an unknown key": ('[api]\nunlistd = "pass"\n', ["api.unlistd: is unknown", '"unlisted"']),
    "an unknown key of a route": (
        f'{OPEN}alow = ["everyone"]\n',
        ["routes[0].alow: is unknown", '"allow"'],
    ),
    "a wrong type": ("[api]\npaths = 5\n", ["api.paths: must be a list of strings"]),
    "a wrong type in a list": ("[api]\nmethods = [5]\n", ["api.methods[0]: must be a string"]),
    "types outside the scope": (
        '[api]\npaths = ["/api"]\n[envelope]\ntypes = "/problems"\n',
        ["envelope.types: lies outside [api] paths"],
    ),
    "types outside the mount": (
        '[api]\nmount = "/shop"\n[envelope]\ntypes = "/problems"\n',
        ["envelope.types: lies outside [api] mount"],
    ),
    "types in the scope, but for the mount": (
        '[api]\nmount = "/shop"\npaths = ["/shop"]\n[envelope]\ntypes = "/shop/problems"\n',
        ["envelope.types: lies outside [api] paths"],
    ),
    "a wrong word": ('[api]\nunlisted = "deny"\n', ['api.unlisted: must be "reject" or "pass"']),
    "a wrong keep": ('[envelope]\nkeep = "jsn"\n', ["envelope.keep", "'jsn'", '"json"']),
    "a wrong format": ('[envelope]\nformat = "smple"\n', ["envelope.format", '"simple"']),
    "a renderer that does not import": (
        '[envelope]\nformat = "no_such_package:render"\n',
        ["envelope.format", "does not import", "no_such_package"],
    ),
    "types in an ambiguous path": (
        '[envelope]\ntypes = "/a/../problems"\n',
        ["envelope.types", "no base URI"],
    ),
    "no match": (
        '[[routes]]\nallow = ["everyone"]\n',
        ["routes[0].match: is missing", "GET /recipes"],
    ),
    "a match that is none": (
        '[[routes]]\nmatch = "/recipes"\nallow = "everyone"\n',
        ["routes[0].match", "METHOD"],
    ),
    "a match that is ambiguous": (
        '[[routes]]\nmatch = "GET /a/../b"\nallow = "everyone"\n',
        [
            "routes[0].match: 'GET /a/../b' can never match: The path must not hold `.` and `..` segments"
        ],
    ),
    "an unknown method": (
        '[[routes]]\nmatch = "GTE /x"\nallow = "everyone"\n',
        ["routes[0].match: 'GTE' is no known method", '"GET"'],
    ),
    "an unknown converter": (
        '[[routes]]\nmatch = "GET /x/{id:integer}"\nallow = "everyone"\n',
        ["routes[0].match", "'integer' is no converter", '"int"'],
    ),
    "a pattern that can never match": (
        '[[routes]]\nmatch = "GET /a/../b"\nallow = "everyone"\n',
        ["routes[0].match", "can never match"],
    ),
    "the same match twice": (f"{OPEN}{OPEN}", ["routes[1].match", "same match", "GET /recipes"]),
    "the same match under another name": (
        '[[routes]]\nmatch = "GET /a/{x}"\nallow = "everyone"\n'
        '[[routes]]\nmatch = "GET /a/{y}"\nallow = "everyone"\n',
        ["routes[1].match", "same match"],
    ),
    "a principal that cannot be parsed": (
        '[[routes]]\nmatch = "GET /x"\nallow = ["everyon"]\n',
        ["routes[0].allow: 'everyon' is no principal", '"everyone"'],
    ),
    "everyone by another name": (
        '[[routes]]\nmatch = "GET /x"\nallow = "Anyone"\n',
        ["routes[0].allow: 'Anyone' is no principal", 'did you mean "everyone"'],
    ),
    "everyone by a sign": (
        '[[routes]]\nmatch = "GET /x"\nallow = ["*"]\n',
        ["routes[0].allow: '*' is no principal", 'did you mean "everyone"'],
    ),
    "a kind of principal that does not exist": (
        f'{BEARER}[[routes]]\nmatch = "GET /x"\nallow = ["rol:editor"]\n',
        ["routes[0].allow", "'rol:editor'", '"role"'],
    ),
    "a predicate that does not import": (
        f'{BEARER}[[routes]]\nmatch = "GET /x"\nallow = ["no_such_package.rules:owner"]\n',
        ["routes[0].allow", "does not import", "no_such_package"],
    ),
    "a path variable that does not exist": (
        f'{BEARER}[[routes]]\nmatch = "GET /users/{{name}}"\nallow = ["user:{{nam}}"]\n',
        ["routes[0].allow", "unknown path variable", '"name"'],
    ),
    "an exception that does not import": (
        '[errors]\n"no_such_package.Missing" = 404\n',
        ["errors.'no_such_package.Missing'", "does not import"],
    ),
    "an exception that is not in its module": (
        '[errors]\n"json.JSONDecodeErro" = 400\n',
        ["errors.'json.JSONDecodeErro'", "does not import", '"JSONDecodeError"'],
    ),
    "a status that is no error": ('[errors]\n"json.JSONDecodeError" = 200\n', ["400 to 599"]),
    "a route that needs credentials where there are none": (
        '[[routes]]\nmatch = "GET /x"\nallow = ["role:editor"]\n',
        ["routes[0]: needs credentials", "[auth.bearer]"],
    ),
    "a route without allow where there are none": (
        '[[routes]]\nmatch = "GET /x"\n',
        ["routes[0]: needs credentials"],
    ),
    "a condition that nobody can meet": (
        '[[routes]]\nmatch = "GET /x"\nallow = ["everyone & role:editor"]\n',
        ["routes[0]: needs credentials"],
    ),
    "a deny that denies nobody": (
        f'{OPEN}deny = ["role:banned"]\n',
        ["routes[0]: needs credentials"],
    ),
    "several principals in one": (
        f'{BEARER}{OPEN}deny = ["role:banned, role:gone"]\n',
        ["routes[0].deny: 'role:banned, role:gone' names several", "any-of"],
    ),
    "options of credentials without a scheme": (
        f'[auth]\nstrip_headers = ["X-A"]\n{OPEN}',
        ["auth: has no scheme"],
    ),
    "a mount point that is none": (f'[api]\nmount = "shop"\n{OPEN}', ["api.mount: 'shop'"]),
    "a dotted name without quotes": (
        "[errors]\njson.JSONDecodeError = 404\n",
        ["errors.json: has no status", '"json.JSONDecodeError" = 404'],
    ),
    "a column of an exception that is unknown": (
        '[errors]\n"json.JSONDecodeError" = {status = 404, cod = "x"}\n',
        ["errors.'json.JSONDecodeError'.cod: is unknown", '"code"'],
    ),
    "credentials without any route": (BEARER, ["auth: protects nothing", "unlisted"]),
    "a short secret": (f'[auth.bearer]\nsecret = "short"\n{OPEN}', ["auth.bearer.secret"]),
    "a secret that is not set": (
        f'[auth.bearer]\nsecret = {{env = "NO_SUCH_VARIABLE"}}\n{OPEN}',
        ["auth.bearer.secret", "NO_SUCH_VARIABLE"],
    ),
    "an unknown option of a scheme": (
        f'{BEARER}isuer = "x"\n{OPEN}',
        ["auth.bearer.isuer", '"issuer"'],
    ),
    "hide with unlisted paths served": (
        f'[api]\nunlisted = "pass"\n{OPEN}hide = true\n',
        ["routes[0].hide", 'unlisted = "reject"'],
    ),
    "a mount point that is no string": (
        "[api]\nmount = [5]\n",
        ["api.mount[0]: must be a string"],
    ),
    "a bound for headers that is none": (
        f"[auth]\nmax_header = 0\n{BEARER}{OPEN}",
        ["auth.max_header: must be a number of characters"],
    ),
    "a header to strip that is none": (
        f'[auth]\nstrip_headers = ["X A"]\n{BEARER}{OPEN}',
        ["auth.strip_headers: 'X A' is not the name of a header"],
    ),
    "a route outside the paths": (f'[api]\npaths = ["/api"]\n{OPEN}', ["routes[0].match", "paths"]),
    "a prefix without a slash": ('[api]\npaths = ["api"]\n', ["api.paths", "slash"]),
    "an unknown relaxation": ('[api]\nallow_path = ["dots"]\n', ["api.allow_path", '"dot"']),
    "a schema file that is missing": (
        '[[routes]]\nmatch = "POST /x"\nallow = "everyone"\nbody = "nope.json"\n',
        ["routes[0].body", "nope.json"],
    ),
    "a schema file that is no schema": (
        '[[routes]]\nmatch = "POST /x"\nallow = "everyone"\nbody = {type = "strng"}\n',
        ["routes[0].body"],
    ),
    "a body on a route that takes none": (
        '[[routes]]\nmatch = "GET /x"\nallow = "everyone"\nbody = {}\n',
        ["routes[0].body"],
    ),
    "a size that is none": (
        '[[routes]]\nmatch = "POST /x"\nallow = "everyone"\nbody = {}\nmax_bytes = "64 apples"\n',
        ["routes[0].max_bytes"],
    ),
    "a number out of range": ("[body]\nmax_depth = 0\n", ["body.max_depth"]),
}


def write(tmp_path, text):
    file = tmp_path / "statusware.toml"
    file.write_text(textwrap.dedent(text), "utf-8")
    return file


@pytest.mark.parametrize(("text", "told"), list(WRONG.values()), ids=list(WRONG))
def test_a_wrong_policy_is_one_line_with_file_key_and_reason(tmp_path, text, told):
    file = write(tmp_path, text)
    with pytest.raises(PolicyError) as caught:
        Policy.load(file)
    line = str(caught.value)
    assert re.match(rf"{re.escape(str(file))}(:[0-9]+)?: ", line)
    assert "\n" not in line
    assert ".;" not in line
    for part in told:
        assert part in line
    assert SECRET not in line


def test_a_policy_file_that_is_missing(tmp_path):
    with pytest.raises(PolicyError) as caught:
        wrap(lambda environ, start_response: [], tmp_path / "statusware.toml")
    assert (
        str(caught.value)
        == f"{tmp_path / 'statusware.toml'}: cannot be read: No such file or directory; "
        "statusware init writes one"
    )


def test_a_policy_error_is_a_value_error():
    with pytest.raises(ValueError, match="envelop"):
        Policy({"envelop": {}})


def test_the_dict_has_the_shape_of_the_file(tmp_path):
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "recipe.json").write_text('{"type": "object"}')
    text = f'{BEARER}{OPEN}[[routes]]\nmatch = "POST /recipes"\nbody = "schemas/recipe.json"\n'
    from_file = Policy.load(write(tmp_path, text))
    document = {
        "auth": {"bearer": {"secret": SECRET}},
        "routes": [
            {"match": "GET /recipes", "allow": ["everyone"]},
            {"match": "POST /recipes", "body": "schemas/recipe.json"},
        ],
    }
    from_dict = Policy(document, folder=tmp_path)
    assert [r.name for r in from_file.routes] == [r.name for r in from_dict.routes]
    assert list(from_file.schemes) == list(from_dict.schemes) == ["bearer"]


@pytest.mark.parametrize(
    ("api", "types"),
    [
        ({"paths": ["/api"]}, "/api/problems"),
        ({"paths": ["/problems"]}, "/problems/"),
        ({"paths": ["/api"], "mount": "/shop"}, "/shop/api/problems"),
        ({"mount": ["", "/shop"]}, "/problems"),
        ({"paths": ["/api"]}, "https://example.com/problems"),
        ({"paths": ["/api"]}, "about:blank"),
    ],
)
def test_types_that_are_served(api, types):
    assert Policy({"api": api, "envelope": {"types": types}})
