"""What all tests share: nothing is left outside the checkout, and Ctrl-C ends what they start.

Properties are tested with the same examples in each run, so that a failure is news of a
change; HYPOTHESIS_PROFILE=random (as `make fuzz` has it) looks for new ones.
"""

import os
import signal

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("random", derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_make_parametrize_id(val, argname):
    """Long texts, tokens and keys among them, are in no name of a test: each process has its own."""
    return argname if isinstance(val, str | bytes) and len(val) > 60 else None


@pytest.fixture(autouse=True, scope="session")
def _home(tmp_path_factory):
    """Browsers and servers that tests start keep their things in a folder of the tests."""
    home = str(tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
            patch.setenv(name, home)
        yield


@pytest.fixture(autouse=True, scope="session")
def _interrupts():
    """A shell without job control starts jobs that ignore SIGINT, and so would all they start."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
