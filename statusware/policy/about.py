"""What each key of a policy is for: the words, defaults and examples of its JSON Schema.

`SHAPE` says what a policy may look like and is what a policy is checked against; a row of
`ABOUT` adds to one place of it what an editor shows and completes. The names of a place are
joined by dots; `*` stands for a name of the author's own, and lists are left out. A test
says that no key is without its row.
"""

from __future__ import annotations

from typing import Any

from ..layers.bare import KEEP
from ..layers.cors import EXPOSE, HEADERS
from ..layers.report import LAYERS
from ..request import AMBIGUITIES

__all__ = ["ABOUT"]

_ORIGIN = "https://app.example.com"
_PRINCIPALS = [
    "everyone",
    "authenticated",
    "user:ann",
    "user:{name}",
    "role:editor",
    "scope:recipes:write",
    "claim:tenant=acme",
    "shop.rules:is_owner",
]


def _row(text: str, default: Any = None, **more: Any) -> dict[str, Any]:
    """Keywords of a schema; a default of None is none."""
    return {"description": text, **({} if default is None else {"default": default}), **more}


_DOCUMENT = {
    "": _row("A statusware policy: who may do what with which body, and how errors look."),
    "api": _row("What the policy covers, and how paths and methods are read."),
    "envelope": _row("How errors look."),
    "body": _row("How bodies are read, where a route has a `body`."),
    "cors": _row(
        "Which pages of other origins may call. Without it Access-Control-* is the app's."
    ),
    "metrics": _row("Counts and times of requests, for Prometheus. Without it none."),
    "metrics.path": _row(
        "Where the numbers are served, to whom a rule of this path allows. Without it nowhere.",
        examples=["/metrics"],
    ),
    "errors": _row(
        "Exceptions of the app, by dotted name, subclasses included, and their status.",
        examples=[{"shop.models.RecipeNotFound": 404}],
    ),
    "errors.*": _row(
        "The status, 400 to 599; or a table with `status`, `code`, `title`, `detail`."
    ),
    "errors.*.status": _row("The status, 400 to 599."),
    "errors.*.code": _row(
        "What programs read; by default that of the status.", examples=["name-taken"]
    ),
    "errors.*.title": _row("A short summary, the same for every error of the code."),
    "errors.*.detail": _row("A sentence for people."),
    "problems": _row("Codes of the app's own, [problems.CODE], each with a page of its own."),
    "problems.*": _row("A code of the app's own."),
    "problems.*.status": _row("The status that comes with the code, 400 to 599."),
    "problems.*.title": _row("A short summary."),
    "problems.*.detail": _row("What it means, in a sentence."),
    "problems.*.fix": _row("What a client does about it."),
    "routes": _row("Who may do what. The most specific route wins, whatever the order."),
}

_API = {
    "paths": _row(
        "Prefixes that the policy covers; outside of them nothing is touched. "
        "By default everything.",
        examples=[["/api"]],
    ),
    "unlisted": _row(
        'A path that no route lists is a 404 ("reject") or outside the policy ("pass"). '
        'By default "reject" once there are routes.'
    ),
    "mount": _row(
        "The SCRIPT_NAME that is expected, or several. By default that of the process.",
        examples=["", "/shop"],
    ),
    "origin": _row(
        "Our own origin as browsers see it. By default that of the Host header.", examples=[_ORIGIN]
    ),
    "allow_path": _row(
        "Paths that are let by although two readers could read them differently.",
        [],
        items={"enum": [name for name in AMBIGUITIES if name]},
    ),
    "methods": _row(
        "Methods that are known beyond GET HEAD POST PUT PATCH DELETE OPTIONS.",
        [],
        examples=[["PURGE"]],
    ),
    "report": _row(
        "A policy on trial: nothing is refused, only logged; or by these layers only.",
        False,
        items={"enum": list(LAYERS)},
    ),
    "reload": _row("Take over a changed policy while the server runs.", False),
    "openapi": _row(
        "An OpenAPI document, 3.0 or 3.1, relative to the policy: routes, bodies and security.",
        examples=["openapi.yaml"],
    ),
    "openapi_unsecured": _row("Who may use operations for which the document has no security."),
    "openapi_base": _row(
        "What stands before the paths of the document, in place of what its servers say.",
        examples=["/v1", ""],
    ),
    "openapi_templates": _row('"nearest": templates that no match can say are widened.'),
    "security": _row(
        "The document's security schemes, by name, and which of ours each one is.",
        examples=[{"oauth": "bearer"}],
    ),
    "security.*": _row("A scheme of [auth], several of them, or false: none, so nobody may."),
    "audit": _row('"refuse": do not start with an app that has routes without a rule.'),
}

