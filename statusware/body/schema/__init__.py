"""JSON Schema: drafts 4 to 2020-12, made ready at start, asked in bounded time."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from ...errors import PolicyError
from .. import fast
from ..messages import detail
from . import openapi
from .compile import Compiler, Options
from .dialects import DEFAULT, OPENAPI31, Dialect, dialect_of
from .fusion import Visit
from .library import Library, Target
from .node import Node
from .violation import Violation
from .wellformed import is_well_formed

__all__ = ["Compiler", "Library", "Options", "Schema", "Target", "Violation", "check_schema"]


class Schema:
    """One schema made ready.

    `source` is a schema (an object or a boolean), or the path of a file in `folder`, with a
    JSON pointer after `#` if the schema is only a part of it.
    """

    def __init__(
        self,
        source: object,
        *,
        folder: Path | None = None,
        options: Options | None = None,
        library: Library | None = None,
    ) -> None:
        """PolicyError, with the place in the schema, if it is not one that can be used."""
        library = library if library is not None else Library(folder)
        target, pointer = _located(source, library)
        dialect = dialect_of(library.resource(target.base, DEFAULT.draft).contents, DEFAULT)
        dialect = dialect_of(target.contents, dialect)
        compiler = Compiler(library, options or Options(), check_schema)
        self.node: Node = _made(compiler, target, dialect, pointer)
        #: What it was made of, for whoever writes it down.
        self.target, self.library, self.dialect = target, library, dialect
        #: Whether a value, as `strict_json.loads` makes it, is valid: by the quickest way.
        self.accepts = _acceptor(target, dialect, compiler) or self.ok

    @classmethod
    def at(cls, target: Target, pointer: str, compiler: Compiler) -> Schema:
        """A schema out of many that share what they refer to; `pointer` is how errors name it."""
        schema = cls.__new__(cls)
        root = compiler.library.resource(target.base, DEFAULT.draft).contents
        dialect = dialect_of(target.contents, dialect_of(root, DEFAULT))
        schema.node = _made(compiler, target, dialect, pointer)
        schema.target, schema.library, schema.dialect = target, compiler.library, dialect
        schema.accepts = schema.ok
        return schema

    def ok(self, value: Any) -> bool:
        """The same, as our own engine has it."""
        try:
            return self.node.ok(value, Visit(1))
        except RecursionError:
            # The schema multiplies the levels of the value beyond what Python can follow:
            # whoever asks for the violations gets the error.
            return False

    def violations(self, value: Any, limit: int = 20) -> list[Violation]:
        """At most `limit` violations of `value`, the first in document order."""
        return list(self.node.explain(value, (), Visit(limit))[:limit])


def _made(compiler: Compiler, target: Target, dialect: Dialect, pointer: str) -> Node:
    try:
        return compiler.node(target, dialect, pointer)
    except RecursionError:
        raise PolicyError("nests too deeply for a schema", key=pointer) from None


def _acceptor(target: Target, dialect: Dialect, compiler: Compiler) -> fast.Acceptor | None:
    """The engine of the extra `fast`, for a schema about which it cannot be wrong."""
    ignored, formats = compiler.ignored, compiler.options.formats
    if compiler.again or not fast.is_plain(compiler.used, ignored=ignored, formats=formats):
        return None
    library = compiler.library

    def retrieve(uri: str) -> Any:
        return library.resource(uri, dialect.draft).contents

    def ask(part: Target, draft: str) -> fast.Acceptor | None:
        return fast.acceptor(part.contents, draft, part.base, retrieve)

    accepts = ask(target, dialect.uri)
    for part in compiler.parts if accepts is not None else ():
        part.hasten(ask)
    return accepts


def _located(source: object, library: Library) -> tuple[Target, str]:
    if isinstance(source, str):
        path, _, fragment = source.partition("#")
        base = library.base_of_file(path)
        target = library.find(base, f"#{fragment}" if fragment else "", DEFAULT.draft)
        return target, f"{path}#{fragment}"
    if not isinstance(source, dict | bool):
        hint = "a table, true, false, or the path of a schema file"
        raise PolicyError("not a schema", hint=hint)
    try:
        # A copy: nobody changes it later, and every part of it has an id() of its own.
        schema = json.loads(json.dumps(source, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise PolicyError("not a schema: it holds what JSON cannot say") from None
    return library.add(library.new_base(), schema, dialect_of(schema, DEFAULT).draft), "#"


@cache
def metaschema(dialect: Dialect) -> Node:
    """What checks the schemas of a draft, made ready when it is first needed."""
    library = Library(
        None, None if dialect.metaschema is None else {dialect.uri: dialect.metaschema}
    )
    target = library.resource(dialect.uri, DEFAULT.draft)
    compiler = Compiler(library, Options(patterns="trusted"), lambda *_: None)
    return compiler.node(target, dialect_of(target.contents, DEFAULT), "")


def check_schema(schema: Any, dialect: Dialect, pointer: str) -> None:
    """Raise the PolicyError of a schema that breaks its metaschema."""
    dialect = DEFAULT if dialect is OPENAPI31 else dialect
    if is_well_formed(schema, dialect):
        return
    found = metaschema(dialect).explain(schema, (), Visit(1))
    if found:
        at = f"{pointer}{found[0].pointer}"
        why, hint = (
            openapi.why_not(found[0].pointer) if dialect.metaschema is not None else ("", "")
        )
        why = why or detail(found[0].code, found[0].limit)
        raise PolicyError(f"not a schema: {why}", key=at, hint=hint)
