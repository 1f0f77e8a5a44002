"""Reading the request line strictly: the path, the method, where the app is mounted.

The path that decides is the path the app sees. A path that two readers could read
differently is refused before any rule looks at it; `AMBIGUITIES` is the table of what
that means. Nothing here changes the environ, and no header ever stands for the path.

environ keys read: `PATH_INFO`, `SCRIPT_NAME`, `REQUEST_METHOD`, `QUERY_STRING`,
`HTTP_X_HTTP_METHOD_OVERRIDE`, `HTTP_X_HTTP_METHOD`, `HTTP_X_METHOD_OVERRIDE`.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_to_bytes

from .errors import PolicyError, nearest
from .problem import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["AMBIGUITIES", "METHODS", "RequestLine", "Scope", "overridden", "readings"]

log = logging.getLogger("statusware.routing")

#: The methods that are known unless `methods` names more (RFC 9110 section 9, RFC 5789).
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

#: What makes a path ambiguous, under the name by which `allow_path` relaxes it: what a
#: client is told, and the pattern. The nameless one is never relaxed.
AMBIGUITIES: dict[str, tuple[str, str]] = {
    "": ("control characters and invalid UTF-8", r"[\x00-\x1f\x7f-\x9f\ufffd]"),
    "double-slash": ("empty segments (two slashes in a row)", r"//"),
    "dot": ("`.` and `..` segments", r"/\.\.?(?:/|\Z)"),
    "semicolon": ("semicolons", r";"),
    "encoded": ("percent-encoding inside percent-encoding", r"%[0-9A-Fa-f]{2}"),
    "backslash": ("backslashes", r"\\"),
}

#: Headers by which old clients name another method than that of the request line.
OVERRIDES = ("HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_HTTP_METHOD", "HTTP_X_METHOD_OVERRIDE")


class RequestLine:
    """How the request line is read; shared by every layer that decides by it.

    `methods` are known beyond `METHODS`; `mount` is the expected SCRIPT_NAME (one or
    several; by default that of the process, else empty); `allow_path` names relaxations
    out of `AMBIGUITIES`. A wrong option is a `PolicyError`.
    """

    def __init__(
        self,
        *,
        methods: Iterable[str] = (),
        mount: str | Iterable[str] | None = None,
        allow_path: Iterable[str] = (),
    ) -> None:
        self.methods = frozenset((*METHODS, *(_method(name) for name in methods)))
        if mount is None:
            mount = os.environ.get("SCRIPT_NAME", "")
        self.mounts = frozenset(_mount(m) for m in ([mount] if isinstance(mount, str) else mount))
        relaxed = frozenset(_relaxation(name) for name in allow_path)
        self._refused = re.compile(
            "|".join(pattern for name, (_, pattern) in AMBIGUITIES.items() if name not in relaxed)
        )
        allowed = "|".join(AMBIGUITIES[name][1] for name in sorted(relaxed))
        self._relaxed = re.compile(allowed) if allowed else None

    def path(self, environ: WSGIEnvironment) -> str:
        """The path as text, or `Problem(400, code="ambiguous-path")`. An empty one is `/`."""
        raw: str = environ.get("PATH_INFO") or "/"
        path = raw if raw.isascii() else _utf8(raw)
        if path[0] != "/":
            raise ambiguous("The path has to begin with a slash.")
        if self._refused.search(path) is not None:
            raise ambiguous(f"The path must not hold {self._what(path)}.")
        if environ.get("SCRIPT_NAME", "") not in self.mounts:
            log.warning("SCRIPT_NAME %r is not in [api] mount", environ["SCRIPT_NAME"])
            raise ambiguous("The app is not mounted where the request says.")
        return path

    def method(self, environ: WSGIEnvironment) -> str:
        """The method, or `Problem(501, code="method-not-implemented")`."""
        method: str = environ["REQUEST_METHOD"]
        if method not in self.methods:
            raise Problem(501, code="method-not-implemented")
        return method

    def other_readings(self, path: str) -> frozenset[str]:
        """How else a relaxed path could be read; empty when there is nothing to doubt."""
        if self._relaxed is None or self._relaxed.search(path) is None:
            return frozenset()
        found = readings(path.encode())
        if found is None:
            raise ambiguous()
        return found

    def _what(self, path: str) -> str:
        told = (told for told, pattern in AMBIGUITIES.values() if re.search(pattern, path))
        return next(told)


class Scope:
    """`[api] paths`: prefixes on segment boundaries; outside them nothing is touched."""

    def __init__(self, paths: Iterable[str]) -> None:
        line = RequestLine(mount="")
        self._prefixes = tuple(_prefix(path, line) for path in paths)
        if not self._prefixes:
            raise PolicyError("names no prefix", key="paths", hint='leave it out for "everything"')

    def covers(self, path: str) -> bool:
        """Whether `path` lies inside, read just as it stands."""
        return any(path == prefix or path.startswith(f"{prefix}/") for prefix in self._prefixes)

    def reaches(self, environ: WSGIEnvironment) -> bool:
        """Whether any reader could find the path of this request inside."""
        raw: str = environ.get("PATH_INFO") or "/"
        if self.covers(raw):
            return True
        if raw[0] == "/" and _PLAIN.fullmatch(raw):
            return False
        found = readings(raw.encode("latin-1", "replace"))
        return found is None or any(map(self.covers, found))


def overridden(environ: WSGIEnvironment) -> str | None:
    """The method that an override header or `_method` in the query names, if another one."""
    named = {environ[key] for key in OVERRIDES if key in environ}
    query = environ.get("QUERY_STRING")
    if query and ("_method" in query or "%" in query):
        named.update(value for key, value in _fields(query) if key == "_method")
    named = {name.strip().upper() for name in named} - {environ["REQUEST_METHOD"], ""}
    if len(named) > 1:
        raise ambiguous("The request names several methods.")
    return named.pop() if named else None


def readings(path: bytes) -> frozenset[str] | None:
    """Every way in which a lenient reader could read `path`; None where there are too many.

    The closure of `_LENIENT` over the path, as text. It is finite, as every step shortens
    the path or turns a backslash.
    """
    seen: set[bytes] = set()
    todo = [path]
    while todo:
        reading = todo.pop()
        if reading not in seen:
            seen.add(reading)
            todo += [step(reading) for step in _LENIENT]
        if len(seen) > _MOST_READINGS:
            return None
    return frozenset(reading.decode("utf-8", "surrogateescape") for reading in seen)


#: More readings than any honest path has; a bound on the work that one request can ask for.
_MOST_READINGS = 100


def _resolve(path: bytes) -> bytes:
    """`.` and `..` resolved (RFC 3986 section 5.2.4)."""
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

#: A path of which there is but one reading.
_PLAIN = re.compile(r"(?:/(?!\.\.?(?:/|\Z))[!$&'()*+,:=@\w.~-]+)*/?", re.ASCII)


def ambiguous(detail: str | None = None) -> Problem:
    """The answer to a request line that can be read in more than one way."""
    return Problem(400, detail, code="ambiguous-path")


def _utf8(raw: str) -> str:
    """PATH_INFO (bytes as Latin-1, PEP 3333) as strict UTF-8."""
    try:
        return raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        raise ambiguous("The path is not valid UTF-8.") from None


def _fields(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        raise ambiguous("The query has too many fields.") from None


def _method(name: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9!#$%&'*+.^_`|~-]*", name):
        raise PolicyError(f"{name!r} is not a method", key="methods", hint="upper case, as in LOCK")
    return name


def _mount(mount: str) -> str:
    if mount and (not mount.startswith("/") or mount.endswith("/")):
        raise PolicyError(f"{mount!r} is not a mount point", key="mount", hint='as in "/shop"')
    return mount


def _relaxation(name: str) -> str:
    known = [known for known in AMBIGUITIES if known]
    if name not in known:
        raise PolicyError(f"{name!r} is unknown", key="allow_path", hint=nearest(name, known))
    return name


def _prefix(path: str, line: RequestLine) -> str:
    """A prefix without its trailing slash; it has to be readable itself."""
    try:
        if not path.startswith("/"):
            raise ambiguous("a prefix begins with a slash")
        line.path({"PATH_INFO": path.encode().decode("latin-1")})
    except Problem as problem:
        raise PolicyError(f"{path!r}: {problem.detail}", key="paths") from None
    return path.rstrip("/")
