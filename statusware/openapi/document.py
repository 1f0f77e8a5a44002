"""An OpenAPI document: loaded, and walked part by part.

A `Part` is a value with its place, so that whatever is wrong with it can be told by file
and JSON pointer. References are followed within the document and to files in the policy's
folder or below it; never to the network, never out of the folder, never in a circle.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from ..body.schema.dialects import DEFAULT, dialect_of
from ..body.schema.library import Library
from ..errors import PolicyError, nearest
from .given import plain_copy

__all__ = ["VERSIONS", "Document", "Part"]

#: The versions that are read, as `openapi: 3.1.0` begins.
VERSIONS = ("3.0", "3.1")

#: References that lead to references; honest ones take two or three steps.
_MOST_STEPS = 32

#: How like a known name another one is that has to be a slip (1 is the same). Whatever else
#: stands in a document is left alone: many have a field or two of their own.
_CLOSE = 0.8

#: How documents call what Python has for it.
_KINDS: dict[type, str] = {
    dict: "an object", list: "a list", str: "a string", bool: "true or false", int: "a number"
}  # fmt: skip


class Document:
    """One OpenAPI document, 3.0 or 3.1.

    `source` is a path relative to `folder`, in JSON or (with the extra `openapi`) YAML; or
    the document itself, as a dict. Files that it refers to have to lie in `folder` or below.
    `name` is how errors call a dict. Raises `PolicyError`.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | Mapping[str, Any],
        *,
        folder: str | os.PathLike[str] = ".",
        name: str = "api.openapi",
    ) -> None:
        self.folder = Path(folder).resolve()
        given: dict[str, Any] = {}
        if isinstance(source, Mapping):
            self.name, self.uri = name, f"{self.folder.as_uri()}/.openapi-document"
            given[self.uri] = plain_copy(source, name)
        else:
            path = Path(os.path.abspath(self.folder / source))
            self.name, self.uri = os.fspath(source), path.as_uri()
        #: All documents that are in use: this one, and the files that it refers to.
        self.library = Library(self.folder, given)
        try:
            self.root = Part(self, self.uri, "", self._contents(self.uri))
        except PolicyError as error:
            raise error if error.key else error.at(key=name) from None
        self.version = _version(self.root)
        try:
            #: How its schemas are read.
            self.dialect = dialect_of(self.root.value, DEFAULT)
        except PolicyError as error:
            raise self.root.step(error.key).wrong(error.reason, error.hint) from None

    @property
    def files(self) -> tuple[str, ...]:
        """The files that have been read so far, as paths."""
        return tuple(self.library.files)

    def label(self, uri: str) -> str:
        """How errors call a file: relative to the folder where it lies in it."""
        if uri == self.uri:
            return self.name
        return os.path.relpath(unquote(urlsplit(uri).path), self.folder)

    def part(self, uri: str, pointer: str) -> Part:
        """What a JSON pointer (not percent-encoded) finds in a file. Raises `PolicyError`."""
        part = Part(self, uri, "", self._contents(uri))
        for token in pointer.split("/")[1:]:
            part = part.step(token.replace("~1", "/").replace("~0", "~"))
        return part

    def find(self, base: str, reference: str) -> Part:
        """What `reference`, as it stands in the file `base`, points at. Raises `PolicyError`."""
        joined = base + reference if reference.startswith("#") else None
        try:
            uri, fragment = urldefrag(joined or urljoin(base, reference))
        except ValueError:  # http://[
            raise PolicyError(f"{reference!r} is no URI", hint="as in #/components") from None
        pointer = unquote(fragment)
        if pointer and not pointer.startswith("/"):
            raise PolicyError(
                f"{reference!r} has no JSON pointer after #", hint="as in #/components"
            )
        return self.part(uri, pointer)

    def _contents(self, uri: str) -> Any:
        return self.library.resource(uri, DEFAULT.draft).contents


