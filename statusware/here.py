"""Where modules of the app are found: in the working directory, too, as gunicorn does it."""

from __future__ import annotations

import os
import sys

__all__ = ["import_from_here"]


def import_from_here() -> None:
    """Let modules be found in the working directory, as gunicorn does."""
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
