"""Metrics for Prometheus: how often each answer was given, and how long it took to decide.

    statusware_requests_total{route, status, code, layer}
    statusware_decision_seconds{layer}        one layer's check of one request
    statusware_validation_seconds{route}      reading, parsing and checking one body

`[metrics]` in a policy puts `Metrics` around its layers; without it nothing of this is
imported. Labels never hold what a client sent: routes are the patterns of the policy, codes
those of the table and of `[problems]`, layers are classes. What is beyond them is one label.

environ keys set: `statusware.steps`. environ keys read: `statusware.route`,
`statusware.answered`, `statusware.json`, `HTTP_UPGRADE`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, make_wsgi_app
from prometheus_client.multiprocess import MultiProcessCollector

from ..catalog import CODES
from ..errors import PolicyError, check_app, check_list
from ..layers.body import JSONBody
from ..layers.response import Passing
from ..layers.steps import STEPS, Steps, watch
from ..logs.table import METRICS_FAILED

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["BUCKETS", "FOLDER", "METRICS", "UNLISTED", "Exposed", "Metrics"]

#: Seconds. A layer decides in some microseconds, bcrypt and key sets take their time.
BUCKETS = (1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)

#: The metrics: name, labels, and what each tells. Names and labels are a contract.
METRICS = (
    (
        "statusware_requests_total",
        ("route", "status", "code", "layer"),
        "Requests, by what was answered, and by whom.",
    ),
    ("statusware_decision_seconds", ("layer",), "Time in which a layer decided about a request."),
    (
        "statusware_validation_seconds",
        ("route",),
        "Time in which a body was read, parsed and checked.",
    ),
)

#: The variable with the folder of multiprocess mode; its name is prometheus_client's.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"

#: The route of a request that no route lists, and the code of a problem that no table has.
UNLISTED, OTHER = "unlisted", "other"


class Metrics:
    """Counts what the layers of `app` answer, and times what they decide.

    `app` is the outermost layer (an `ErrorEnvelope`, as a rule), `codes` those of the app's
    own beside its `problems`, `registry` where the metrics are kept. A wrong option, or a
    folder of multiprocess mode that is none, is a `PolicyError`.

        app = Metrics(ErrorEnvelope(Routing(app, ["GET /recipes"])))
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        codes: Iterable[str] = (),
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        check_app(app)
        check_list("codes", codes)
        _check_folder()
        self.app = app
        #: How errors look; our gunicorn workers ask for it.
        self.renderer = getattr(app, "renderer", None)
        self._codes = frozenset(codes).union(getattr(self.renderer, "codes", CODES))
        requests, decision, validation = _families(registry)
        # Bounded, as the labels are; prometheus_client takes longer to find a child.
        self._requests = cache(requests.labels)
        self._decision, self._validation = cache(decision.labels), cache(validation.labels)
        self._guarded = watch(app)
        self._broken = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        out = Passing(start_response)
        steps = environ[STEPS] = Steps()
        started = perf_counter()
        status = "500"
        try:
            result = self.app(environ, out.start)
            # Who changes the protocol may answer on the socket, and start no response.
            status = "101" if "HTTP_UPGRADE" in environ else OTHER
        finally:
            self._count(environ, out.status or status, steps, started)
        return result

    def _count(self, environ: WSGIEnvironment, status: str, steps: Steps, started: float) -> None:
        try:
            route = getattr(environ.get("statusware.route"), "pattern", None) or UNLISTED
            self._time(route, steps, started)
            code = self._code(environ, status)
            self._requests(route, _number(status), code, self._layer(steps, code)).inc()
        except Exception as error:  # a full disk, say: no reason to fail a request
            if not self._broken:
                self._broken = True
                METRICS_FAILED.tell(error=error)

    def _time(self, route: str, steps: Steps, before: float) -> None:
        for guard, answered, checked, at in steps:
            if not isinstance(guard, JSONBody):
                self._decision(type(guard).__name__).observe(at - before)
            elif answered or checked:
                self._validation(route).observe(at - before)
            before = at

    def _code(self, environ: WSGIEnvironment, status: str) -> str:
        """The code of the problem that this answer is; "" where it is none."""
        problem, _ = environ.get("statusware.answered") or (None, None)
        if problem is None or str(problem.status) != status[:3]:
            return ""
        code: str = problem.problem_code
        return code if code in self._codes else OTHER

    def _layer(self, steps: Steps, code: str) -> str:
        """Who gave the answer: a layer, or the app."""
        if steps and steps[-1][1]:
            return type(steps[-1][0]).__name__
        if code or (self._guarded and not steps):
            return "ErrorEnvelope"
        return "app"


class Exposed:
    """The app, and the metrics where a request has found the route of the pattern `path`.

    It stands inside of the layers, which decide who may read them.
    """

    def __init__(
        self, app: WSGIApplication, path: str, *, registry: CollectorRegistry = REGISTRY
    ) -> None:
        check_app(app)
        _check_folder()
        self.app, self._path = app, path
        if _folder():
            registry = CollectorRegistry()
            # It asks the files of all processes whenever it is asked.
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        self._metrics = make_wsgi_app(registry)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if getattr(environ.get("statusware.route"), "pattern", None) != self._path:
            return self.app(environ, start_response)
        answer: Iterable[bytes] = self._metrics(environ, start_response)
        return answer


_Families = tuple[Counter, Histogram, Histogram]
_made: WeakKeyDictionary[CollectorRegistry, _Families] = WeakKeyDictionary()


def _families(registry: CollectorRegistry) -> _Families:
    """The metrics of a registry, made once: two apps of a process, or two policies, share them."""
    found = _made.get(registry)
    if found is None:
        total, decision, validation = ((name, told, labels) for name, labels, told in METRICS)
        found = _made[registry] = (
            Counter(*total, registry=registry),
            Histogram(*decision, buckets=BUCKETS, registry=registry),
            Histogram(*validation, buckets=BUCKETS, registry=registry),
        )
    return found


def _folder() -> str:
    return os.environ.get(FOLDER, "")


def _check_folder() -> None:
    """In multiprocess mode every process writes to a folder; better known at the start."""
    folder = _folder()
    if folder and not (os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)):
        hint = "make it, empty, before the server starts"
        raise PolicyError("is no folder that can be written to", key=FOLDER, hint=hint)


def _number(status: str) -> str:
    """The status as a label: three digits, and one word for what is no status."""
    number = status[:3]
    return number if number.isdecimal() and "100" <= number <= "599" else OTHER
