"""What all tests share: nothing is left outside the checkout."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def _home(tmp_path_factory):
    """Browsers and servers that tests start keep their things in a folder of the tests."""
    home = str(tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
            patch.setenv(name, home)
        yield