@dataclass(frozen=True, slots=True)
class Part:
    """A value in a document, and its place: file and JSON pointer."""

    document: Document
    uri: str
    pointer: str
    value: Any

    @property
    def where(self) -> str:
        """The place as errors name it: `openapi.yaml#/paths/~1pets/get`."""
        return f"{self.document.label(self.uri)}#{self.pointer}"

    @property
    def reference(self) -> str:
        """The place as a URI, which a `$ref` may hold."""
        return f"{self.uri}#{quote(self.pointer, safe='/~')}"

    @property
    def token(self) -> str:
        """The name under which it stands."""
        return self.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")

    def wrong(self, reason: str, hint: str = "") -> PolicyError:
        """The error that says what is wrong here."""
        return PolicyError(reason, key=self.where, hint=hint)

    def of(self, kind: type) -> Part:
        """The same, if its value is a dict, list, str, bool or int; else a `PolicyError`."""
        if not isinstance(self.value, kind) or (kind is int and isinstance(self.value, bool)):
            raise self.wrong(f"must be {_KINDS[kind]}")
        return self

    def step(self, token: str) -> Part:
        """The part one token of a pointer further. Raises `PolicyError` where there is none."""
        value = self.value
        if isinstance(value, dict) and token in value:
            return self._at(token, value[token])
        if isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            return self._at(token, value[int(token)])
        known = value if isinstance(value, dict) else ()
        raise self.wrong(f"has no {token!r}", nearest(token, known))

    def get(self, name: str, kind: type = object) -> Part | None:
        """The member `name`, of this kind; None if there is none."""
        table = self.of(dict).value
        if name not in table:
            return None
        part = self._at(name, table[name])
        return part if kind is object else part.of(kind)

    def text(self, name: str, otherwise: str = "") -> str:
        """The member `name`, a string."""
        part = self.get(name, str)
        return otherwise if part is None else str(part.value)

    def flag(self, name: str) -> bool:
        """The member `name`, a boolean; False if there is none."""
        part = self.get(name, bool)
        return part is not None and bool(part.value)

    def members(self) -> Iterator[tuple[str, Part]]:
        """All members of an object, extensions (`x-...`) aside."""
        for name, value in self.of(dict).value.items():
            if not name.startswith("x-"):
                yield name, self._at(name, value)

    def items(self) -> Iterator[Part]:
        """The items of a list."""
        for at, value in enumerate(self.of(list).value):
            yield self._at(str(at), value)

    def check_names(self, known: Sequence[str]) -> Part:
        """The same. Raises `PolicyError` for a member that looks like a slip for a known one."""
        for name, part in self.members():
            close = [] if name in known else difflib.get_close_matches(name, known, 1, _CLOSE)
            if close:
                raise part.wrong(f"{name!r} is unknown", f'did you mean "{close[0]}"?')
        return self

    def followed(self) -> Part:
        """What it refers to, if it is a `$ref`; else itself. Raises `PolicyError`."""
        part = self
        for _ in range(_MOST_STEPS):
            if not isinstance(part.value, dict) or "$ref" not in part.value:
                return part
            reference = part.step("$ref").of(str)
            try:
                part = self.document.find(part.uri, reference.value)
            except PolicyError as error:
                raise _told(reference, error) from None
        raise self.wrong("refers to itself, or too many times further")

    def _at(self, token: str, value: Any) -> Part:
        escaped = token.replace("~", "~0").replace("/", "~1")
        return Part(self.document, self.uri, f"{self.pointer}/{escaped}", value)


def _told(reference: Part, error: PolicyError) -> PolicyError:
    """What is wrong with a reference, told where it stands."""
    place = f"{error.key} " if error.key else ""
    return reference.wrong(f"{place}{error.reason}", error.hint)


def _version(root: Part) -> str:
    """ "3.0" or "3.1"."""
    root.of(dict)
    if "swagger" in root.value:
        hint = "convert it to OpenAPI 3, with swagger2openapi, say"
        raise root.step("swagger").wrong("is version 2, which is not read", hint)
    if "openapi" not in root.value:
        raise root.wrong("is no OpenAPI document: it has no 'openapi'", 'as in openapi: "3.1.0"')
    version = root.step("openapi")
    text = version.value
    if not isinstance(text, str) or text[:4] not in [f"{known}." for known in VERSIONS]:
        raise version.wrong("is no version that is read", "versions 3.0 and 3.1, as in '3.1.0'")
    return text[:3]
