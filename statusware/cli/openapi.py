"""`statusware openapi`: what a policy promises, as an OpenAPI document or merged into one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from ..errors import PolicyError
from ..integrations.routes import routes_of
from ..layers.rendering import Rendering
from ..layers.report import LAYERS
from ..openapi.contract import Contract
from ..openapi.write import VERSIONS, written
from ..policy import Policy
from ..policy.coverage import AppRoute
from ..serve import load
from .options import with_policy

__all__ = ["contract_of", "openapi"]
