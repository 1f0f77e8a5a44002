"""The policy of the job, for the statusware contestants."""

import sys
from pathlib import Path

import job

sys.path.insert(0, str(Path(__file__).parents[2]))

POLICY = {
    "auth": {
        "bearer": {
            "secret": job.SECRET,
            "algorithms": ["HS256"],
            "issuer": job.ISSUER,
            "audience": job.AUDIENCE,
        }
    },
    "routes": [
        {"match": "GET /recipes/{id:int}", "allow": ["everyone"]},
        {
            "match": "POST /recipes",
            "allow": [f"role:{job.ROLE} & scope:{job.SCOPE}"],
            "body": job.SCHEMA,
        },
        {"match": "GET /me"},
    ],
}


def wrapped(app, **more):
    """`app` behind the policy; `more` are further tables of it."""
    from statusware import wrap

    return wrap(app, {**POLICY, **more})
