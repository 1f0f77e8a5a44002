"""Routes and who may use them: the policy's rules, compiled. No WSGI beyond reading the environ."""

from .decision import AccessRule
from .route import Match, Route
from .routes import RouteTable

__all__ = ["AccessRule", "Match", "Route", "RouteTable"]
