"""A correct HTTP status contract in front of any WSGI app.

A name is imported when somebody asks for it (PEP 562): the command line, whose package lies below
this one, would else wait for all layers before it prints its help.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .auth.apikey import APIKey
    from .auth.basic import Basic
    from .auth.bearer import Bearer
    from .auth.identity import Identity
    from .body import json_body
    from .errors import PolicyError
    from .layers.access import AccessControl
    from .layers.authentication import Authentication
    from .layers.body import JSONBody
    from .layers.envelope import ErrorEnvelope
    from .layers.routing import Routing
    from .policy import Policy, stack, wrap
    from .problem import Problem

__all__ = [
    "APIKey",
    "AccessControl",
    "Authentication",
    "Basic",
    "Bearer",
    "ErrorEnvelope",
    "Identity",
    "JSONBody",
    "Policy",
    "PolicyError",
    "Problem",
    "Routing",
    "json_body",
    "stack",
    "wrap",
]

#: Where each name is at home; a test holds the three lists together.
_HOMES = {
    "APIKey": "auth.apikey",
    "AccessControl": "layers.access",
    "Authentication": "layers.authentication",
    "Basic": "auth.basic",
    "Bearer": "auth.bearer",
    "ErrorEnvelope": "layers.envelope",
    "Identity": "auth.identity",
    "JSONBody": "layers.body",
    "Policy": "policy",
    "PolicyError": "errors",
    "Problem": "problem",
    "Routing": "layers.routing",
    "json_body": "body",
    "stack": "policy",
    "wrap": "policy",
}


def __getattr__(name: str) -> Any:
    """A public name that is asked for the first time; AttributeError for any other."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
