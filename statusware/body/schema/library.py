"""Schema documents, and what references point at.

References lead into the same document, to files within one folder, to the metaschemas
(which come with jsonschema-specifications), and nowhere else: never to the network,
never out of the folder, not even by a symbolic link.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from referencing import Anchor, Resource, Specification
from referencing.jsonschema import DynamicAnchor, Schema

from ...errors import PolicyError
from ...stamp import Stamp, stamp
from .files import read_file

__all__ = ["Library", "Target"]


def _metaschemas() -> Any:
    """The registry of metaschemas; it ships no types."""
    return importlib.import_module("jsonschema_specifications").REGISTRY


class Target(NamedTuple):
    """A schema, and the URI of the resource that it lies in: references start from there."""

    contents: Any
    base: str
    #: The reference that led here, made absolute.
    uri: str = ""


class Library:
    """The documents that one policy's schemas are made of."""

    def __init__(self, folder: Path | None, documents: Mapping[str, Any] | None = None) -> None:
        """`folder` is where files may lie (None: no files); `documents` are given by URI."""
        self.folder = folder.resolve() if folder else None
        self.given = dict(documents or {})
        #: The files that have been read so far, as paths, and what they were before.
        self.files: dict[str, Stamp] = {}
        self._resources: dict[str, Target] = {}
        self._anchors: dict[tuple[str, str], Target] = {}
        #: For each resource the dynamic anchors in it.
        self.dynamic: dict[str, dict[str, Target]] = {}
        #: The base URI of every subschema that is known, by the id() of its contents.
        self._bases: dict[int, str] = {}
        #: Schemas where no metaschema looks for one, by the id() of their contents.
        self.apart: set[int] = set()
        #: Root `$id` prefixes and the folders that they stand for.
        self._folders: dict[str, str] = {}
        #: What references have been followed to, by base and reference.
        self._found: dict[tuple[str, str], Target] = {}
        #: Contents are told apart by id(), so they have to stay.
        self._kept: list[Any] = []

    def base_of_file(self, path: str) -> str:
        """The URI of a file in the folder."""
        return f"{self._folder().as_uri()}/{path}"

    def new_base(self) -> str:
        """A URI for a schema that stands in the policy itself: beside the files, if there are."""
        folder = f"{self.folder.as_uri()}/" if self.folder else "statusware:/"
        return f"{folder}.policy-{len(self._kept)}"

    def add(self, uri: str, contents: Any, draft: Specification[Schema]) -> Target:
        """Make a document known under `uri`, with every schema, id and anchor in it."""
        self._kept.append(contents)
        self._resources[uri] = Target(contents, uri)
        return self._crawl(contents, uri, draft)

    def _crawl(self, contents: Any, uri: str, draft: Specification[Schema]) -> Target:
        # What is malformed is left alone here; the metaschema tells what is wrong with it.
        malformed = suppress(TypeError, AttributeError, KeyError, ValueError)
        todo = []
        with malformed:
            todo.append((Resource.from_contents(contents, default_specification=draft), uri))
        while todo:
            resource, base = todo.pop()
            with malformed:
                base = self._enter(resource, base, resource.contents is contents)
                todo += [(each, base) for each in resource.subresources()]
        return Target(contents, self.base_of(contents, uri))

    def _enter(self, resource: Resource[Schema], base: str, is_root: bool) -> str:
        """Make one schema's id and anchors known; its base URI."""
        if not isinstance(resource.contents, Mapping):
            return base
        if (own := resource.id()) is not None:
            if base.startswith("file:") and is_root:
                self._folders[urljoin(own, ".")] = urljoin(base, ".")
            base = urldefrag(urljoin(base, own))[0]
            self._resources[base] = Target(resource.contents, base)
        self._bases[id(resource.contents)] = base
        for anchor in resource.anchors():
            if isinstance(anchor, Anchor | DynamicAnchor):
                target = self._anchors[base, anchor.name] = Target(anchor.resource.contents, base)
                if isinstance(anchor, DynamicAnchor):
                    self.dynamic.setdefault(base, {})[anchor.name] = target
        return base

    def base_of(self, schema: Any, otherwise: str) -> str:
        """The base URI of a subschema."""
        return self._bases.get(id(schema), otherwise) if isinstance(schema, dict) else otherwise

    def find(self, base: str, reference: str, draft: Specification[Schema]) -> Target:
        """What `reference` in the resource `base` points at; PolicyError if nothing does."""
        known = self._found.get((base, reference))
        if known is None:
            known = self._found[base, reference] = self._find(base, reference, draft)
        return known

    def _find(self, base: str, reference: str, draft: Specification[Schema]) -> Target:
        try:
            # urljoin does not know relative references to a urn:, and needs not.
            joined = base + reference if reference.startswith("#") else urljoin(base, reference)
            uri, fragment = urldefrag(joined)
        except ValueError:  # http://[
            raise PolicyError("is no URI", hint="as in #/components/schemas/Pet") from None
        root = self.resource(uri, draft)
        if not fragment:
            return root._replace(uri=joined)
        if not fragment.startswith("/"):
            try:
                return self._anchors[root.base, fragment]
            except KeyError:
                raise PolicyError("refers to an anchor that is not there") from None
        return self._pointed(root, unquote(fragment), draft)._replace(uri=joined)

    def resource(self, uri: str, draft: Specification[Schema]) -> Target:
        """The document at `uri`, read if it is a file within the folder."""
        if uri not in self._resources:
            found = self._retrieve(uri)
            return self.add(uri, found, draft)
        target = self._resources[uri]
        return Target(target.contents, self._bases.get(id(target.contents), target.base))

    def _pointed(self, root: Target, pointer: str, draft: Specification[Schema]) -> Target:
        contents, base = root.contents, root.base
        for token in pointer[1:].split("/"):
            token = token.replace("~1", "/").replace("~0", "~")
            try:
                contents = contents[int(token) if isinstance(contents, list) else token]
            except (KeyError, IndexError, ValueError, TypeError):
                reason = f"refers to a place that is not there: {pointer}"
                raise PolicyError(reason) from None
            base = self._bases.get(id(contents), base)
        if isinstance(contents, dict) and id(contents) not in self._bases:
            # Nobody knew that this is a schema: `components` of OpenAPI, a custom keyword.
            self.apart.add(id(contents))
            return self._crawl(contents, base, draft)
        return Target(contents, base)

    def _retrieve(self, uri: str) -> Any:
        if uri in self.given:
            return self.given[uri]
        if (known := _metaschemas().get(uri)) is not None:
            return known.contents
        for prefix, folder in self._folders.items():
            if uri.startswith(prefix):
                uri = folder + uri[len(prefix) :]
        parts = urlsplit(uri)
        if parts.scheme != "file" or parts.netloc or self.folder is None:
            hint = "only schemas in the policy's folder are read; put a copy there"
            raise PolicyError("refers to a schema elsewhere, and none is ever fetched", hint=hint)
        path = Path(unquote(parts.path))
        before = stamp([str(path)])
        found = read_file(path, self.folder)
        self.files[str(path)] = before
        return found

    def _folder(self) -> Path:
        if self.folder is None:
            raise PolicyError("there is no folder that schema files could lie in", key="folder")
        return self.folder
