"""A correct HTTP status contract in front of any WSGI app."""

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
