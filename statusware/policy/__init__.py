"""The policy: read from a file or a dict, checked whole, and put around an app."""

from .build import stack, wrap
from .model import Policy

__all__ = ["Policy", "stack", "wrap"]
