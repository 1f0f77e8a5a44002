"""Media types: which a route takes, and whether a request has one of them.

environ keys read: `CONTENT_TYPE`, `HTTP_CONTENT_ENCODING`, `REQUEST_METHOD`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import PolicyError
from ..problem import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["MediaTypes", "essence", "refusal"]

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE = re.compile(rf"{_NAME}/{_NAME}", re.ASCII)

#: RFC 9110 section 8.3.1: `type/subtype`, then parameters, values bare or quoted.
_MEDIA_TYPE = re.compile(
    rf'({_NAME}/{_NAME})((?:[ \t]*;[ \t]*(?:{_NAME}=(?:{_NAME}|"(?:[^"\\]|\\.)*+"))?)*+)[ \t]*',
    re.ASCII,
)
_PARAMETER = re.compile(rf'({_NAME})=({_NAME}|"(?:[^"\\]|\\.)*+")', re.ASCII)

#: The header that says what a resource takes with this method (LDP 7.1, RFC 5789 3.1).
_TELLS = {"POST": "Accept-Post", "PATCH": "Accept-Patch"}


class MediaTypes:
    """The media types that a route takes: `accept`, or JSON and every `+json` type.

    `codings` are the content codings that it takes.
    """

    def __init__(self, accept: Iterable[str] = (), codings: tuple[str, ...] = ()) -> None:
        """PolicyError if an entry of `accept` is not a media type without parameters."""
        if isinstance(accept, str):
            accept = [accept]
        self.codings = codings
        self.listed = [_checked(entry) for entry in accept]
        self.names = frozenset(self.listed or ["application/json"])
        #: The very texts that most clients send.
        self.usual = self.names.union(
            f"{name};{space}charset={charset}"
            for name in self.names
            for space in ("", " ")
            for charset in ("utf-8", "UTF-8")
        )
        self.told = ", ".join(self.listed or ["application/json"])

    def check(self, environ: WSGIEnvironment) -> None:
        """Raise Problem 415 unless the Content-Type is one of these, in UTF-8."""
        sent = environ.get("CONTENT_TYPE") or ""
        if sent in self.names:
            return
        found = _MEDIA_TYPE.fullmatch(sent.strip(" \t"))
        if not found or not self._takes(found[1].lower()):
            raise self._problem(environ, None if sent else "The body has no Content-Type.")
        charsets = [v for n, v in _PARAMETER.findall(found[2]) if n.lower() == "charset"]
        if any(_unquoted(charset).lower() not in ("utf-8", "utf8") for charset in charsets):
            raise self._problem(environ, "JSON is UTF-8 here; another charset is not taken.")

    def coding(self, environ: WSGIEnvironment) -> str:
        """The content coding of the body, empty if none.

        Raises Problem 415 for one that is not taken, and for two at once.
        """
        if "HTTP_CONTENT_ENCODING" not in environ:
            return ""
        sent: str = environ["HTTP_CONTENT_ENCODING"].strip(" \t").lower()
        if sent in ("", "identity"):
            return ""
        coding = sent.removeprefix("x-") if sent == "x-gzip" else sent
        if coding not in self.codings:
            told = ", ".join(self.codings) or "identity"
            detail = "The body has a content coding that is not taken."
            raise Problem(415, detail, headers=[("Accept-Encoding", told)])
        return coding

    def _takes(self, name: str) -> bool:
        return name in self.names or (not self.listed and name.endswith("+json"))

    def _problem(self, environ: WSGIEnvironment, detail: str | None) -> Problem:
        return refusal(environ, self.told, detail)


def essence(sent: str) -> str:
    """The type and subtype of a Content-Type, in lower case; empty if it is malformed."""
    found = _MEDIA_TYPE.fullmatch(sent.strip(" \t"))
    return found[1].lower() if found else ""


def refusal(environ: WSGIEnvironment, told: str, detail: str | None) -> Problem:
    """The 415 that says what is taken."""
    headers = [("Accept", told)]
    if name := _TELLS.get(environ.get("REQUEST_METHOD", "")):
        headers.append((name, told))
    return Problem(415, detail, headers=headers)


def _checked(entry: object) -> str:
    if not isinstance(entry, str) or not _TYPE.fullmatch(entry) or "*" in entry:
        hint = 'write it as in "application/merge-patch+json"'
        raise PolicyError("not a media type", key="accept", hint=hint)
    return entry.lower()


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
