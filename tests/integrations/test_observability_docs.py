"""docs/observability.md: its tables are those of the code, its servers count and log as it says."""

import json
import logging
import os
import re
import shlex
import time
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from statusware.logs import EVENTS, JSONFormatter
from tests.docs.blocks import block, blocks

from .tools import ask, environment, free_port, installed, program, serving

METRICS = pytest.importorskip("statusware.integrations.prometheus").METRICS
tables = pytest.importorskip("tests.logs.tables")

PAGE = "docs/observability.md"
TEXT = tables.PAGE.read_text("utf-8")
SECRET = "0123456789abcdef0123456789abcdef"

FILES = {each.about: each.text for each in blocks(PAGE) if each.kind == "file"}

SHOP = """
import os
import time


def app(environ, start_response):
    if environ["PATH_INFO"] == "/recipes/5":
        raise KeyError(5)
    time.sleep(0.02)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "shop.py").write_text(SHOP)
    return tmp_path


@pytest.mark.parametrize("name", tables.TABLES)
def test_tables(name):
    """`python -m tests.logs.tables` brings them up to date."""
    assert tables.section(name, TEXT) == tables.TABLES[name]()


def test_every_logger_is_in_the_first_table():
    [listed] = re.findall(r"^\| logger \|.*\n((?:\|.*\n)*)", TEXT, re.MULTILINE)
    first = re.findall(r"^\| (`[^|]*`) \|", listed, re.MULTILINE)
    names = {f"statusware.{name}" for cell in first for name in re.findall(r"\.(\w+)`", cell)}
    assert names == {event.logger for event in EVENTS} - {"gunicorn.error"}


def test_a_line_of_json():
    line = block(PAGE, '"event": "refused"')
    told = json.loads(line)
    names = ("event", "layer", "status", "code", "method", "path", "route", "user", "request_id")
    record = logging.makeLogRecord({f"statusware_{name}": told[name] for name in names})
    record.name, record.levelname, record.msg = told["logger"], told["level"], told["message"]
    made = json.loads(JSONFormatter().format(record))
    assert list(made.items())[1:] == list(told.items())[1:]
    event = next(e for e in EVENTS if e.name == told["event"] and e.logger == told["logger"])
    assert {name.rstrip("?") for name in event.fields} | {"event"} == set(names)


def test_queries():
    text = block(PAGE, "histogram_quantile")
    known = {name: set(labels) for name, labels, _ in METRICS}
    for line in text.splitlines():
        [metric] = re.findall(r"statusware_\w+", line)
        labels = re.findall(r"by \(([^)]*)\)", line)[0].split(", ")
        labels += re.findall(r"(\w+)=~?\"", line)
        assert set(labels) - {"le"} <= known[metric.removesuffix("_bucket")], line


def test_the_configuration_of_prometheus():
    yaml = pytest.importorskip("yaml")
    text = block(PAGE, "scrape_configs")
    [job] = yaml.safe_load(text)["scrape_configs"]
    assert set(job) <= {"job_name", "authorization", "static_configs"}
    assert "metrics_path" not in job, "the path is the default one, and so is that of the policy"


@pytest.mark.parametrize(
    "options", [["-c", "json.conf.py"], ["--log-config", "logging.ini", "--access-logfile", "-"]]
)
def test_gunicorn_logs_json(folder, options):
    pytest.importorskip("gunicorn")
    port = free_port()
    command = [program("gunicorn"), *options, "--no-control-socket", "--bind", f"127.0.0.1:{port}"]
    env = environment(folder, installed(folder / "site"), JWT_SECRET=SECRET)
    target = "statusware.serve:app('shop:app', 'statusware.toml')"
    if "-c" not in options:
        (folder / "gunicorn.conf.py").unlink()
    with serving([*command, target], port, cwd=folder, env=env):
        assert ask(port, "GET", "/recipes/5")[0] == 500
    found = [json.loads(line) for line in (folder / "server.log").read_text().splitlines()]
    by_logger = {each["logger"] for each in found}
    assert {"gunicorn.error", "gunicorn.access", "statusware.envelope"} <= by_logger
    [failed] = [each for each in found if each.get("event") == "failed"]
    assert failed["exception"] == "builtins.KeyError"
    assert len({each["message"] for each in found if "Listening" in each["message"]}) == 1
    assert sum("Listening" in each["message"] for each in found) == 1


def numbers(port, **labels):
    """The sum of a series over all workers, as anybody who may read it finds it."""
    claims = {"sub": "prometheus", "exp": int(time.time()) + 86_400}
    token = jwt.encode(claims, SECRET, "HS256")
    status, fields, body = ask(
        port, "GET", "/metrics", headers={"Authorization": f"Bearer {token}"}
    )
    assert (status, fields["content-type"].split(";")[0]) == (200, "text/plain")
    wanted = [f'{name}="{value}"' for name, value in labels.items()]
    return sum(
        float(line.rpartition(" ")[2])
        for line in body.decode().splitlines()
        if line.startswith("statusware_requests_total{") and all(each in line for each in wanted)
    )


def asked(port):
    """Who has answered: eight requests, four at once."""
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: ask(port, "GET", "/recipes/1"), range(8))
        return {body for _, _, body in answers}


@pytest.mark.parametrize("preload", [False, True])
def test_two_workers_are_added_up(folder, preload):
    pytest.importorskip("gunicorn")
    port = free_port()
    config = folder / "gunicorn.conf.py"
    config.write_text(
        config.read_text().replace(":8000", f":{port}") + f"preload_app = {preload}\n"
    )
    line = block(PAGE, "rm -rf numbers")
    assert shlex.split(line)[-1] == "gunicorn"
    command = f"{line.strip().removesuffix('gunicorn')} exec {program('gunicorn')} --no-control-socket"  # fmt: skip
    env = environment(folder, installed(folder / "site"), JWT_SECRET=SECRET)
    with serving(["bash", "-c", command], port, cwd=folder, env=env):
        pids, sent = set(), 0
        while len(pids) < 2:
            pids |= asked(port)
            sent += 8
            assert sent < 500
        assert ask(port, "GET", "/metrics")[0] == 401
        assert ask(port, "GET", "/recipes/5")[0] == 500
        assert {numbers(port, route="/recipes/{id:int}", status="200") for _ in range(6)} == {sent}
        os.kill(int(min(pids)), 15)
        while asked(port) <= pids:  # until another one has taken its place
            sent += 8
            assert sent < 5000
        sent += 8
        assert numbers(port, route="/recipes/{id:int}", status="200") == sent
        assert numbers(port, code="internal-error", layer="ErrorEnvelope") == 1
        assert numbers(port, code="missing-credentials", layer="Authentication") == 1
