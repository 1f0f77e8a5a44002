"""`statusware explain`: what each layer decides about a request, and which rule decided."""

from __future__ import annotations

from dataclasses import asdict
from typing import BinaryIO

import click

from ..errors import PolicyError
from ..policy import Policy
from ..policy.explain import Trace
from ..policy.explain import explain as trace_of
from . import complete
from .options import in_format, with_policy
from .output import Line, show
from .request import environ_of, header_fields, identity_of, with_body, with_key, with_token

__all__ = ["explain"]

_STYLES = {"refuse": "red", "answer": "yellow"}


@click.command(epilog="Example: statusware explain DELETE /recipes/5 --as user:ann,role:editor")
@click.argument("method", shell_complete=complete.methods)
@click.argument("path", shell_complete=complete.paths)
@with_policy
@click.option("--as", "words", help="Who asks: user:ann,role:editor,scope:x,claim:a=b.")
@click.option("--token", help="A bearer token, which is verified.")
@click.option("--key", help="An API key, which is verified.")
@click.option(
    "--body",
    type=click.File("rb"),
    help="A file with the body, JSON unless a header says otherwise; - is stdin.",
)
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="NAME:VALUE",
    help="A header field. May be repeated.",
)
@in_format
def explain(
    method: str,
    path: str,
    policy: str,
    words: str | None,
    token: str | None,
    key: str | None,
    body: BinaryIO | None,
    headers: tuple[str, ...],
    form: str,
) -> int:
    """Says what each layer decides about a request, and why.

    The layers are asked about METHOD PATH in their order, up to the one that answers.
    Without --as, --token or --key the request is anonymous, unless a header says who it is,
    and without --body it has none. Nothing is sent anywhere. Exit status 0 if the app would
    answer, 1 if a layer does, 2 if nothing can be said.
    """
    if sum(option is not None for option in (words, token, key)) > 1:
        raise PolicyError("--as, --token and --key exclude each other", key="--as")
    fields = header_fields(headers)
    # Only what is verified needs the secrets.
    found = Policy.load(policy, inspect=token is None and "HTTP_AUTHORIZATION" not in fields)
    environ = environ_of(method, path, found.table.line.mount)
    if token is not None:
        with_token(environ, token)
    if key is not None:
        with_key(environ, key, found)
    if body is not None:
        with_body(environ, body.read())
    environ.update(fields)
    identity = identity_of(words, found) if words is not None else None
    trace = trace_of(found, environ, identity=identity)
    members = asdict(trace) | {"body": trace.body.decode("utf-8", "replace")}
    return show("explain", form, int(trace.status is not None), members, _text(trace))


def _text(trace: Trace) -> list[str | Line]:
    """The steps in columns, then the answer."""
    lines: list[str | Line] = []
    for step in trace.steps:
        first, *rest = step.told or ("",)
        line = f"{step.layer:15} {step.verdict:7} {first}".rstrip()
        lines.append((line, _STYLES.get(step.verdict, "")))
        lines += [f"{'':24}{line}" for line in rest]
    if trace.status is None:
        return [*lines, "", ("The app answers.", "green")]
    lines += ["", (trace.status, "bold")]
    lines += [f"{name}: {value}" for name, value in trace.headers]
    if trace.body:
        lines += ["", trace.body.decode("utf-8", "replace")]
    return lines
