"""Requests to try a body rule on, without a server."""

import sys
from io import BytesIO

import pytest


class Wire:
    """A server's input as a socket would be: it may give less than asked for, and it counts.

    Reading beyond `body` where `blocks` is set stands for waiting for ever.
    """

    def __init__(self, body, piece=None, blocks=False, error=None):
        self.body, self.piece, self.blocks, self.error = body, piece, blocks, error
        self.taken = 0

    def read(self, size=-1):
        if self.error is not None and self.taken >= len(self.body):
            raise self.error
        assert size is not None
        if self.blocks and not 0 <= size <= len(self.body) - self.taken:
            pytest.fail("waits for bytes that never come")  # nothing that drains catches that
        end = len(self.body) if size < 0 else self.taken + min(size, self.piece or size)
        block = self.body[self.taken : end]
        self.taken += len(block)
        return block


def request(body=b"", method="POST", content_type="application/json", chunked=False, **more):
    """An environ with this body. `None` as a header leaves it out."""
    source = body if hasattr(body, "read") else BytesIO(body)
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/x",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "test",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "CONTENT_TYPE": content_type,
        "wsgi.input": source,
    }
    if chunked:
        environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    else:
        environ["CONTENT_LENGTH"] = str(len(getattr(body, "body", body)))
    return {name: value for name, value in (environ | more).items() if value is not None}
