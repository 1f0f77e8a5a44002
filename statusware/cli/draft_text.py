"""A first policy as text: what `statusware init` writes, comments and all."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping

from ..policy.draft import Draft, Rule

__all__ = ["READERS", "check_command", "render"]

#: What `--reads` may say, and the line of a rule for it.
READERS: Mapping[str, str] = {
    "authenticated": 'allow = ["authenticated"]',
    "everyone": 'allow = ["everyone"]',
    "nobody": 'deny = ["everyone"]',
}

_HEAD = """\
# {title}
#
# Nothing that changes state is open to anybody, and what reads is for {readers}.
# Go through it from top to bottom; what you do not need can go.
#
#   {check}
#   statusware explain GET /some/path     what becomes of a request, and why
#
"""

_POLICY = """
[api]
unlisted = "reject"            # a path that no route lists is a 404
{methods}
# How errors look. What is commented out is the default.
#
# [envelope]
# format = "problem"           # RFC 9457; or "simple", or "package.module:renderer"
# keep   = "json"              # error bodies of the app's own that stay

# Who it is. No server starts before the variable is set: at least 32 bytes,
#
#   export JWT_SECRET=$(python -c 'import secrets; print(secrets.token_urlsafe(48))')
#
[auth.bearer]
secret = {{env = "JWT_SECRET"}}
# issuer   = "https://id.example.com/"
# audience = "recipes"         # a token with `aud` is refused without it
# roles    = "realm_access.roles"
#
# Or instead of it, or besides:
#
# [auth.api_key]
# keys = {{file = "keys.toml"}}  # statusware keys add billing --role biller
#
# [auth.basic]
# users = {{file = "users.htpasswd"}}
#
# [auth.session]
# verify  = "shop.auth:identify"
# ambient = true

# Exceptions of the app, by dotted name, subclasses included.
#
# [errors]
# "shop.models.RecipeNotFound" = 404
"""

_EXAMPLES = """
# Who may do what. {x} is one segment, {x:int} digits, {x:uuid} a UUID, {x:path} the rest.
#
# [[routes]]
# match = ["GET /recipes", "GET /recipes/{id:int}"]
# allow = ["everyone"]
#
# [[routes]]
# match = "POST /recipes"
# allow = ["role:editor & scope:recipes:write", "role:admin"]
# body  = "schemas/recipe.json"
#
# [[routes]]
# match = "PUT,PATCH,DELETE /users/{name}"
# allow = ["user:{name}", "role:admin"]
# deny  = ["role:suspended"]
"""

_ROUTES = """
# Who may do what, as the app has it. Where it says `deny`, write who may instead: `allow`,
# and then "role:editor", "user:ann", "authenticated" or what else docs/access.md has; and
# `body`, the path of a JSON Schema, where there is a body to be checked.
"""

_READERS = {"authenticated": "whoever is known", "everyone": "everyone", "nobody": "nobody"}

#: What a comment may not hold (TOML 1.0, section Comment), and what would hide text.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def render(drafted: Draft | None, *, app: str, policy: str, schema: str, reads: str) -> str:
    """The text of a policy. `drafted` is None for a skeleton; `schema` is where it lies."""
    title = f"The policy of {app}: its routes, as `statusware init` found them." if app else (
        "A policy, to begin with."
    )  # fmt: skip
    check = check_command(app, policy)
    head = _HEAD.format(title=_plain(title), readers=_READERS[reads], check=_plain(check))
    methods = [] if drafted is None else drafted.methods
    named = f"methods  = {json.dumps(methods)}\n" if methods else ""
    parts = [f"#:schema {schema}\n\n"] if schema else []
    parts += [head, _POLICY.format(methods=named)]
    if drafted is None:
        return "".join([*parts, _EXAMPLES])
    return "".join([*parts, _ROUTES, *(_rule(rule, reads) for rule in drafted.rules)])


def check_command(app: str, policy: str) -> str:
    """How the policy is checked, from a shell."""
    named = "" if policy in ("-", "statusware.toml") else f"--policy {shlex.quote(policy)}"
    return " ".join(filter(None, ("statusware check", app and shlex.quote(app), named)))


def _rule(rule: Rule, reads: str) -> str:
    lines = [f"# {note}" for note in _comments(rule)]
    if rule.refused:
        lines += [f"# No request gets to {_plain(rule.match)}", f"# {_plain(rule.refused)}"]
    else:
        lines += ["[[routes]]", f"match = {_text(rule.match)}"]
        lines.append(READERS[reads] if rule.reads else READERS["nobody"])
    return "\n" + "\n".join(lines) + "\n"


def _comments(rule: Rule) -> Iterator[str]:
    if rule.views:
        yield _plain(", ".join(rule.views))
    yield from map(_plain, rule.notes)


def _plain(text: str) -> str:
    """Text that stays on the line of its comment."""
    return _CONTROL.sub("?", text)


def _text(value: str) -> str:
    """A TOML basic string: JSON's, but that DEL is escaped, too (TOML 1.0, section String)."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
