"""An app whose clock, keys, policy and log can be taken away while it serves.

STATUSWARE_FOLDER holds `policy.toml`, the files that it names, and `clock`: the seconds by
which this process's clock is wrong. `log/statusware.log` is what it logs to.
"""

import logging
import os
import time

__all__ = ["make"]

FOLDER = os.environ.get("STATUSWARE_FOLDER", "")
_true_time = time.time


def wrong_time():
    """The time as the file `clock` has it."""
    with open(os.path.join(FOLDER, "clock"), encoding="ascii") as file:
        return _true_time() + float(file.read())


def hello(environ, start_response):
    """Only whom the policy lets through sees this."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


def make():
    """The app behind its policy; the clock is put in place before statusware is imported."""
    time.time = wrong_time
    handler = logging.FileHandler(os.path.join(FOLDER, "log", "statusware.log"), encoding="utf-8")
    logging.getLogger("statusware").addHandler(handler)
    logging.getLogger("statusware").setLevel(logging.INFO)
    from statusware import wrap

    return wrap(hello, os.path.join(FOLDER, "policy.toml"))
