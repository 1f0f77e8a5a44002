"""Routes and who may use them: the policy's rules, compiled. No WSGI beyond reading the environ."""

from .principals import AccessRule
from .routes import Match, Route, RouteTable

__all__ = ["AccessRule", "Match", "Route", "RouteTable"]
