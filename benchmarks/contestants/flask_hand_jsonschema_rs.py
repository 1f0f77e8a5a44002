"""flask_hand with jsonschema-rs (Rust)."""

import job

from contestants import flask_hand

VENV = "core"


def make_errors():
    import jsonschema_rs

    validator = jsonschema_rs.validator_for(job.SCHEMA)

    def errors(body):
        if validator.is_valid(body):
            return ()
        return [
            {"at": "/" + "/".join(map(str, e.instance_path)), "message": e.message}
            for e in validator.iter_errors(body)
        ]

    return errors


def build():
    return flask_hand.build(make_errors)
