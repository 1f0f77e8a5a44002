"""The pytest plugin of statusware: the fixture `status_client`.

A package of its own, so that pytest, which imports its plugins before anything else, does
not import statusware along with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from werkzeug.test import Client

__all__ = ["status_client"]


@pytest.fixture
def status_client() -> Iterator[Callable[..., Client]]:
    """Makes clients whose every response is checked by `StatusLint`.

    `status_client(app, ignore=[...])` is a Werkzeug client. What the rules find, errors and
    warnings, fails the test at its end.

        def test_recipes(status_client):
            assert status_client(app).get("/recipes").status_code == 200
    """
    from werkzeug.test import Client, TestResponse

    from statusware.layers.lint import Finding, StatusLint

    found: list[Finding] = []

    class Buffered(Client):
        """Reads each response to its end: the rules are asked when it is closed."""

        def open(self, *args, **options):  # type: ignore[no-untyped-def]  # as Client's own
            response: TestResponse = super().open(*args, **{"buffered": True, **options})
            return response

    def make(app: WSGIApplication, *, ignore: tuple[str, ...] = ()) -> Client:
        return Buffered(StatusLint(app, ignore=ignore, report=found.append))

    yield make
    grave = [finding for finding in found if finding.rule.severity != "advice"]
    if grave:
        pytest.fail("\n".join(map(str, grave)), pytrace=False)