_ENVELOPE = {
    "format": _row(
        '"problem" (RFC 9457), "simple", or a renderer of yours, "package.module:name".',
        "problem",
        examples=["problem", "simple", "shop.errors:render"],
    ),
    "types": _row(
        "`type` is this and the code: a base URI, or a path under which pages are served.",
        "about:blank",
        examples=["about:blank", "/problems", "https://example.com/problems"],
    ),
    "keep": _row("Error bodies of the app's own that stay.", "json", enum=list(KEEP)),
    "html": _row("Pages for clients that clearly prefer text/html.", True),
}

_BODY = {
    "max_bytes": _row("The size up to which a body is read.", "1MiB", examples=["64KiB", 65536]),
    "max_depth": _row("How deep a body may be nested.", 64),
    "max_errors": _row("How many violations are told at most.", 20),
    "invalid": _row("The status of a body that breaks its schema.", 400),
    "formats": _row("Whether `format` in a schema is checked.", False),
    "patterns": _row(
        '"linear": patterns that could take long are refused. "trusted": they are not.', "linear"
    ),
    "inflate": _row("Whether bodies in gzip and deflate are taken.", False),
}

_CORS = {
    "origins": _row('The origins of those pages, or ["*"].', examples=[[_ORIGIN], ["*"]]),
    "headers": _row("Request headers that a page may send.", list(HEADERS)),
    "expose": _row("Response headers that a page may read.", list(EXPOSE)),
    "credentials": _row("Whether browsers may add cookies and the like.", False),
    "max_age": _row("For how many seconds a browser remembers a preflight.", 600),
}

_ROUTE = {
    "name": _row("What the route is called in logs and reports. By default its match."),
    "match": _row(
        "METHOD[,METHOD] /path/{variable}, or several. {x} is one segment, {x:int} digits, "
        "{x:uuid} a UUID, {x:path} the rest; * is any method, HEAD follows GET.",
        examples=["GET /recipes/{id:int}", ["GET /recipes", "GET /recipes/{id:int}"]],
    ),
    "allow": _row(
        "Who may: any of these; & joins those that have to hold together. "
        "By default whoever is known.",
        ["authenticated"],
        examples=_PRINCIPALS,
    ),
    "deny": _row(
        "Who may not, whatever `allow` says.", [], examples=["role:suspended", "everyone"]
    ),
    "hide": _row("For everyone who may not, the route does not exist.", False),
    "body": _row(
        "The JSON Schema of the body: inline, or the path of a file, relative to the policy. "
        "{} takes any JSON.",
        examples=["schemas/recipe.json", {"type": "object"}],
    ),
    "max_bytes": _row("As in [body], for this route.", examples=["64KiB", 65536]),
    "accept": _row(
        "Media types that are taken. By default JSON and every +json type; without a body any.",
        examples=[["application/merge-patch+json"], ["multipart/form-data"]],
    ),
    "body_optional": _row("Whether a request may come without a body.", False),
}


def _below(section: str, rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {f"{section}.{key}": row for key, row in rows.items()}


#: Keywords for each place of `SHAPE`, in the order of the documentation.
ABOUT: dict[str, dict[str, Any]] = {
    **_DOCUMENT,
    **_below("api", _API),
    **_below("envelope", _ENVELOPE),
    **_below("body", _BODY),
    **_below("cors", _CORS),
    **_below("routes", _ROUTE),
}
