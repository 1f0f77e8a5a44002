"""A wrong key is told with its line, and a file that is no TOML with what is wrong about it."""

import pytest

from statusware import Policy, PolicyError
from statusware.policy.toml import line_of, route_lines

TEXT = """\
[api]
unlisted = "reject"

[auth.bearer]
secret = {env = "JWT_SECRET"}
algorithms = [
    "HS256",
]

[errors]
"shop.NotFound" = 404

[[routes]]  # the first
match = "GET /a"

[[routes]]
  match = "POST /a"
body.type = "object"

[[ routes ]]
match = "PUT /a"
[routes.body]
type = "object"
"""

#: Key, and the line that it is told with.
LINES = [
    ("api.unlisted", 2),
    ("api.nothing", 1),
    ("auth.bearer", 4),
    ("auth.bearer.secret.env", 5),
    ("auth.bearer.algorithms[0]", 4),
    ("auth.basic", None),
    ("auth", 4),
    ("errors.'shop.NotFound'", 11),
    ("errors.'shop.Other'", 10),
    ("cors", None),
    ("", None),
    ("routes[0]", 13),
    ("routes[0].match", 14),
    ("routes[0].allow", 13),
    ("routes[1].match", 17),
    ("routes[1].body", 18),
    ("routes[1].body#/type", 18),
    ("routes[2].body", 22),
    ("routes[3].match", None),
]


@pytest.mark.parametrize(("key", "line"), LINES)
def test_the_line_of_a_key(key, line):
    lines = route_lines(TEXT, [{}, {}, {}])
    assert lines == (13, 16, 20)
    assert line_of(TEXT, lines, key) == line


@pytest.mark.parametrize("routes", [[{}], [{}] * 4, {}, None])
def test_no_line_is_better_than_a_wrong_one(routes):
    """Routes in another notation, or `[[routes]]` within a text."""
    assert route_lines(TEXT, routes) == ()
    assert line_of(TEXT, (), "routes[0].match") is None


def test_a_table_that_stands_there_twice_has_no_line():
    assert line_of("[[auth.bearer]]\n[[auth.bearer]]\n", (), "auth.bearer.secret") is None


@pytest.mark.parametrize("key", ["(", "a[", "routes[99999999999999999999].x", "." * 9])
def test_an_odd_key_has_no_line(key):
    assert line_of(TEXT, (13, 16, 20), key) is None


FILES = {
    "a byte order mark": (b"\xef\xbb\xbf[api]\n", ": begins with a byte order mark; save it as"),
    "UTF-16": ("[api]\n".encode("utf-16"), ": begins with a byte order mark"),
    "Latin-1": (b"[api]\n# caf\xe9\n", ":2: is not UTF-8"),
    "no TOML": (b"[api\n", ": is not TOML: "),
    "nothing": (b"", ": is empty"),
    "a wrong key": (b"[api]\n\nunlistd = 'pass'\n", ":3: api.unlistd: is unknown; did you mean"),
    "a wrong route": (
        b"[[routes]]\nmatch = 'GET /'\nallow = 'everyone'\n[[routes]]\nmatch = 'GET x'\n",
        ":5: routes[1].match: 'GET x' is not of the form",
    ),
}


@pytest.mark.parametrize(("data", "told"), FILES.values(), ids=FILES)
def test_what_is_wrong_with_a_file(data, told, tmp_path):
    file = tmp_path / "statusware.toml"
    file.write_bytes(data)
    with pytest.raises(PolicyError) as caught:
        Policy.load(file)
    assert str(caught.value).startswith(f"{file}{told}")


def test_another_file_has_no_line_of_ours(tmp_path):
    (tmp_path / "api.json").write_text('{"swagger": "2.0"}')
    file = tmp_path / "statusware.toml"
    file.write_text('[api]\nopenapi = "api.json"\n')
    with pytest.raises(PolicyError) as caught:
        Policy.load(file)
    assert "api.json#/swagger: is version 2" in str(caught.value)
    assert caught.value.line is None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[auth.api_key]\nkeys = {file = "k.\\u0000"}', "auth.api_key.keys.file"),
        ('[auth.basic]\nusers = {file = "k.\\u0000"}', "auth.basic.users.file"),
        ('[auth.bearer]\njwks = "k.\\u0000"', "auth.bearer.jwks"),
        ('[[routes]]\nmatch = "POST /a"\nallow = "everyone"\nbody = "k.\\u0000"', "routes[0].body"),
        ('[api]\nopenapi = "k.\\u0000"', "api.openapi"),
    ],
)
def test_a_path_with_a_nul_is_none(tmp_path, text, key):
    (tmp_path / "statusware.toml").write_text(text)
    with pytest.raises(PolicyError, match="not a path") as caught:
        Policy.load(tmp_path / "statusware.toml")
    assert caught.value.key == key
