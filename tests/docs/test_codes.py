"""The table of codes stands in the docs as the command prints it."""

from statusware.cli import main

from .blocks import read


def test_the_table_of_codes_is_that_of_the_command(capsys):
    main(["problems", "--format", "md"])
    assert capsys.readouterr().out in read("docs/reference/codes.md")
