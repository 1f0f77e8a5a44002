"""Reading the request line strictly: the path, the method, where the app is mounted.

The path that decides is the path the app sees. A path that two readers could read
differently is refused before any rule looks at it; `AMBIGUITIES` is the table of what
that means. Nothing here changes the environ, and no header ever stands for the path.

environ keys read: `PATH_INFO`, `SCRIPT_NAME`, `REQUEST_METHOD`, `QUERY_STRING`,
`HTTP_X_HTTP_METHOD_OVERRIDE`, `HTTP_X_HTTP_METHOD`, `HTTP_X_METHOD_OVERRIDE`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from .errors import PolicyError, nearest
from .logs.table import MOUNT
from .problem import Problem
from .readings import is_plain, plain_values, readings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["AMBIGUITIES", "METHODS", "RequestLine", "Scope", "ambiguous", "overridden"]

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

#: What every ambiguous path has in it, and few others: one character, or "//", or "/.".
#: Asked first, as it costs a third of the patterns above.
_SUSPECT = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd;%\\]")

#: A segment that may be a number or a UUID to a framework.
_VALUE = re.compile(r"/(?:[0-9]+|[^/]{32,})(?=/|\Z)")

#: Headers by which old clients name another method than that of the request line.
_OVERRIDE, _METHOD, _OVERRIDE_TOO = OVERRIDES = (
    "HTTP_X_HTTP_METHOD_OVERRIDE",
    "HTTP_X_HTTP_METHOD",
    "HTTP_X_METHOD_OVERRIDE",
)


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
        self.methods = frozenset((*METHODS, *map(_method, _listed("methods", methods))))
        if mount is None:
            mount = os.environ.get("SCRIPT_NAME", "")
        mounts = [mount] if isinstance(mount, str) else _listed("mount", mount)
        if not mounts:
            raise PolicyError("names no mount point", key="mount", hint='"" is the root')
        self.mounts = frozenset(map(_mount, mounts))
        relaxed = frozenset(map(_relaxation, _listed("allow_path", allow_path)))
        strict = {name: row for name, row in AMBIGUITIES.items() if name not in relaxed}
        self._refused = [(told, re.compile(pattern)) for told, pattern in strict.values()]
        #: Whether paths have to be compared in all their readings.
        self.relaxed = bool(relaxed)

    @property
    def mount(self) -> str:
        """One of `mounts`, for whoever makes requests up; the root, if that is among them."""
        return min(self.mounts)

    def path(self, environ: WSGIEnvironment) -> str:
        """The path as text, or `Problem(400, code="ambiguous-path")`. An empty one is `/`."""
        raw: str = environ.get("PATH_INFO") or "/"
        path = raw if raw.isascii() else _utf8(raw)
        if path[0] != "/":
            raise ambiguous("The path has to begin with a slash.")
        if "//" in path or "/." in path or _SUSPECT.search(path) is not None:
            for told, pattern in self._refused:
                if pattern.search(path) is not None:
                    raise ambiguous(f"The path must not hold {told}.")
        if environ.get("SCRIPT_NAME", "") not in self.mounts:
            self.check_mount(environ)
        return path

    def check_mount(self, environ: WSGIEnvironment) -> None:
        """`Problem(400, code="ambiguous-path")` where SCRIPT_NAME is none of `mounts`."""
        mount = environ.get("SCRIPT_NAME", "")
        if mount not in self.mounts:
            MOUNT.tell(mount, environ=environ, layer="Routing")
            raise ambiguous("The app is not mounted where the request says.")

    def method(self, environ: WSGIEnvironment) -> str:
        """The method, or `Problem(501, code="method-not-implemented")`."""
        method: str = environ["REQUEST_METHOD"]
        return method if method in self.methods else self.known(method)

    def known(self, method: str) -> str:
        """`method`, or `Problem(501, code="method-not-implemented")`."""
        if method not in self.methods:
            raise Problem(501, code="method-not-implemented")
        return method

    def other_readings(self, path: str) -> frozenset[str]:
        """How else a relaxed path could be read; empty when there is nothing to doubt."""
        if not self.relaxed or is_plain(path):
            return frozenset()
        found = readings(path.encode())
        if found is None:
            raise ambiguous()
        return found - {path}


class Scope:
    """`[api] paths`: prefixes on segment boundaries; outside them nothing is touched."""

    def __init__(self, paths: Iterable[str]) -> None:
        line = RequestLine(mount="")
        self._prefixes = tuple(_prefix(path, line) for path in _listed("paths", paths))
        if not self._prefixes:
            raise PolicyError("names no prefix", key="paths", hint='leave it out for "everything"')
        self._inside = tuple(f"{prefix}/" for prefix in self._prefixes)
        #: Whether a number or a UUID stands in them, which a framework may read in many spellings.
        self._values = any(_VALUE.search(prefix) for prefix in self._prefixes)

    def covers(self, path: str) -> bool:
        """Whether `path` lies inside, read just as it stands."""
        return path.startswith(self._inside) or path in self._prefixes

    def reaches(self, environ: WSGIEnvironment) -> bool:
        """Whether any reader could find the path of this request inside."""
        raw: str = environ.get("PATH_INFO") or "/"
        try:
            if self.covers(raw):
                return True
            if is_plain(raw):
                return self._values and any(map(self.covers, plain_values(raw)))
            found = readings(raw.encode("latin-1"))
        except (AttributeError, TypeError, UnicodeEncodeError):
            return True  # no PATH_INFO at all (PEP 3333): nobody knows
        if found is None or any(map(self.covers, found)):
            return True
        values = map(plain_values, found) if self._values else ()
        return any(self.covers(path) for paths in values for path in paths)


def overridden(environ: WSGIEnvironment) -> str | None:
    """The method that an override header or `_method` in the query names, if another one."""
    query: str = environ.get("QUERY_STRING") or ""
    named = _named(query) if "_method" in query or "%" in query else None
    if _OVERRIDE in environ or _METHOD in environ or _OVERRIDE_TOO in environ:
        named = (named or set()).union(environ[key] for key in OVERRIDES if key in environ)
    if not named:
        return None
    named = {name.strip().upper() for name in named} - {environ["REQUEST_METHOD"], ""}
    if len(named) > 1:
        raise ambiguous("The request names several methods.")
    return named.pop() if named else None


def ambiguous(detail: str | None = None) -> Problem:
    """The answer to a request line that can be read in more than one way."""
    return Problem(400, detail, code="ambiguous-path")


#: `_method` in a query, percent-encoded or not.
_FIELD = re.compile("".join(f"(?:{c}|%{ord(c):x})" for c in "_method"), re.IGNORECASE)


def _named(query: str) -> set[str]:
    """The values of `_method`. Some readers (Bottle) take `;` for a separator as well."""
    if _FIELD.search(query) is None:
        return set()
    fields = [*query.split("&"), *re.split("[&;]", query)]
    pairs = (field.partition("=") for field in fields)
    return {unquote_plus(value) for name, _, value in pairs if unquote_plus(name) == "_method"}


def _utf8(raw: str) -> str:
    """PATH_INFO (bytes as Latin-1, PEP 3333) as strict UTF-8."""
    try:
        return raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        raise ambiguous("The path is not valid UTF-8.") from None


def _listed(key: str, names: Iterable[str]) -> list[str]:
    """`names` as a list of strings; a string alone would be taken for its letters."""
    if not isinstance(names, str) and isinstance(names, Iterable):
        listed = list(names)
        if all(isinstance(name, str) for name in listed):
            return listed
    raise PolicyError("must be a list of strings", key=key)


def _method(name: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9!#$%&'*+.^_`|~-]*", name):
        raise PolicyError(f"{name!r} is not a method", key="methods", hint="upper case, as in LOCK")
    return name


def _mount(mount: str) -> str:
    if mount and (not mount.startswith("/") or mount.endswith("/")):
        raise PolicyError(f"{mount!r} is not a mount point", key="mount", hint='as in "/shop"')
    return mount.encode("utf-8", "surrogatepass").decode("latin-1")


def _relaxation(name: str) -> str:
    known = [known for known in AMBIGUITIES if known]
    if name not in known:
        raise PolicyError(f"{name!r} is unknown", key="allow_path", hint=nearest(name, known))
    return name


def _prefix(path: str, line: RequestLine) -> str:
    """A prefix without its trailing slash; it has to be readable itself."""
    try:
        line.path({"PATH_INFO": path.encode("utf-8", "surrogatepass").decode("latin-1") or "?"})
    except Problem as problem:
        close = "" if path.startswith("/") else f'did you mean "/{path}"?'
        told = str(problem.detail).removesuffix(".")
        raise PolicyError(f"{path!r}: {told}", key="paths", hint=close) from None
    return path.rstrip("/")
