"""`[metrics]`: whether requests are counted for Prometheus, and where the numbers can be read.

A path is served only by a rule that names it: without one, or with an access control that
only reports, a policy that names a path is refused. Nothing is exposed by default.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from typing import Any

from ..errors import PolicyError
from ..rules import RouteTable

__all__ = ["metrics_path"]


def metrics_path(
    document: Mapping[str, Any], table: RouteTable, report: Collection[str]
) -> str | None:
    """The path of the metrics; "" where they have none, None where there is no `[metrics]`.

    `table` has the routes of the policy, `report` names the layers that only report. Raises
    `PolicyError`.
    """
    if "metrics" not in document:
        return None
    try:
        importlib.import_module("prometheus_client")
    except ImportError:
        hint = 'pip install "statusware[metrics]"'
        raise PolicyError("needs prometheus_client", key="metrics", hint=hint) from None
    path: str = document["metrics"].get("path", "")
    # A rule with a variable may match it by accident, hence the pattern.
    if path and table.find("GET", path).pattern != path:
        hint = f'a rule decides who may read it: match = "GET {path}"'
        raise PolicyError("no rule lists it by its name", key="metrics.path", hint=hint)
    if path and "AccessControl" in report:
        reason = "is not protected: AccessControl only reports, and everybody could read it"
        hint = "leave path out meanwhile, or AccessControl out of report"
        raise PolicyError(reason, key="metrics.path", hint=hint)
    return path
