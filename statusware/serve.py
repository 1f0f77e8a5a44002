"""`app()`: the whole thing from two strings, for gunicorn and the command line.

    gunicorn "statusware.serve:app('shop:app', 'statusware.toml')"
    waitress-serve --call statusware.serve:app      # with STATUSWARE_APP, STATUSWARE_POLICY

A server that wants a name, as mod_wsgi does, gets it from a file of its own:
`from statusware import serve; application = serve.app("shop:app", "statusware.toml")`.
"""

from __future__ import annotations

import configparser
import importlib
import inspect
import os
import sys
from typing import TYPE_CHECKING, Any

from .errors import PolicyError
from .here import import_from_here
from .integrations.routes import is_of
from .policy import Policy, wrap
from .rules.principals import load_object

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["app", "load"]


def app(target: str | None = None, policy: str | os.PathLike[str] | None = None) -> WSGIApplication:
    """The WSGI app of `target` behind `policy`, a path.

    `target` is `"module:app"`, `"module:factory()"`, or an INI file of PasteDeploy, `"shop.ini"` or
    `"shop.ini#name"`.

    What is not given is that of the environment variables STATUSWARE_APP and STATUSWARE_POLICY;
    without any policy, every error gets the envelope and nothing else changes. Modules are found
    in the working directory, too. A Flask app gets the Flask integration; one that has it already
    is served as it is.

    Raises `PolicyError` for a target or a policy that is wrong; under gunicorn it is of the kinds
    too for which gunicorn prints a line and stops: an `AppImportError` in a worker, a
    `RuntimeError` with preload.
    """
    try:
        _check_worker()
        return _wrapped(load(_given(target, "STATUSWARE_APP", "app")), policy)
    except PolicyError as error:
        gunicorn = sys.modules.get("gunicorn.errors")
        if gunicorn is None:
            raise
        both = type("PolicyError", (PolicyError, gunicorn.AppImportError, RuntimeError), {})
        raise both(
            error.reason, key=error.key, file=error.file, hint=error.hint, line=error.line
        ) from None


def _check_worker() -> None:
    """Refuse what gunicorn makes of `-k statusware.integrations.gunicorn.SyncWorker --threads 4`.

    It puts its own threaded worker in the place of any class of that name, and the server's
    own errors would be in HTML again.
    """
    config = _gunicorn_config()
    if config is None or config.worker_class_str != "gthread":
        return
    if str(config.settings["worker_class"].get()).startswith("statusware."):
        hint = "-k statusware.integrations.gunicorn.Worker"
        reason = "is replaced by gunicorn, where there are threads, with a worker of its own"
        raise PolicyError(reason, key="worker_class", hint=hint)


def _gunicorn_config() -> Any:
    """gunicorn's configuration, if it is gunicorn that loads the app: it hands none over."""
    gunicorn = sys.modules.get("gunicorn.config")
    frame = None if gunicorn is None else sys._getframe()
    while gunicorn is not None and frame is not None:
        config = getattr(frame.f_locals.get("self"), "cfg", None)
        if isinstance(config, gunicorn.Config):
            return config
        frame = frame.f_back
    return None


def _given(value: str | None, variable: str, key: str) -> str:
    """An argument, else the variable of the environment that stands for it."""
    found = os.environ.get(variable, "") if value is None else value
    if not found:
        raise PolicyError("is missing", key=key, hint=f'as in "shop:app", or set {variable}')
    return found


def _wrapped(wsgi_app: WSGIApplication, policy: str | os.PathLike[str] | None) -> WSGIApplication:
    if policy is None and (policy := os.environ.get("STATUSWARE_POLICY")) == "":
        raise PolicyError("is empty", key="STATUSWARE_POLICY", hint="the path of a policy")
    found = None if policy is None else Policy.of(policy)
    if not is_of(wsgi_app, "flask.app.Flask"):
        return wrap(wsgi_app, found)
    return _flask(wsgi_app, found)


def _flask(flask_app: Any, policy: Policy | None) -> WSGIApplication:
    """A Flask app behind its policy, or as it is where it is behind that one already."""
    if "statusware" not in flask_app.extensions:
        importlib.import_module("statusware.integrations.flask").Statusware(flask_app, policy)
    elif policy is not None and not _same(flask_app.extensions["statusware"], policy):
        hint = "leave out one of the two"
        raise PolicyError("the app is behind another policy already", key="app", hint=hint)
    wsgi_app: WSGIApplication = flask_app
    return wsgi_app


def _same(one: Policy | None, other: Policy) -> bool:
    """Whether both were read from the same file."""
    if one is None or not one.file or not other.file:
        return False
    return os.path.samefile(one.file, other.file)


def load(target: str) -> WSGIApplication:
    """The WSGI app that `"module:app"`, `"module:factory()"` or `"shop.ini"` names."""
    if target.partition("#")[0].endswith(".ini"):
        return _of_ini(target)
    name, call, rest = target.partition("(")
    if ":" not in name or (call and rest.strip() != ")"):
        hint = 'as in "shop:app", "shop:create_app()" or "shop.ini"'
        raise PolicyError(f"{target!r} names no app", key="app", hint=hint)
    import_from_here()
    try:
        found = load_object(name)
    except PolicyError as error:
        raise error.at(key="app") from None
    found = _made(found, target) if call else found
    if not callable(found) or _takes_no_request(found):
        hint = f'did you mean "{target}()"?' if callable(found) and not call else ""
        raise PolicyError(f"{target!r} is no WSGI app", key="app", hint=hint)
    wsgi_app: WSGIApplication = found
    return wsgi_app


def _takes_no_request(found: Any) -> bool:
    """Whether it is a function without room for environ and start_response: a factory, likely.

    Without this a server would start with it, and fail at each request.
    """
    if not inspect.isfunction(found):
        return False
    try:
        inspect.signature(found, follow_wrapped=False).bind({}, None)
    except TypeError:
        return True
    return False


def _made(factory: Any, target: str) -> Any:
    """What a factory makes. What it raises itself is the app's, and passes."""
    try:
        inspect.signature(factory).bind()
    except TypeError as error:
        hint = 'a factory without arguments, or an INI file: "shop.ini"'
        raise PolicyError(f"{target!r}: {error}", key="app", hint=hint) from None
    except ValueError:  # some built-in functions have no signature
        pass
    return factory()


def _of_ini(target: str) -> WSGIApplication:
    """The app of an INI file, as `pserve` and `gunicorn --paste` load it."""
    import_from_here()
    path, _, name = target.partition("#")
    try:
        deploy = importlib.import_module("paste.deploy")
    except ImportError:
        hint = "pip install PasteDeploy"
        raise PolicyError("an INI file needs PasteDeploy", key="app", hint=hint) from None
    try:
        found: WSGIApplication = deploy.loadapp(f"config:{os.path.abspath(path)}", name or None)
    except (OSError, LookupError, configparser.Error) as error:
        raise PolicyError(f"{target} cannot be loaded: {error}", key="app") from error
    return found
