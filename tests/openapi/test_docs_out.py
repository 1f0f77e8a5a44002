"""What docs/openapi-out.md shows and does not run: schemathesis, which has a test of its own."""

import re
import tomllib

from ..integrations.tools import ROOT
from .test_contract import CONFIG

TEXT = (ROOT / "docs" / "openapi-out.md").read_text("utf-8")


def blocks(name):
    pattern = rf"^<!-- looked at by: \S+::{name} -->\n```\w+\n(.*?)^```$"
    return re.findall(pattern, TEXT, re.MULTILINE | re.DOTALL)


def test_the_configuration_is_that_of_our_tests():
    (told,) = blocks("test_the_configuration_is_that_of_our_tests")
    ours = tomllib.loads(CONFIG)
    del ours["operations"]  # the bug of the example
    assert tomllib.loads(told) == ours


def test_the_options_are_those_of_our_tests():
    both = " ".join(blocks("test_the_options_are_those_of_our_tests"))
    for option in ("--into", "--exclude-checks positive_data_acceptance", "--openapi", "--unsafe"):
        assert option in both
