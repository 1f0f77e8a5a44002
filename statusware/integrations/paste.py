"""PasteDeploy: a policy as a filter in an INI file.

    [filter:statusware]
    use = egg:statusware
    policy = statusware.toml

`policy` is relative to the folder of the INI file. Without one, every error gets the
envelope and nothing else changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..errors import PolicyError, nearest
from ..policy import Policy, wrap

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["filter_app_factory", "filter_factory"]

#: The options of the section.
_OPTIONS = ("policy",)


def filter_factory(
    global_conf: Mapping[str, str] | None, **options: str
) -> Callable[[WSGIApplication], WSGIApplication]:
    """A `paste.filter_factory`, for a section `[filter:NAME]` with `use = egg:statusware`.

    `options` are those of the section: `policy`, a path relative to the folder of the INI file
    (`here` in `global_conf`). Raises `PolicyError` for another one, and for a wrong policy.
    """
    policy = _policy(global_conf or {}, options)
    return lambda app: wrap(app, policy)


def filter_app_factory(
    app: WSGIApplication, global_conf: Mapping[str, str] | None, **options: str
) -> WSGIApplication:
    """A `paste.filter_app_factory`, for a section `[filter-app:NAME]`, around its `next` app.

    `global_conf` and `options` as for `filter_factory`. Raises `PolicyError`.
    """
    return filter_factory(global_conf, **options)(app)


def _policy(global_conf: Mapping[str, str], options: Mapping[str, str]) -> Policy | None:
    for name in options:
        if name not in _OPTIONS:
            raise PolicyError("is unknown", key=name, hint=nearest(name, _OPTIONS))
    if "policy" not in options:
        return None
    if not options["policy"]:
        raise PolicyError("is empty", key="policy", hint="the path of a policy")
    return Policy.load(os.path.join(global_conf.get("here", ""), options["policy"]))
