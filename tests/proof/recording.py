"""Plugins for pytest: which tests run, what fails, and which lines each test runs."""

import importlib
import os
from collections import defaultdict

__all__ = ["Chosen", "Recorder"]


class Chosen:
    """A pytest plugin: runs these tests in this order, and tells what fails."""

    def __init__(self, tests, tell):
        self.order, self.tell = tests and {test: at for at, test in enumerate(tests)}, tell

    def pytest_configure(self, config):
        """Nothing is made smaller once it fails, and the machine may be slow."""
        settings = importlib.import_module("hypothesis").settings
        phases = importlib.import_module("hypothesis").Phase
        same = settings.get_profile("same")
        found = [phases.explicit, phases.generate]
        settings.register_profile("mutants", same, phases=found, deadline=None)
        settings.load_profile("mutants")

    def pytest_collection_modifyitems(self, items):
        if self.order is not None:
            items[:] = [item for item in items if item.nodeid in self.order]
            items.sort(key=lambda item: self.order[item.nodeid])

    def pytest_collectreport(self, report):
        if report.failed:
            self.tell(f"{report.nodeid} (import)")

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.tell(report.nodeid)


class Recorder(Chosen):
    """Records how long each test takes, and which lines it runs."""

    def __init__(self, folder, tell):
        super().__init__(None, tell)
        coverage = importlib.import_module("coverage")
        self.coverage = coverage.Coverage(None, config_file=False, source=[str(folder)])
        self.seconds = defaultdict(float)

    def pytest_runtest_logstart(self, nodeid):
        self.coverage.switch_context(nodeid)

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] += report.duration
        super().pytest_runtest_logreport(report)

    def recorded(self, folder):
        """{"seconds": {test: s}, "lines": {module: {line: [number of the test]}}}"""
        self.coverage.stop()
        data, lines = self.coverage.get_data(), {}
        numbers = {test: at for at, test in enumerate(self.seconds)}
        for name in data.measured_files():
            found = data.contexts_by_lineno(name)
            lines[os.path.relpath(name, folder)] = {
                str(line): [numbers.get(test, -1) for test in tests]
                for line, tests in found.items()
            }
        return {"seconds": self.seconds, "lines": lines}
