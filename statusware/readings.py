"""How lenient readers read a path: what `statusware.request` refuses to guess about.

Servers, proxies and frameworks collapse slashes, resolve dots, decode once more, drop
`;parameters` and bytes that they cannot decode. A path is safe where all of them agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import digit
from urllib.parse import unquote_to_bytes
from uuid import UUID

__all__ = ["is_plain", "plain_values", "readings"]

#: More readings than any honest path has; a bound on the work that one request can ask for.
MOST = 50

#: Bytes of all of them together: a path of 64 KiB, which some servers hand on, has fewer.
MOST_BYTES = 1 << 18

#: A path of which there is but one reading.
_PLAIN = re.compile(r"(?:/(?!\.\.?(?:/|\Z))[!$&'()*+,:=@\w.~-]+)*/?", re.ASCII)

#: Segments that Python's `int` takes, but not in the one plain way of writing a number.
_NUMBER = re.compile(r"/(?!(?:0|[1-9][0-9]*)(?:/|\Z))\s*[+-]?(\d+(?:_\d+)*)\s*(?=/|\Z)")

#: A path in which nothing of either kind stands, as nearly all are.
_USUAL = re.compile(r"(?:/(?:0|[1-9][0-9]{0,30}|[A-Za-z._~][A-Za-z0-9._~-]{0,30})?)*")

#: Segments that `UUID` may take, but not in the one plain way of writing one.
_UUID = re.compile(r"/(?![0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:/|\Z))([^/]{32,})(?=/|\Z)")


def is_plain(path: str) -> bool:
    """Whether there is but one way to read `path` (text or PATH_INFO); false when in doubt."""
    return path[:1] == "/" and _PLAIN.fullmatch(path) is not None


def readings(path: bytes) -> frozenset[str] | None:
    """Every way in which a lenient reader could read `path`; None where there are too many.

    The closure of `_LENIENT` over the path, as text. It is finite, as every step shortens
    the path, turns a backslash or puts a slash in front.
    """
    seen: set[bytes] = set()
    todo, size = [path], 0
    while todo:
        reading = todo.pop()
        if reading not in seen:
            seen.add(reading)
            size += len(reading)
            todo += [step(reading) for step in _LENIENT]
        if len(seen) > MOST or size > MOST_BYTES:
            return None
    return frozenset(reading.decode("utf-8", "surrogateescape") for reading in seen)


def plain_values(path: str) -> frozenset[str]:
    r"""How `path` reads once its numbers and UUIDs went through the converters of a framework.

    `/i/007`, `/i/+7`, `/i/0_7` and a seven of another script all reach a view for `/i/7`
    somewhere: Falcon asks `int`, others match `\d`, which takes the digits of every script.
    A UUID is taken without dashes too, and 32 digits are one as well as a number.
    """
    if _USUAL.fullmatch(path):
        return frozenset()
    numbers, uuids = _NUMBER.sub(_plain_number, path), _UUID.sub(_plain_uuid, path)
    return frozenset((numbers, uuids, _UUID.sub(_plain_uuid, numbers))) - {path}


def _plain_number(found: re.Match[str]) -> str:
    digits = "".join(str(digit(c)) for c in found[1] if c != "_")
    return "/" + (digits.lstrip("0") or "0")


def _plain_uuid(found: re.Match[str]) -> str:
    try:
        return f"/{UUID(found[1])}"
    except ValueError:
        return found[0]


def _resolve(path: bytes) -> bytes:
    """`.` and `..` resolved (RFC 3986 section 5.2.4)."""
    if b"/." not in path and not path.startswith(b"."):
        return path
    kept: list[bytes] = []
    segments = path.split(b"/")
    for segment in segments:
        if segment == b".." and len(kept) > 1:
            kept.pop()
        elif segment not in (b".", b".."):
            kept.append(segment)
    if segments[-1] in (b".", b".."):
        kept.append(b"")
    return b"/".join(kept)


#: What lenient readers do; each was seen in a server or a framework.
_LENIENT: tuple[Callable[[bytes], bytes], ...] = (
    unquote_to_bytes,
    lambda path: path.decode("utf-8", "ignore").encode(),
    _resolve,
    lambda path: re.sub(rb"//+", b"/", path),
    lambda path: re.sub(rb";[^/]*", b"", path),
    lambda path: path.replace(b"\\", b"/"),
    lambda path: re.sub(rb"[\x00-\x1f\x7f]|\xc2[\x80-\x9f]|\xef\xbf\xbd", b"", path),
    lambda path: path.partition(b"\0")[0],
    lambda path: path if path.startswith(b"/") else b"/" + path,
)
