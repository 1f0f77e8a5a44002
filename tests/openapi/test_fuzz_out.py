"""Whatever a document holds, it is merged into, asked, or refused by a `PolicyError` of one line.

And where that came to be a policy: written down again.
"""

import json

import pytest
from hypothesis import HealthCheck, assume, given, settings

from statusware import Policy, PolicyError
from statusware.cli.openapi import contract_of
from statusware.openapi.asking import asked
from statusware.openapi.document import Document
from statusware.openapi.merge import merged
from statusware.openapi.write import written

from .policies import SECRET
from .test_fuzz import CHANGES, changed
from .tools import policy

CONTRACT = contract_of(
    Policy(
        {
            "auth": {"bearer": {"secret": SECRET}},
            "routes": [
                {"match": "GET /v1/pets/{id:int}", "allow": ["everyone"]},
                {"match": "POST,PUT /v1/pets", "body": {"type": ["object", "null"]}},
            ],
        }
    )
)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=CHANGES)
def test_merged_asked_written_or_refused(version, changes):
    try:
        told = changed(changes)
    except TypeError:  # one change has made a text of what another one is about
        assume(False)
    if isinstance(told.get("openapi"), str) and told["openapi"].startswith("3."):
        told["openapi"] = version
    before = json.dumps(told)
    for use in (_merge, _ask, _write):
        try:
            use(told)
        except PolicyError as error:
            assert "\n" not in str(error)
    assert json.dumps(told) == before


def _merge(told):
    made, _ = merged(Document(told), CONTRACT)
    again, _ = merged(Document(made), CONTRACT)
    assert again == made
    json.dumps(made)


def _ask(told):
    for each in asked(Document(told)):
        assert each.target.startswith("/")
        assert each.target.isascii()


def _write(told):
    found = policy(told, api={"openapi_unsecured": "authenticated"})
    contract = contract_of(found)
    for version in ("3.0", "3.1"):
        json.dumps(written(contract, version=version)[0])
    merged(found.openapi, contract)
