"""From the table `[auth]` of a policy to schemes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import PolicyError, nearest
from .custom import Custom, header_key
from .header import is_scheme
from .scheme import Scheme
from .source import held

__all__ = [
    "LAYER_OPTIONS", "SHIPPED", "bearer_tables", "build_schemes", "layer_options", "scheme_class",
]  # fmt: skip

#: Names in `[auth]` that have a class of their own, and its place; any other is a scheme of
#: the app. What no policy names is not imported.
SHIPPED = {
    "bearer": (".bearer", "Bearer"),
    "api_key": (".apikey", "APIKey"),
    "basic": (".basic", "Basic"),
    "proxy": (".proxy", "Proxy"),
    "remote_user": (".proxy", "RemoteUser"),
}

#: Options that may name a file, `{file = PATH}`.
_SOURCES = frozenset({"secret", "public_key", "jwks", "keys", "users"})

#: Keys of `[auth]` that are options of the layer, with their types.
LAYER_OPTIONS: dict[str, type] = {"max_header": int, "strip_headers": list, "explain": bool}


def build_schemes(
    auth: Mapping[str, Any], *, folder: Path = Path(), unset: list[str] | None = None
) -> dict[str, Scheme]:
    """The schemes of `[auth]`, by name. Files are relative to `folder`. Raises `PolicyError`.

    With a list for `unset`, a `secret` whose variable is not set is no error: the name of the
    variable goes there, and the scheme takes no token.

    A list of tables, `[[auth.bearer]]`, makes several: the second is `bearer-2` unless it
    has a `name`.
    """
    schemes: dict[str, Scheme] = {}
    for kind, tables in auth.items():
        if kind in LAYER_OPTIONS:
            continue
        several = isinstance(tables, list)
        for at, table in enumerate(tables if several else [tables]):
            key = f"{kind}[{at}]" if several else kind
            try:
                if unset is not None and isinstance(table, Mapping) and "secret" in table:
                    table = {**table, "secret": held(table["secret"], unset)}
                scheme = _scheme(kind, table, kind if at == 0 else f"{kind}-{at + 1}", folder)
            except PolicyError as error:
                raise error.at(key=key) from error.__cause__
            if scheme.name in schemes:
                reason = f"{scheme.name!r} is the name of two schemes"
                raise PolicyError(reason, key=f"{key}.name")
            schemes[scheme.name] = scheme
    return schemes


def bearer_tables(auth: Mapping[str, Any], *, folder: Path = Path()) -> list[dict[str, Any]]:
    """The tables of `[auth.bearer]`, their files where they are."""
    tables = auth.get("bearer", [])
    listed = tables if isinstance(tables, list) else [tables]
    return [_options(table, folder) for table in listed if isinstance(table, Mapping)]


def layer_options(document: Mapping[str, Any]) -> dict[str, Any]:
    """The options of `Authentication` that a policy has. Raises `PolicyError`.

    Those of `[auth]`, `origin` of `[api]` and `origins` of `[cors]`.
    """
    auth = document.get("auth", {})
    options = {name: auth[name] for name in LAYER_OPTIONS if name in auth}
    for name, value in options.items():
        if type(value) is not LAYER_OPTIONS[name]:
            told = {int: "a number", list: "a list", bool: "true or false"}[LAYER_OPTIONS[name]]
            raise PolicyError(f"must be {told}", key=f"auth.{name}")
    # The layer says so as well, but a policy is to be right before there is an app.
    if options.get("max_header", 1) < 1:
        raise PolicyError("must be a number of characters", key="auth.max_header")
    for header in options.get("strip_headers", ()):
        header_key(header, "auth.strip_headers")
    for section, name in (("api", "origin"), ("cors", "origins")):
        if name in document.get(section, {}):
            options[name] = document[section][name]
    return options


def scheme_class(kind: str) -> Callable[..., Scheme]:
    """What makes the schemes of this name in `[auth]`."""
    if kind not in SHIPPED:
        return Custom
    module, name = SHIPPED[kind]
    build: Callable[..., Scheme] = getattr(import_module(module, __package__), name)
    return build


def _scheme(kind: str, table: Any, name: str, folder: Path) -> Scheme:
    if not isinstance(table, Mapping):
        hint = nearest(kind, (*SHIPPED, *LAYER_OPTIONS))
        raise PolicyError("must be a table of options", hint=hint)
    build = scheme_class(kind)
    if build is Custom and "verify" not in table:
        raise PolicyError("has no verify, as a scheme of your own has", hint=nearest(kind, SHIPPED))
    known = inspect.signature(build).parameters
    for option in table:
        if option not in known:
            raise PolicyError("unknown option", key=option, hint=nearest(option, known))
    for option, known_as in known.items():
        if known_as.default is known_as.empty and option not in table:
            raise PolicyError(f"has no {option}")
    options = {"name": name} | _options(table, folder)
    if not is_scheme(options["name"]):
        raise PolicyError(f"{options['name']!r} is not a name", key="name")
    return build(**options)


def _options(table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The options of a table; the files that they name are relative to `folder`."""
    options = dict(table)
    for option in _SOURCES.intersection(options):
        options[option] = _located(options[option], folder)
    if isinstance(options.get("jwks"), str) and "://" not in options["jwks"]:
        options["jwks"] = str(folder / options["jwks"])
    return options


def _located(value: Any, folder: Path) -> Any:
    """An option with the paths in `{file = ...}` brought to where they are."""
    if isinstance(value, Mapping) and set(value) == {"file"} and isinstance(value["file"], str):
        return {"file": str(folder / value["file"])}
    if isinstance(value, list):
        return [_located(each, folder) for each in value]
    return value
