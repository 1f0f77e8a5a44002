"""What a match may look like, and what is refused at start."""

import pytest

from statusware import PolicyError
from statusware.rules.pattern import Variable, parse_match

PARSED = {
    "GET /": (("GET",), (), False),
    "GET /recipes": (("GET",), ("recipes",), False),
    "GET /recipes/": (("GET",), ("recipes",), True),
    "GET,POST /a/b": (("GET", "POST"), ("a", "b"), False),
    "* /a": (("*",), ("a",), False),
    "GET   /a  ": (("GET",), ("a",), False),
    "GET /{x}": (("GET",), (Variable("x", ""),), False),
    "GET /{x:int}/{y:uuid}/": (("GET",), (Variable("x", "int"), Variable("y", "uuid")), True),
    "GET /a/{rest:path}": (("GET",), ("a", Variable("rest", "path")), False),
    "GET /a b/caf\u00e9": (("GET",), ("a b", "caf\u00e9"), False),
    "GET /100%": (("GET",), ("100%",), False),
    "GET /.well-known/x": (("GET",), (".well-known", "x"), False),
}


@pytest.mark.parametrize(("text", "parts"), PARSED.items(), ids=map(repr, PARSED))
def test_a_match_is_parsed(text, parts):
    pattern = parse_match(text)
    assert (pattern.methods, pattern.segments, pattern.slash) == parts
    assert pattern.variables == tuple(s.name for s in parts[1] if isinstance(s, Variable))
    assert pattern.text == text.partition(" ")[2].strip()


REFUSED = {
    "": "is not of the form",
    "GET": "is not of the form",
    "/recipes": "is not of the form",
    "GET recipes": "is not of the form",
    " /recipes": "is not of the form",
    "GET\t/recipes": "is not of the form",
    "GET, POST /a": "is not of the form",
    "GET,,POST /a": "a method twice, or none",
    ",GET /a": "a method twice, or none",
    "GET,GET /a": "a method twice",
    "*,GET /a": "has * beside other methods",
    "GET //a": "empty segments",
    "GET /a//b": "empty segments",
    "GET /a/../b": "segments",
    "GET /a;b": "semicolons",
    "GET /a%20b": "write it decoded",
    "GET /a\\b": "backslashes",
    "GET /a\nb": "control characters",
    "GET /a?x=1": "query string",
    "GET /\ud800": "not valid UTF-8",
    "GET /{": "is no variable",
    "GET /{}": "is no variable",
    "GET /a{x}": "is no variable",
    "GET /{x}.json": "is no variable",
    "GET /{x}{y}": "is no variable",
    "GET /{1}": "is no variable",
    "GET /{x:integer}": "'GET /{x:integer}': 'integer' is no converter",
    "GET /a/<id>": "'<id>' would be taken letter by letter; a variable is {x}",
    "GET /a/<int:id>/b": "a variable is {x}, or {x:int}",
    "GET /a/*": "the rest of the path {x:path}",
    "GET /**": "the rest of the path {x:path}",
    "GET /{x:it}": 'did you mean "int"?',
    "GET /{x}/{x}": "names a variable twice",
    "GET /{x:path}/a": "comes last",
    "GET /{x:path}/": "comes last",
    "GET /{x:path}/{y:path}": "comes last",
}


@pytest.mark.parametrize(("text", "told"), REFUSED.items(), ids=ascii)
def test_what_is_no_match_is_refused(text, told):
    with pytest.raises(PolicyError) as caught:
        parse_match(text)
    assert caught.value.key == "match"
    assert told in str(caught.value)


@pytest.mark.parametrize("match", [None, 1, ["GET /a"]])
def test_a_match_is_text(match):
    with pytest.raises(PolicyError, match="must be text"):
        parse_match(match)
