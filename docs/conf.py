"""How Sphinx builds the documentation: `make docs`."""

import sys
from importlib.metadata import metadata
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

project = "statusware"
author = copyright = "The statusware maintainers"
version = release = metadata("statusware")["Version"]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_click",
    "plain",
]
exclude_patterns = ["_build", "_ext"]

# Every name in a signature has to lead somewhere, or be listed here: the docs are built
# without a network, so that those of Python and of other libraries lead nowhere.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(?!statusware\b).*"),
    # Said by word instead of by link: what stands in a signature and has no entry of its own.
    (r"py:.*", r"statusware\.(layers|rules|auth|policy|problem|integrations|catalog)\..*"),
]

# Docstrings are plain text with `code` in single backticks.
default_role = "code"
# `--policy` is two hyphens.
smartquotes = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_display_short_literal_types = True
python_maximum_signature_line_length = 88
add_module_names = False

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 4
# "console" sessions have output that no lexer knows, and `…` stands for anything in them.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = "statusware"
html_static_path = ["_static"]
html_css_files = ["statusware.css"]
html_copy_source = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}
