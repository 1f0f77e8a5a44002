"""Bodies: read within limits, strictly, validated, and handed on as they came."""

from .choice import BodyChoice
from .limit import BodyLimit
from .messages import FORMATS, MESSAGES
from .read import DRAIN_LIMIT, drain
from .rule import BodyOptions, BodyRule, json_body
from .sizes import parse_size

__all__ = [
    "DRAIN_LIMIT",
    "FORMATS",
    "MESSAGES",
    "BodyChoice",
    "BodyLimit",
    "BodyOptions",
    "BodyRule",
    "drain",
    "json_body",
    "parse_size",
]
