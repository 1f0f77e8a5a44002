"""`statusware lint`: does an app answer as RFC 9110 says? Asked over its own routes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click
from werkzeug.test import Client

from ..integrations.routes import routes_of
from ..layers.lint import RULES, Finding, StatusLint
from ..policy import Policy
from ..serve import app as load_app
from ..serve import load
from .lint_document import Documented
from .options import in_format, policy_option
from .output import Line, show
from .progress import progress
from .samples import SAMPLES, sample

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["lint", "requests"]

#: Methods that change nothing (RFC 9110 section 9.2.1); the others are asked on demand only.
SAFE = ("GET", "HEAD", "OPTIONS")
_UNSAFE = ("POST", "PUT", "PATCH", "DELETE")

#: A GET is sent with each of these as well: what differs has to vary by `Accept`.
_ACCEPTS = ("application/json", "text/html")

_STYLES = {"error": "red", "warning": "yellow"}


#: \b keeps click from filling the line that follows.
_EPILOG = """Example: statusware lint shop:app --path 'GET /recipes/1'

\b
         statusware lint shop:app --openapi openapi.yaml --base /api --unsafe
"""


@click.command(epilog=_EPILOG)
@click.argument("app")
@policy_option("A policy file: lint the app behind it, and ask its routes.")
@click.option(
    "--openapi",
    type=click.Path(),
    metavar="FILE",
    help="An OpenAPI document: ask its operations, not the routes.",
)
@click.option("--base", help="With --openapi: the path that its paths lie under.")
@click.option("--path", "paths", multiple=True, help='One more request: "GET /recipes/1".')
@click.option("--unsafe", is_flag=True, help="Send POST, PUT, PATCH and DELETE, too.")
@click.option(
    "--ignore",
    multiple=True,
    type=click.Choice([rule.id for rule in RULES]),
    metavar="RULE",
    help="A rule to leave out. May be repeated.",
)
@click.option("--rules", is_flag=True, help="List the rules, and ask nothing.")
@in_format
def lint(
    app: str,
    policy: str | None,
    openapi: str | None,
    base: str | None,
    paths: tuple[str, ...],
    unsafe: bool,
    ignore: tuple[str, ...],
    rules: bool,
    form: str,
) -> int:
    """Asks an app for each of its routes, and checks the answers.

    Without a policy, it is the bare APP ("module:name") that is asked. The routes are
    those of the app (Flask, Pyramid, Django, Falcon, Bottle), those of the policy, and those
    given as --path; with --openapi, the operations of a document, made of its examples, are
    asked in their place. What is safe to be asked again is asked with several Accept: answers
    that differ have to say so. Exit status 0 if nothing was found beyond advice, 1 if something
    was, 2 if the app cannot be asked.
    """
    if rules:
        rows = [(rule.id, rule.severity, rule.source) for rule in RULES]
        names = ("rule", "severity", "source")
        members = {"rules": [dict(zip(names, row, strict=True)) for row in rows]}
        lines = (f"{name:18} {severity:8} {source}" for name, severity, source in rows)
        return show("lint", form, 0, members, lines)
    found: list[Finding] = []
    loaded = load_app(app, policy) if policy else load(app)
    documented = Documented(openapi, base)
    if openapi is None:
        asked = list(requests(_inside(loaded), policy, paths, unsafe=unsafe))
    else:
        asked = list(_asked([*documented.pairs, *map(_split, paths)], unsafe=unsafe))
    client = documented.client(StatusLint(loaded, ignore=ignore, report=found.append))
    sent = [(*each, accept) for each in asked for accept in _accepts(each[0])]
    steps = progress(sent, "Asking the app")
    mount = Policy.load(policy).table.line.mount if policy else ""
    raised = [text for each in steps if (text := _raised(client, *each, mount))]
    once = {str(finding): finding for finding in found}
    return _tell(form, len(sent), list(once.values()), list(dict.fromkeys(raised)))


def _tell(form: str, asked: int, found: list[Finding], raised: list[tuple[str, str]]) -> int:
    status = int(bool(raised) or any(each.rule.severity != "advice" for each in found))
    members = {
        "requests": asked,
        "findings": [
            {
                "rule": each.rule.id,
                "severity": each.rule.severity,
                "source": each.rule.source,
                "request": f"{each.seen.method} {each.seen.path}",
                "status": each.seen.status,
                "message": each.message,
            }
            for each in found
        ],
        "exceptions": [{"request": request, "exception": name} for request, name in raised],
    }
    lines: list[Line] = [(f"{request!r} raised {name}", "red") for request, name in raised]
    told = {str(each): _STYLES.get(each.rule.severity, "") for each in found}
    lines += sorted(told.items())
    lines.append((f"{asked} requests, {len(found)} findings, {len(raised)} exceptions", "bold"))
    return show("lint", form, status, members, lines)


def _accepts(method: str) -> tuple[str | None, ...]:
    return (None, *_ACCEPTS) if method == "GET" else (None,)


def _raised(
    client: Client, method: str, path: str, accept: str | None, mount: str
) -> tuple[str, str] | None:
    """Send one request; what the app raised, if it did."""
    fields = {"SCRIPT_NAME": mount} | ({} if accept is None else {"HTTP_ACCEPT": accept})
    try:
        client.open(path, method=method, buffered=True, environ_overrides=fields)
    except Exception as error:  # the app's, whatever it is: that is a finding
        return f"{method} {path}", type(error).__name__
    return None


def requests(
    app: WSGIApplication, policy: str | None, paths: Iterable[str], *, unsafe: bool
) -> Iterator[tuple[str, str]]:
    """Method and path of every request, each once; an unknown path and method among them."""
    own = _flask_routes(app) if hasattr(app, "url_map") else _app_routes(app)
    listed = [*own, *_policy_routes(policy), *map(_split, paths)]
    yield from _asked(listed, unsafe=unsafe)


def _asked(listed: list[tuple[str, str]], *, unsafe: bool) -> Iterator[tuple[str, str]]:
    known = dict.fromkeys(path for _, path in listed)
    asked = dict.fromkeys(pair for pair in listed if unsafe or pair[0] in SAFE)
    for path in known:
        asked.update(dict.fromkeys((method, path) for method in (*SAFE, "TRACE")))
    asked.update({("GET", "/statusware-lint/no-such-path"): None})
    yield from asked


def _flask_routes(app: Any) -> Iterator[tuple[str, str]]:
    """The routes of a Flask app, from its map, which tells more of its variables than a pattern."""
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for name, converter in rule._converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower()
            value = SAMPLES.get({"integer": "int"}.get(kind, kind), "x")
            path = re.sub(rf"<(?:[^<>]*:)?{name}>", value, path)
        yield from ((method, path) for method in sorted(rule.methods or ()))


def _app_routes(app: Any) -> Iterator[tuple[str, str]]:
    """The routes of another app, where they can be read."""
    for route in routes_of(app) or ():
        path = sample(route.pattern)
        if route.view:  # found by traversal, below this path
            path = f"{path.rstrip('/')}/{route.view}"
        yield from ((method, path) for method in sorted(route.methods or (*SAFE, *_UNSAFE)))


def _policy_routes(policy: str | None) -> Iterator[tuple[str, str]]:
    for route in Policy.load(policy).routes if policy else ():
        for pattern in route.patterns:
            path = sample(pattern.text)
            yield from ((method, path) for method in pattern.methods if method != "*")


def _split(line: str) -> tuple[str, str]:
    method, _, path = line.partition(" ")
    if not path.startswith("/"):
        raise click.UsageError('--path is "METHOD /path", as in "GET /recipes/1"')
    return method, path


def _inside(app: Any) -> Any:
    """The innermost app of a stack of layers."""
    while not hasattr(app, "url_map"):
        inner = getattr(app, "app", None) or getattr(app, "bare", None)
        if inner is None:
            return app
        app = inner
    return app
