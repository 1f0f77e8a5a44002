"""`statusware openapi`: what a policy promises, as an OpenAPI document or merged into one."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from werkzeug.test import Client

from ..body import strict_json
from ..body.schema.files import MAX_DEPTH
from ..errors import PolicyError
from ..integrations.routes import routes_of
from ..layers.rendering import Rendering
from ..layers.report import LAYERS
from ..openapi.contract import Contract
from ..openapi.document import Document
from ..openapi.merge import merged
from ..openapi.narrow import narrowed
from ..openapi.write import VERSIONS, written
from ..policy import Policy
from ..problem import Problem
from ..serve import load
from .options import with_policy
from .output import print_json, to_json

__all__ = ["contract_of", "openapi"]

#: \b keeps click from filling the lines that follow.
_EPILOG = """Example: statusware openapi shop:app --title Shop --output openapi.json

\b
         statusware openapi --policy shop.toml --api-version 2.1 --format yaml
         statusware openapi --into openapi.yaml --output public/openapi.yaml
         statusware openapi shop:app --at /openapi.json --base /api
         statusware openapi --spec 3.0 --server https://api.example.com/v1
         statusware openapi --hidden --rules --all
"""


@click.command(epilog=_EPILOG)
@click.argument("app", required=False)
@with_policy
@click.option("--into", help="The app's own document, 3.0 or 3.1, JSON or YAML: add to a copy.")
@click.option("--at", help="The path where APP serves such a document itself.")
@click.option("--base", help="With --into or --at: the path that its paths lie under.")
@click.option("--title", help='Of the API. Default: the name of APP, else "API".')
@click.option("--api-version", help="Of the API, too. Default: 0.")
@click.option(
    "--spec", type=click.Choice(list(VERSIONS)), help="The version of OpenAPI. Default: 3.1."
)
@click.option("--server", "servers", multiple=True, help="A URL of the API. May be repeated.")
@click.option("--hidden", is_flag=True, help="Write hidden routes, too.")
@click.option("--rules", is_flag=True, help="Write who may do what, as x-allow.")
@click.option("--all", "every", is_flag=True, help="A response for every code, used or not.")
@click.option("--format", "form", type=click.Choice(["json", "yaml"]), help="Default: as --output.")
@click.option("--output", type=click.Path(dir_okay=False), help="The file to write to.")
def openapi(
    app: str | None,
    policy: str,
    into: str | None,
    at: str | None,
    base: str | None,
    form: str | None,
    output: str | None,
    **options: Any,
) -> None:
    """Writes the errors of a policy as an OpenAPI document.

    Every route of the policy is an operation; with APP ("module:name"), every route of the
    app that the policy lets through. With --into or --at, the errors are added to a copy of
    the app's own document instead, and what that documents already, stays; so it is where the
    policy has [api] openapi. What is left out is told on stderr. Exit status 0, or 2 if it
    could not be done.
    """
    found = Policy.load(policy, inspect=True)
    own = _own(found, app, into, at)
    try:
        document, notes = _made(found, app, own, base, **options)
        form = form or _form(output or (own.name if own else ""))
        text = to_json(document) if form == "json" else _yaml(document)
    except RecursionError:
        raise PolicyError("nests too deeply to be written down", key="schemas") from None
    for note in dict.fromkeys(notes):
        # Paths are what somebody has written.
        click.echo(f"statusware: {note if note.isprintable() else ascii(note)}", err=True)
    if output is None and form == "json":
        print_json(document)
        return
    if output is None:
        click.echo(text.encode(), nl=False)  # whatever the locale is, documents are UTF-8
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        reason = f"cannot be written: {error.strerror}"
        raise PolicyError(reason, key="--output", file=output) from None


def _made(
    policy: Policy, app: str | None, own: Document | None, base: str | None, **options: Any
) -> tuple[dict[str, Any], list[str]]:
    """The document, and in words what is left out."""
    contract = contract_of(policy, options["servers"])
    if own is None:
        if base is not None:
            raise click.UsageError("--base is for --into and --at")
        del options["servers"]
        return _written(contract, app, **options)
    for name, value in options.items():
        if value:
            told = {"every": "all", "servers": "server"}.get(name, name).replace("_", "-")
            raise click.UsageError(f"--{told} is for a document of our own, not for the app's")
    return merged(own, contract, base=base)


def contract_of(policy: Policy, servers: tuple[str, ...] = ()) -> Contract:
    """What a policy promises. `servers` are URLs, by default where it is mounted."""
    layers = tuple(name for name in LAYERS if name not in policy.report)
    # Without its layer, the envelope is the default one.
    envelope: dict[str, Any] = {"html": False}
    if "ErrorEnvelope" in layers:
        envelope = dict(policy.envelope)
    form = envelope.get("format", "problem")
    html: bool = envelope.get("html", True)
    types = envelope.get("types", "about:blank")
    mounts = [mount.encode("latin-1").decode() for mount in policy.table.line.mounts]
    urls = [quote(mount, safe="/!$&'()*+,;=:@") or "/" for mount in sorted(mounts)]
    return Contract(
        policy.table,
        policy.schemes,
        layers,
        form if form in ("problem", "simple") else "",
        Rendering(format="problem", types=types, html=html).base,
        html,
        policy.problems,
        policy.translation.problems(),
        servers or (urls if urls != ["/"] else ()),
        mounts,
        policy.scope,
    )


def _written(
    contract: Contract,
    app: str | None,
    *,
    title: str | None,
    api_version: str | None,
    spec: str | None,
    **options: Any,
) -> tuple[dict[str, Any], list[str]]:
    """A document of its own: of the policy, or of the app as far as the policy lets it be."""
    named = title or (app.partition(":")[0].partition(".")[0] if app else "API")
    options |= {"title": named, "api_version": api_version or "0", "version": spec or "3.1"}
    if app is None:
        return written(contract, **options)
    routes = routes_of(load(app))
    if routes is None:
        hint = "leave it out: the policy's routes are the operations then"
        raise PolicyError("its routes cannot be read", key="app", hint=hint)
    pairs = [(route.pattern, sorted(route.methods or ()) or None) for route in routes]
    return written(contract, list(dict.fromkeys(narrowed(contract, pairs))), **options)


def _own(policy: Policy, app: str | None, into: str | None, at: str | None) -> Document | None:
    """The app's own document: a file, what the app serves, or what the policy is made of."""
    if at is not None:
        if app is None or into is not None:
            raise click.UsageError("--at is a path of APP, and goes without --into")
        return _served(app, at)
    if into is None:
        return policy.openapi if app is None else None
    if app is not None:
        raise click.UsageError("with --into, the operations are those of FILE: leave out APP")
    path = Path(into)
    return Document(path.name, folder=path.parent)


def _served(app: str, at: str) -> Document:
    """The document that an app serves, as JSON."""
    client = Client(load(app))
    try:
        response = client.get(at, headers={"Accept": "application/json, */*;q=0.5"})
    except Exception as error:  # the app's, whatever it is: it does not serve the document
        raise PolicyError(f"{at} raises {type(error).__name__}", key="--at") from error
    if response.status_code != 200:
        raise PolicyError(f"{at} answers {response.status}", key="--at")
    try:
        found = strict_json.loads(response.data, MAX_DEPTH)
    except Problem as problem:
        raise PolicyError(f"{at}: {problem.detail}", key="--at") from None
    if not isinstance(found, dict):
        raise PolicyError(f"{at} is no document: it must be an object", key="--at")
    return Document(found, name=at)


def _form(name: str) -> str:
    return "yaml" if name.lower().endswith((".yaml", ".yml")) else "json"


def _yaml(document: dict[str, Any]) -> str:
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        hint = 'pip install "statusware[openapi]", or --format json'
        raise PolicyError("PyYAML is not installed", key="--format", hint=hint) from None
    # Aliases would be written for every object that stands in two places.
    dumper = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    text: str = yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True, width=100)
    return text
