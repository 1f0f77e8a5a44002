"""Errors: `Problem`, the exception that is a WSGI app, and the answer that it makes."""

from ..correlation import request_id
from .answer import RESERVED, Renderer, answer, document, problem_json
from .exception import Problem

__all__ = ["RESERVED", "Problem", "Renderer", "answer", "document", "problem_json", "request_id"]
