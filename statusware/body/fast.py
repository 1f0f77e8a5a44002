"""The extra `fast`: two engines in Rust that may accept, and never refuse.

What they accept they accept for reasons that hold here too; whatever else they say, the
engines of our own look at the body and decide. So verdicts, pointers, codes and details
are the same with and without.

- orjson takes RFC 8259 and nothing else, but it reads 2^64 as a float, keeps the last of two
  equal names, and nests more deeply. Its value is taken only where none of that can have
  happened (`parser`).
- jsonschema-rs is asked only about schemas without loops, whose keywords mean to it exactly
  what they mean here (`is_plain`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Set
from enum import Enum, auto
from functools import cache
from importlib import import_module
from typing import Any

from .depth import is_deep

__all__ = ["Acceptor", "Careful", "Doubt", "acceptor", "is_plain", "parser"]

#: Whether the engines are used where they are installed; tests switch it off.
ENABLED = True

#: All digits are alike, and all brackets.
_CLASSES = bytes.maketrans(b"0123456789{", b"0000000000[")

#: All that says nothing about members, levels and integers: what is left is soon counted.
_DULL = bytes(set(range(256)) - set(b":[{0123456789"))

#: The least digits of an integer beyond 64 bits.
_LONG = b"0" * 19

_BACKSLASH = 0x5C

#: What orjson says of a text of which no character is wrong, but the end.
_CUT_OFF = "unexpected end of data"

#: Keywords about which the two engines might differ on some value, or take too long.
_LEFT_ALONE = frozenset({
    "multipleOf", "unevaluatedItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef",
})  # fmt: skip

#: Keywords that jsonschema-rs obeys in drafts that do not have them, or need not.
_NOT_IGNORED = frozenset({"contentEncoding", "contentMediaType", "dependencies"})

#: Patterns without what Rust reads differently: `.`, `&&` or `[` in brackets, rare escapes.
_ESCAPE = r"\\[dDwWsS\\/^$.*+?()\[\]{}|-]"
_PLAIN_PATTERN = re.compile(
    rf"(?:[^\\.\[(]|\((?!\?)|\(\?:|{_ESCAPE}|\[\^?(?:[^\\\[\]&~-]|{_ESCAPE}|-(?!-))++\])*+",
    re.DOTALL,
)

#: Numbers that are not the same in every arithmetic.
_WILD_NUMBER = re.compile(r"[0-9]{16}|[0-9][eE]")


class Doubt(Enum):
    """What a parser thinks of a text that it does not take."""

    #: It may be strict JSON.
    NONE = auto()
    #: It nests too deeply, unless there is another fault.
    DEEP = auto()
    #: It is JSON, but a name stands twice, or an integer is too large; or almost so.
    CHANGED = auto()
    #: It is no JSON.
    WRONG = auto()
    #: It could have become JSON, but ends too early.
    CUT_OFF = auto()


#: Reads a text that may be anything.
Careful = Callable[[bytes, int, Doubt], Any]

#: Says whether a value is certainly valid.
Acceptor = Callable[[Any], bool]


@cache
def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None


def parser(careful: Careful) -> Callable[[bytes, int], Any] | None:
    """A parser that asks `careful` about what is not certainly strict JSON.

    None where the extra is not installed.
    """
    orjson = _module("orjson") if ENABLED else None
    return None if orjson is None else _strict(orjson.loads, orjson.dumps, careful)


def _strict(
    loads: Callable[[bytes], Any], dumps: Callable[[Any], bytes], careful: Careful
) -> Callable[[bytes, int], Any]:
    """The parser, of functions that read RFC 8259 and write it without white space.

    A colon stands in a text once for each member, else in strings only. Writing gives back
    the members that are left after the last of equal names has won, and the strings in them
    as they were, but that a `\\u003a` becomes a colon. So where there is none of those, both
    texts have as many colons if no member is gone; else at least its own is missing.
    An integer beyond 64 bits has 19 digits or more in a row (what stands between digits is gone
    at the first look, not at the second). Where the very text is given back no member is gone
    from it, and no integer became a float: that looks otherwise.
    """

    def parse(body: bytes, max_depth: int) -> Any:
        try:
            value = loads(body)
            written = dumps(value)
        except (ValueError, TypeError, RecursionError) as error:
            doubt = Doubt.CUT_OFF if getattr(error, "msg", "") == _CUT_OFF else Doubt.WRONG
        else:
            left = body.translate(_CLASSES, _DULL)
            if left.count(b"[") > max_depth and is_deep(body, max_depth):
                doubt = Doubt.DEEP
            elif written == body:
                return value
            elif _BACKSLASH in body and b"\\u003" in body:
                doubt = Doubt.NONE
            elif written.count(b":") == left.count(b":") and (
                _LONG not in left or _LONG not in body.translate(_CLASSES)
            ):
                return value
            else:
                doubt = Doubt.CHANGED
            del value, written  # dozens of times as large as the body, at worst
        return careful(body, max_depth, doubt)

    return parse


def is_plain(
    used: Iterable[tuple[str, Any]], *, ignored: Set[str] = frozenset(), formats: bool
) -> bool:
    """Whether keywords and their values are such that both engines agree on every value.

    `ignored` are those that stand in the schema and mean nothing to ours.
    """
    if not ignored.isdisjoint(_NOT_IGNORED):
        return False
    for keyword, value in used:
        if keyword in _LEFT_ALONE or (formats and keyword == "format"):
            return False
        if keyword == "pattern" and not _PLAIN_PATTERN.fullmatch(value):
            return False
        if keyword == "patternProperties" and not all(map(_PLAIN_PATTERN.fullmatch, value)):
            return False
        exact = keyword in ("enum", "const") or isinstance(value, int | float)
        if exact and _WILD_NUMBER.search(json.dumps(value)):
            return False
    return True


def acceptor(schema: Any, draft: str, base: str, retrieve: Callable[[str], Any]) -> Acceptor | None:
    """What jsonschema-rs says of a plain schema; None where it is not installed, or unable.

    `draft` is the URI of the metaschema, `base` that of the schema; `retrieve` gives the
    document at a URI, so that nothing is ever fetched.
    """
    rust = _module("jsonschema_rs") if ENABLED else None
    if rust is None or draft not in _VALIDATORS:
        return None
    try:
        made = getattr(rust, _VALIDATORS[draft])(
            schema,
            base_uri=base,
            retriever=retrieve,
            validate_formats=False,
            pattern_options=rust.RegexOptions(),
        )
    except (ValueError, TypeError, rust.ReferencingError):
        # It was only to save work; the schema has been found good before.
        return None
    accepts: Acceptor = made.is_valid
    return accepts


_VALIDATORS = {
    "http://json-schema.org/draft-04/schema": "Draft4Validator",
    "http://json-schema.org/draft-06/schema": "Draft6Validator",
    "http://json-schema.org/draft-07/schema": "Draft7Validator",
    "https://json-schema.org/draft/2019-09/schema": "Draft201909Validator",
    "https://json-schema.org/draft/2020-12/schema": "Draft202012Validator",
}
