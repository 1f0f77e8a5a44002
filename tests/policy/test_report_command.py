"""`statusware report`: the log of a policy on trial, summed up."""

import json
import logging

from statusware.cli import main
from statusware.logs import JSONFormatter


def record(**more):
    return json.dumps({"report": "AccessControl", "status": 403, "code": "forbidden", "method": "GET",
                       "path": "/a", "route": "/a", "name": "read", "user": "ann", "request_id": "x", **more})  # fmt: skip


LOG = "\n".join([
    "[2026-01-01] [INFO] Listening at: http://127.0.0.1:8000",
    record(),
    "WARNING:statusware.report:" + record(path="/b"),
    record(report="Routing", status=404, code="not-found", route=None, name=None, path="/x\r\ny"),
    '{"report": "broken',
    '{"report": "AccessControl"}',
    '{"report": [1]}',
    '{"report": "AccessControl", "status": "x", "code": 1, "route": "r"}',
])  # fmt: skip


def test_the_sum(tmp_path, capsys):
    (tmp_path / "log").write_text(LOG)
    assert main(["report", str(tmp_path / "log")]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "2  403 forbidden                read  (AccessControl)",
        r"1  404 not-found                GET /x\r\ny  (Routing)",
        "3 refused",
    ]


def test_a_log_of_json(tmp_path, capsys):
    """As `JSONFormatter` writes it: each line of the log is a message in JSON of its own."""
    lines = [
        JSONFormatter().format(logging.makeLogRecord({"msg": "%s", "args": (message,)}))
        for message in LOG.splitlines()
    ]
    (tmp_path / "log").write_text("\n".join([*lines, '{"message": "{\\"report\\": ']))
    assert main(["report", str(tmp_path / "log")]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "3 refused"


def test_in_json(tmp_path, capsys):
    (tmp_path / "log").write_text(LOG)
    main(["report", str(tmp_path / "log"), "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert told["total"] == 3
    assert told["refused"][0] == {
        "times": 2, "layer": "AccessControl", "status": 403, "code": "forbidden", "what": "read",
    }  # fmt: skip


def test_nothing(tmp_path, capsys):
    (tmp_path / "log").write_text("hello\n")
    assert main(["report", str(tmp_path / "log")]) == 0
    told = "nothing would have been refused: none of 1 lines is a record of [api] report\n"
    assert capsys.readouterr().out == told


def test_no_log(tmp_path, capsys):
    assert main(["report", str(tmp_path / "none")]) == 2
    assert "none" in capsys.readouterr().err


def test_records_whose_route_is_its_name(tmp_path, capsys):
    old = json.loads(record(route="read"))
    del old["name"]
    (tmp_path / "log").write_text(json.dumps(old))
    main(["report", str(tmp_path / "log")])
    assert "read  (AccessControl)" in capsys.readouterr().out
