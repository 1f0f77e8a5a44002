"""docs/openapi-out.md: what it says of schemathesis is what our tests do."""

import tomllib

import pytest

from tests.docs.blocks import block, blocks

from .test_contract import CONFIG

pytest.importorskip("yaml")

PAGE = "docs/openapi-out.md"


def test_the_configuration_of_schemathesis_is_that_of_our_tests():
    told = block(PAGE, "[phases.coverage]")
    ours = tomllib.loads(CONFIG)
    del ours["operations"]  # the bug of the example
    assert tomllib.loads(told) == ours


def test_what_is_shown_has_the_options_of_our_tests():
    both = " ".join(each.text for each in blocks(PAGE) if each.kind == "looked at by")
    for option in ("--into", "--exclude-checks positive_data_acceptance", "--openapi", "--unsafe"):
        assert option in both
