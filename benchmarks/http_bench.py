"""The same over HTTP: gunicorn on loopback, driven by wrk.

    http_bench.py [--seconds 5] [--rounds 3] [--only NAMES]

All contestants run, all idle but the one being driven. wrk shares the machine with the
workers, so only ratios mean something; where other work shares it too, CPU seconds of the
workers for each request (from /proc) say more than requests in a second.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import job
import venvs
from report import LABELS, say

HERE = Path(__file__).resolve().parent
BARE = "bare_flask"
DEFAULT = (
    BARE, "statusware_flask", "statusware_fast", "statusware_default", "flask_hand",
    "falcon_hand", "connexion2",
)  # fmt: skip
MODES = {
    "2 sync workers": ["-k", "sync"],
    "2 gthread workers of 4 threads": ["-k", "gthread", "--threads", "4"],
}
PORT = 8700


class Server:
    """A contestant behind gunicorn."""

    def __init__(self, name, port, flags):
        self.address = f"http://127.0.0.1:{port}"
        gunicorn = venvs.python_of(venvs.venv_of(name)).with_name("gunicorn")
        command = [gunicorn, "-w", "2", *flags, "-b", f"127.0.0.1:{port}", "--log-level", "error"]
        environ = {**os.environ, "BENCH_CONTESTANT": name}
        self._process = subprocess.Popen([*command, "wsgi:app"], cwd=HERE, env=environ)

    def ready(self):
        """Whether it answers, after ten seconds at most."""
        for _ in range(100):
            if self._process.poll() is not None:
                return False
            try:
                with urllib.request.urlopen(f"{self.address}/recipes/42", timeout=2) as answer:
                    return answer.status == 200
            except OSError:
                time.sleep(0.1)
        return False

    def drive(self, case, seconds, script):
        """Requests in a second, and microseconds of the workers' CPU for each."""
        before = self._cpu()
        command = ["wrk", "-t1", "-c8", f"-d{seconds}s", f"{self.address}{job.CASES[case].path}"]
        command += ["-s", script] if case == "b" else []
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "Non-2xx" in out:
            raise RuntimeError(out)
        served = int(re.search(r"(\d+) requests in", out)[1])
        rate = float(re.search(r"Requests/sec:\s*([\d.]+)", out)[1])
        return rate, (self._cpu() - before) / served * 1e6

    def _cpu(self):
        """Seconds of CPU of the workers so far."""
        master, total = self._process.pid, 0
        for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split():
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """End it."""
        self._process.terminate()
        self._process.wait(15)


def run(names, mode, options, script):
    """One table."""
    servers = {n: Server(n, PORT + at, MODES[mode]) for at, n in enumerate(names)}
    try:
        up = [name for name in names if servers[name].ready()]
        found = {(name, case): [] for name in up for case in "ab"}
        for turn in range(options.rounds):
            shift = turn % len(up)
            for case in "ab":
                for name in up[shift:] + up[:shift]:
                    found[name, case].append(servers[name].drive(case, options.seconds, script))
    finally:
        for server in servers.values():
            server.stop()
    say(f"\n{mode}, wrk -t1 -c8, {options.rounds} times {options.seconds} s, medians")
    middle = {key: [statistics.median(c) for c in zip(*v, strict=True)] for key, v in found.items()}
    for (name, case), (rate, cpu) in middle.items():
        rate0, cpu0 = middle[BARE, case]
        say(
            f"{LABELS[name]:36} {job.CASES[case].what:12} {rate:7.0f}/s ({rate / rate0:.2f})"
            f" {cpu:7.0f} us of CPU ({cpu / cpu0:.2f})"
        )
    for name in names:
        if name not in up:
            say(f"{LABELS[name]} is absent")


def main():
    """Print a table for each kind of worker."""
    parser = argparse.ArgumentParser(description="Measure over HTTP.")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(DEFAULT))
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("Missing: wrk (apt install wrk)")
    names = [BARE, *(name for name in options.only.split(",") if name != BARE)]
    for venv in dict.fromkeys(map(venvs.venv_of, names)):
        if reason := venvs.make(venv):
            raise SystemExit(f"{venv}: {reason}")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(
            f'wrk.method = "POST"\nwrk.body = [==[{job.GOOD_BODY.decode()}]==]\n'
            'wrk.headers["Content-Type"] = "application/json"\n'
            f'wrk.headers["Authorization"] = "Bearer {job.TOKEN}"\n'
        )
        script.flush()
        for mode in MODES:
            run(names, mode, options, script.name)


if __name__ == "__main__":
    main()
