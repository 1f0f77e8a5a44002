"""A correct HTTP status contract in front of any WSGI app."""

from .errors import PolicyError
from .problem import Problem

__all__ = ["PolicyError", "Problem"]
