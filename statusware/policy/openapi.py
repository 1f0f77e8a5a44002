"""`[api] openapi`: what a policy says about the document that gives it routes.

What reads documents is imported where there is one: it brings the engine for schemas along.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..auth.scheme import Scheme
from ..errors import PolicyError
from ..layers.body import body_options
from ..rules import Route

if TYPE_CHECKING:
    from ..openapi.document import Document

__all__ = ["described", "document_and_folder", "make_bodies", "route_tables"]

#: Keys that say something about a document.
_ABOUT = ("openapi_unsecured", "openapi_base", "openapi_templates", "security")


def described(api: Mapping[str, Any], folder: Path) -> Document | None:
    """The document that `[api]` names, loaded; None if it names none. Raises `PolicyError`."""
    if "openapi" in api:
        from ..openapi.document import Document

        return Document(api["openapi"], folder=folder)
    for key in _ABOUT:
        if key in api:
            hint = 'as in openapi = "openapi.yaml"'
            raise PolicyError("says nothing without openapi", key=f"api.{key}", hint=hint)
    return None


def route_tables(
    document: Document,
    tables: Iterable[Mapping[str, Any]],
    api: Mapping[str, Any],
    schemes: Mapping[str, Scheme],
    mounts: Iterable[str],
) -> list[dict[str, Any]]:
    """The columns of all routes: `tables` (those of `[[routes]]`, with `where`) over the document.

    Raises `PolicyError`.
    """
    from ..openapi.routes import documented, operations
    from ..openapi.security import Security

    base = api.get("openapi_base")
    starts = [base] if isinstance(base, str) else base
    security = Security(
        document.root, schemes, api.get("security"), api.get("openapi_unsecured", "")
    )
    found = operations(document, base=starts, mounts=mounts)
    nearest = api.get("openapi_templates") == "nearest"
    return documented(found, tables, security, nearest=nearest)


def make_bodies(document: Document, routes: Iterable[Route], body: Mapping[str, Any]) -> None:
    """Compile the bodies of the document; `body` is the table `[body]`. Raises `PolicyError`."""
    from ..openapi.bodies import compile_bodies

    try:
        options = body_options(body)
    except PolicyError as error:
        raise error.at(key="body") from None
    compile_bodies(document, routes, options)


def document_and_folder(
    document: Mapping[str, Any] | str | os.PathLike[str], folder: str | os.PathLike[str] | None
) -> tuple[Any, str | os.PathLike[str]]:
    """A document as `[api] openapi` has it, and the folder where paths start."""
    if isinstance(document, Mapping):
        return document, "." if folder is None else folder
    if not isinstance(document, str | os.PathLike):
        reason = f"{type(document).__name__} is no document"
        raise PolicyError(reason, key="document", hint="a path or a dict")
    path = os.fspath(document)
    if folder is None:
        return os.path.basename(path), os.path.dirname(path) or "."
    return path, folder
