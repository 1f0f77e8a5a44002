"""Whatever is tested of bodies holds with the extra `fast` and without it."""

import pytest

from statusware.body import fast


@pytest.fixture(params=["reference", "fast"])
def engine(request, monkeypatch):
    """Run a test once with the engines of our own, once with those of the extra."""
    if request.param == "fast":
        pytest.importorskip("orjson")
        pytest.importorskip("jsonschema_rs")
    monkeypatch.setattr(fast, "ENABLED", request.param == "fast")
    return request.param
