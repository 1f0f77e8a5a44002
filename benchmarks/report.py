"""The tables of a run, as text."""

import sys

import job

LABELS = {
    "bare_flask": "bare Flask, no checks",
    "statusware_flask": "statusware, fast, Flask extension",
    "statusware_flask_as_is": "the same, the view as it was",
    "statusware_fast": "statusware, fast",
    "statusware_default": "statusware",
    "closures": "four functions, no contract",
    "flask_hand": "Flask by hand, jsonschema",
    "flask_hand_jsonschema_rs": "Flask by hand, jsonschema-rs",
    "falcon_hand": "Falcon by hand, jsonschema-rs",
    "flask_openapi3": "flask-openapi3 (pydantic)",
    "apiflask": "APIFlask",
    "flask_casbin": "Flask with pycasbin",
    "flask_smorest": "flask-smorest",
    "connexion2": "connexion 2",
    "connexion3_asgi": "connexion 3, as ASGI",
    "connexion3_wsgi": "connexion 3, as WSGI",
    "openapi_core": "openapi-core",
    "pyramid_openapi3": "pyramid_openapi3",
}


def say(text=""):
    """A line of the report."""
    sys.stdout.write(f"{text}\n")


def wrong_answers(workers, absent):
    """What contestants answered wrongly before anything was measured, and who is absent."""
    for name, worker in workers.items():
        if name == "bare_flask":
            continue
        say(f"{name}: {len(job.ALL) - len(worker.wrong)} of {len(job.ALL)} answers are right")
        for case, verdict in worker.wrong.items():
            say(f"    {case:2} {job.ALL[case].what:22} {verdict}")
    for name, reason in absent.items():
        say(f"{name} is absent: {reason}")


def show(result, rows):
    """All tables of a run."""
    kind = "a quick run" if result["quick"] else "a whole run"
    say(f"\n{result['date']}, Python {result['python']}, {kind}, CPU time\n")
    promises(result, rows)
    table(result, "Microseconds of CPU for a request, median", 0, "{:.0f}")
    table(result, "Times bare Flask (c to g, k: its accepted POST)", 1, "{:.2f}")
    say("\n" + "; ".join(f"{c} {job.CASES[c].what}" for c in job.CASES))
    say("! = answers this case wrongly")


def promises(result, rows):
    """The promises, beside what was measured."""
    for row in rows:
        value = result["values"].get(row.key)
        sign = "≥" if row.at_least else "≤"
        limit = "" if row.limit is None else f"{sign} {row.limit:g}{row.unit}"
        if value is None:
            say(f"{row.what:64} {limit:>9}  not measured")
        else:
            verdict = "" if not limit else "met" if row.met(value) else "NOT MET"
            say(f"{row.what:64} {limit:>9} {value:9.3f}{row.unit:3} {verdict}".rstrip())


def table(result, title, column, form):
    """One table: contestants by cases, the fastest POST first."""
    rows = result["table"]
    cases = list(next(iter(rows.values())))
    say(f"\n{title}\n{'':36}" + "".join(f"{case:>9}" for case in cases))
    for name in sorted(rows, key=lambda name: rows[name]["b"][1]):
        wrong = result["wrong"].get(name, {})
        cells = (
            f"{form.format(rows[name][c][column]):>8}{'!' if c in wrong else ' '}" for c in cases
        )
        say(f"{LABELS.get(name, name):36}{''.join(cells)}")
