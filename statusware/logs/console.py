"""The log of a whole process on stderr, as lines of JSON."""

from __future__ import annotations

import logging

from .formatter import JSONFormatter

__all__ = ["speak_json"]


def speak_json(*loggers: logging.Logger) -> None:
    """Have `loggers`, and all that go by the root logger, write lines of JSON.

    The root logger gets a handler to stderr where it has none; its level stays. An app that
    configures logging itself has the last word.
    """
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    for logger in (root, *loggers):
        for handler in logger.handlers:
            handler.setFormatter(JSONFormatter())
