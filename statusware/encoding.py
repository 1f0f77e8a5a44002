"""JSON that always comes out: whatever an extension holds, an error still gets its body."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from json.encoder import encode_basestring as _quote
from typing import Any

from .logs.table import UNTOLD

__all__ = ["encode", "plain", "quote", "utf8"]

#: Deeper than this, a value is cut off: nobody reads an error that deep.
_DEPTH = 32

_strict = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def encode(members: Mapping[str, Any]) -> bytes:
    """`members` as JSON in UTF-8 that RFC 7493 (I-JSON) allows.

    What JSON cannot say is said as text; a lone surrogate becomes U+FFFD.
    """
    try:
        return _strict.encode(members).encode()
    except Exception:  # whatever the extensions of an app may raise
        return utf8(_strict.encode(plain(members)))


def plain(value: Any) -> Any:
    """`value` in the types that JSON has; the rest as text. What holds itself is cut off."""
    return _plain(value, ())


def quote(text: str) -> bytes:
    """`text` as a JSON string."""
    return _quote(text).encode("utf-8", "replace")


def utf8(text: str) -> bytes:
    """`text` in UTF-8: surrogates that make a pair are joined, the others become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _plain(value: Any, above: tuple[int, ...]) -> Any:
    """`value`, which stands within the objects of these ids."""
    try:
        return _converted(value, above)
    except Exception as error:  # somebody else's object; what matters is that the error goes out
        UNTOLD.tell(error=error)
        return f"<{type(value).__name__}>"


def _converted(value: Any, above: tuple[int, ...]) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(str(int(value)))  # ValueError: more digits than Python writes (4,300)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if len(above) >= _DEPTH or id(value) in above:
        return "…"
    inside = (*above, id(value))
    if isinstance(value, Mapping):
        return {str(name): _plain(item, inside) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, inside) for item in value]
    return str(value)
