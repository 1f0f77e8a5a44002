"""What statusware tells in the log: the events, their fields, and a JSON formatter for all logs.

`EVENTS` is the one table: every record of a `statusware.*` logger is one of its rows.
"""

from .event import FIELDS, PREFIX, Event
from .formatter import JSONFormatter
from .table import EVENTS

__all__ = ["EVENTS", "FIELDS", "PREFIX", "Event", "JSONFormatter"]
