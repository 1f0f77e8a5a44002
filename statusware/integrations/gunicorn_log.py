"""gunicorn's log as lines of JSON, by one option.

gunicorn --logger-class statusware.integrations.gunicorn_log.JSONLogger ...
"""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from ..logs.console import speak_json

__all__ = ["JSONLogger"]


class JSONLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn's own logger writes, and what an app logs, by `statusware.logs.JSONFormatter`.

    What gunicorn's configuration (`cfg`) says of its log (`--log-level`, `--access-logfile`)
    counts as ever.
    """

    def setup(self, cfg: Any) -> None:
        """Set the log up as gunicorn does."""
        super().setup(cfg)
        speak_json(self.error_log, self.access_log)
