"""The extra `fast`: two engines in Rust that may accept, and never refuse.

What they accept they accept for reasons that hold here too; whatever else they say, the
engines of our own look at the body and decide. So verdicts, pointers, codes and details
are the same with and without.

- orjson reads 2^64 as a float, keeps the last of two equal names, and nests more deeply. Its
  value is taken only where writing it gives back the very text that was read, white space
  aside: then no name was dropped and no number changed.
- jsonschema-rs is asked only about schemas without loops, whose keywords mean to it exactly
  what they mean here (`is_plain`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["SUSPECT", "UNSURE", "Acceptor", "acceptor", "is_plain", "parse"]

#: Whether the engines are used where they are installed; tests switch it off.
ENABLED = True

#: What `parse` says of a text that has to be read with care.
UNSURE = object()

#: The same, where a fault is more likely than not.
SUSPECT = object()

#: Digits enough for an integer beyond 64 bits, which orjson makes a float of.
_LONG = re.compile(rb"[0-9]{19}")

_SPACE = b" \t\n\r"

#: Keywords about which the two engines might differ on some value, or take too long.
_LEFT_ALONE = frozenset({
    "multipleOf", "unevaluatedItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef",
})  # fmt: skip

#: Patterns without what Rust reads differently: `.`, `&&` or `[` in brackets, rare escapes.
_ESCAPE = r"\\[dDwWsS\\/^$.*+?()\[\]{}|-]"
_PLAIN_PATTERN = re.compile(
    rf"(?:[^\\.\[(]|\((?!\?)|\(\?:|{_ESCAPE}|\[\^?(?:[^\\\[\]&~-]|{_ESCAPE}|-(?!-))++\])*+",
    re.DOTALL,
)

#: Numbers that are not the same in every arithmetic.
_WILD_NUMBER = re.compile(r"[0-9]{16}|[0-9][eE]")

#: Says whether a value is certainly valid.
Acceptor = Callable[[Any], bool]


@cache
def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None


def parse(body: bytes) -> Any:
    """The value of a body that is certainly strict JSON, nesting aside.

    SUSPECT for one that probably is not, UNSURE of any other: both are looked at again.
    """
    orjson = _module("orjson") if ENABLED else None
    if orjson is None:
        return UNSURE
    try:
        value = orjson.loads(body)
        written = orjson.dumps(value)
    except (ValueError, TypeError, RecursionError):
        return SUSPECT
    if written == body or written.translate(None, _SPACE) == body.translate(None, _SPACE):
        return value
    # Where a name stood twice, a colon is gone.
    suspect = written.count(b":") != body.count(b":") or _LONG.search(body) is not None
    return SUSPECT if suspect else UNSURE


def is_plain(used: Iterable[tuple[str, Any]], *, formats: bool) -> bool:
    """Whether keywords and their values are such that both engines agree on every value."""
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
