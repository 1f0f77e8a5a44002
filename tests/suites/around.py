"""A pytest plugin: statusware around every app that a public test suite makes.

The environment variable `SUITE` says whose apps, `SUITE_MODE` how (`MODES`), and what became
of each test is written to the file that `SUITE_RESULT` names, as JSON.
"""

import json
import os
from functools import wraps
from pathlib import Path

from statusware import ErrorEnvelope, wrap

#: What is put around the apps.
MODES = {
    "bare": lambda app: app,
    "outside": lambda app: wrap(app, {"api": {"paths": ["/no-test-asks-for-this"]}}),
    "envelope": wrap,
    "keep": lambda app: ErrorEnvelope(app, keep="all"),
    "integration": lambda app: app,  # it is in the app already
}
MODE = os.environ["SUITE_MODE"]

outcomes = {}
served = []


class Around:
    """`app` behind statusware, which counts: a run that served nothing has shown nothing."""

    def __init__(self, app):
        self._app, self._wrapped = app, MODES[MODE](app)

    def __call__(self, environ, start_response):
        served.append(1)
        return self._wrapped(environ, start_response)

    def __getattr__(self, name):
        return getattr(self._app, name)


def flask():
    """Around `Flask.__call__`, or the extension in every app."""
    from flask import Flask

    from statusware.integrations.flask import Statusware

    if MODE == "integration":
        after_init(Flask, Statusware)
    around_call(Flask)


def pyramid():
    """Around `Router.__call__`, or in every router what `config.include` does to it."""
    from pyramid.router import Router

    from statusware.integrations.pyramid import _install

    if MODE == "integration":
        after_init(Router, lambda router: _install(router, None, router.registry))
    around_call(Router)


def webtest():
    """Around what a `TestApp` tests, inside of its own lint."""
    from webtest import TestApp

    def put(client):
        client.app = Around(client.app)

    after_init(TestApp, put)


def bottle():
    """Around `Bottle.__call__`."""
    from bottle import Bottle

    around_call(Bottle)


def after_init(cls, install):
    """Let `install` have every instance of a class as soon as it is made."""
    init = cls.__init__

    @wraps(init)
    def wrapped(self, *args, **options):
        init(self, *args, **options)
        install(self)

    cls.__init__ = wrapped


def around_call(cls):
    """Put one stack around all instances: an app that held its own would not be freed at once."""
    call = cls.__call__
    stack = Around(
        lambda environ, start_response: environ.pop("suite.app")(environ, start_response)
    )

    @wraps(call)
    def wrapped(self, environ, start_response):
        environ["suite.app"] = call.__get__(self)
        return stack(environ, start_response)

    cls.__call__ = wrapped


def pytest_configure():
    if MODE != "bare":
        globals()[os.environ["SUITE"]]()


def pytest_runtest_logreport(report):
    """The worst of setup, call and teardown; of a failure, how it looks."""
    if report.failed:
        outcomes[report.nodeid] = f"failed\n{report.longreprtext}"
    elif report.skipped or report.when == "call":
        outcomes.setdefault(report.nodeid, report.outcome)


def pytest_collectreport(report):
    if report.failed:
        outcomes[report.nodeid] = f"failed\n{report.longreprtext}"


def pytest_sessionfinish():
    result = {"outcomes": outcomes, "served": len(served)}
    Path(os.environ["SUITE_RESULT"]).write_text(json.dumps(result), encoding="utf-8")
