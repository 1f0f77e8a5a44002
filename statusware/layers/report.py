"""`[api] report`: layers that say what they would have answered, and let everything pass.

A policy can be tried on live traffic before it is enforced: the app gets every byte and every
environ entry as if the reported layers were not there, and the first refusal in the order of
the stack becomes one line of JSON in the log `statusware.report` (level WARNING).

environ keys set, and removed again before the app is called: `statusware.trial`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..body.limit import ByLine
from ..correlation import request_id
from ..errors import PolicyError, nearest
from ..logs.table import REPORTED, TRIAL_FAILED
from ..problem import Problem
from .guard import Guard

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["LAYERS", "MARK", "Reported", "reported", "reported_names"]

#: The layers in their order.
LAYERS = ("ErrorEnvelope", "Routing", "Authentication", "AccessControl", "JSONBody")

#: How a line of the log begins that is ours.
MARK = '{"report": '

_TRIAL = "statusware.trial"
_Layer = Callable[["WSGIApplication"], "WSGIApplication"]


def reported_names(report: bool | Iterable[str]) -> frozenset[str]:
    """The layers that `report` names: all, none or a list. Raises `PolicyError`."""
    if isinstance(report, bool):
        return frozenset(LAYERS if report else ())
    names = frozenset(report)
    for name in sorted(names.difference(LAYERS)):
        hint = nearest(name, LAYERS)
        raise PolicyError(f"{name!r} is no layer", key="report", hint=hint)
    if "Authentication" in names and "AccessControl" not in names:
        hint = 'add "AccessControl"'
        raise PolicyError("without credentials nobody can be refused", key="report", hint=hint)
    return names


def reported(layers: Mapping[str, _Layer], names: Iterable[str]) -> list[_Layer]:
    """`layers`, outermost first, those of `names` replaced by ones that only report.

    An envelope that is reported is left out: the app's own errors go out as they are.
    """
    quiet = [name for name in layers if name in names and name != "ErrorEnvelope"]
    made: list[_Layer] = []
    for name, layer in layers.items():
        if name in quiet:
            made.append(_reporting(name, layer, last=name == quiet[-1]))
        elif name not in names:
            made.append(layer)
    return made


def _reporting(name: str, layer: _Layer, *, last: bool) -> _Layer:
    return lambda app: Reported(app, name, layer, last=last)


class Reported:
    """One layer that is only asked. All of a request's see one copy of its environ."""

    def __init__(self, app: WSGIApplication, name: str, layer: _Layer, *, last: bool) -> None:
        self.app, self._name, self._last = app, name, last
        self._guard = layer(app)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        trial = environ.pop(_TRIAL, None)
        if trial is None:
            trial = dict(environ)
        if trial:
            tried = self._try(trial, environ)
            trial = trial if tried else {}
        if not self._last:
            environ[_TRIAL] = trial
        return self.app(environ, start_response)

    def _try(self, trial: WSGIEnvironment, environ: WSGIEnvironment) -> bool:
        """Whether the layer lets the request pass; what it reads is put back for the app."""
        tee = trial["wsgi.input"] = _Tee(environ["wsgi.input"])
        try:
            answer = self._guard.check(trial) if isinstance(self._guard, Guard) else None
        except Problem as problem:
            self._log(problem.status, problem.problem_code, trial)
            return False
        except Exception as error:  # whatever is wrong with a layer on trial, the request goes on
            TRIAL_FAILED.tell(self._name, environ=trial, error=error, layer=self._name)
            return False
        finally:
            if tee.taken:
                environ["wsgi.input"] = _Replay(bytes(tee.taken), tee.source)
        if isinstance(answer, Problem):
            self._log(answer.status, answer.problem_code, trial)
        elif answer is not None:
            self._log(204, "options", trial)
        return answer is None

    def _log(self, status: int, code: str, trial: WSGIEnvironment) -> None:
        match = trial.get("statusware.route")
        identity = trial.get("statusware.identity")
        record = {
            "report": self._name,
            "status": status,
            "code": code,
            "method": trial.get("REQUEST_METHOD"),
            "path": trial.get("PATH_INFO", ""),
            "route": getattr(match, "pattern", None),
            "name": getattr(match, "name", None),
            "user": getattr(identity, "user", None),
            "request_id": request_id(trial),
        }
        told = json.dumps(record, default=repr)  # an environ may hold what is no text
        REPORTED.tell(told, environ=trial, layer=self._name, status=status, code=code)


class _Tee:
    """The input of a request, which remembers what was read of it."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.taken = bytearray()

    def read(self, size: int = -1, /) -> bytes:
        block: bytes = self.source.read(size)
        self.taken += block
        return block


class _Replay(ByLine):
    """An input that begins with bytes which were read before."""

    def __init__(self, taken: bytes, source: Any) -> None:
        self._taken, self._source = taken, source

    def _take(self, size: int) -> bytes:
        block, self._taken = self._taken[:size], self._taken[size:]
        return block

    def read(self, size: int | None = -1, /) -> bytes:
        """As PEP 3333 has it; never asks the source for more than is wanted."""
        if not self._taken:
            found: bytes = self._source.read(-1 if size is None else size)
            return found
        if size is None or size < 0:
            return self._take(len(self._taken)) + bytes(self._source.read(-1))
        block = self._take(size)
        return block + self._source.read(size - len(block)) if len(block) < size else block

    def readline(self, size: int | None = -1, /) -> bytes:
        """As PEP 3333 has it."""
        limit = len(self._taken) if size is None or size < 0 else size
        end = self._taken.find(b"\n", 0, limit) + 1
        if end or len(self._taken) > limit:
            return self._take(end or limit)
        block = self._take(limit)
        left = -1 if size is None or size < 0 else size - len(block)
        return block + self._source.readline(left) if left else block
