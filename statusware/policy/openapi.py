"""`[api] openapi`: what a policy says about the document that gives it routes.

What reads documents is imported where there is one: it brings the engine for schemas along.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..auth.scheme import Scheme
from ..body.choice import BodyChoice
from ..body.rule import BodyRule
from ..errors import PolicyError
from ..layers.body import body_options, body_rules
from ..rules import Route
from ..stamp import Stamp

if TYPE_CHECKING:
    from ..openapi.document import Document

__all__ = ["compile_bodies", "document_and_folder", "files_read", "route_tables"]

#: Keys that say something about a document.
_ABOUT = ("openapi_unsecured", "openapi_base", "openapi_templates", "security")


def route_tables(
    policy: Mapping[str, Any], folder: Path, schemes: Mapping[str, Scheme], mounts: Iterable[str]
) -> tuple[Document | None, list[dict[str, Any]]]:
    """The document, if the policy names one, and the columns of all routes, with `where`.

    They are those of `[[routes]]`, over what the document has. Raises `PolicyError`.
    """
    listed = enumerate(policy.get("routes", ()))
    tables = [{**columns, "where": f"routes[{at}]"} for at, columns in listed]
    api = policy.get("api", {})
    if "openapi" not in api:
        _refuse_keys(api)
        return None, tables
    from ..openapi.document import Document
    from ..openapi.overrides import documented
    from ..openapi.routes import operations
    from ..openapi.security import Security

    document = Document(api["openapi"], folder=folder)
    base = api.get("openapi_base")
    unsecured, named = api.get("openapi_unsecured", ""), api.get("security")
    security = Security(document.root, schemes, named, unsecured)
    starts = [base] if isinstance(base, str) else base
    found = operations(document, base=starts, mounts=mounts)
    nearest = api.get("openapi_templates") == "nearest"
    return document, documented(found, tables, security, nearest=nearest)


def _refuse_keys(api: Mapping[str, Any]) -> None:
    for key in _ABOUT:
        if key in api:
            hint = 'as in openapi = "openapi.yaml"'
            raise PolicyError("says nothing without openapi", key=f"api.{key}", hint=hint)


def compile_bodies(
    document: Document | None, routes: Iterable[Route], body: Mapping[str, Any], folder: Path
) -> None:
    """Make the bodies of all routes into rules; `body` is `[body]`. Raises `PolicyError`."""
    if document is not None:
        from ..openapi.bodies import compile_documented

        try:
            options = body_options(body)
        except PolicyError as error:
            raise error.at(key="body") from None
        compile_documented(document, routes, options)
    for route, rule in body_rules(routes, folder=folder, **body).items():
        route.body = rule


def files_read(document: Document | None, routes: Iterable[Route]) -> dict[str, Stamp]:
    """The files that the document and the schemas of all routes are made of, those that they
    refer to included, and what each was before it was read."""
    found = {} if document is None else dict(document.library.files)
    for route in routes:
        rules = route.body.rules.values() if isinstance(route.body, BodyChoice) else [route.body]
        for rule in rules:
            if isinstance(rule, BodyRule):
                found |= rule.schema.library.files
    return found


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
