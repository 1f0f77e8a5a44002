"""Small faults for mutation testing: where they can be put, and the source that has them.

Most are cosmic-ray's: another operator, comparison, number, exception; a loop that never runs, a
decorator gone. It has none that leaves a check out, so that four of ours go with them: a
statement left out, nothing returned, a condition that is always true, or never.
"""

import ast
import importlib
import subprocess
import sys
import warnings

__all__ = ["faults", "mutate", "operators", "same", "where"]


def operators(folder):
    """cosmic-ray's and ours, by name; it lies in `folder`, so that nothing depends on it."""
    if not folder.exists():
        install = [sys.executable, "-m", "pip", "install", "-qq", "--target", folder, "cosmic-ray"]
        subprocess.run(install, check=True)
    sys.path.append(str(folder))
    plugins = importlib.import_module("cosmic_ray.plugins")
    skipped = ("Variable", "RemoveDecorator")  # they need options, or break at import
    names = [name for name in plugins.operator_names() if not any(s in name for s in skipped)]
    return {**{name: plugins.get_operator(name)() for name in sorted(names)}, **OWN}


def _left_out(node):
    """What has an effect and gives no value."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call)
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Attribute | ast.Subscript)
    return isinstance(node, ast.Raise | ast.AugAssign | ast.Delete)


def _returned(node):
    return node.value if isinstance(node, ast.Return) and _tells(node.value) else None


def _tells(value):
    return value is not None and not (isinstance(value, ast.Constant) and value.value is None)


#: Name: (what of a node is replaced, by what).
OWN = {
    "own/LeaveOut": (lambda node: node if _left_out(node) else None, "pass"),
    "own/ReturnNone": (_returned, "None"),
    "own/AlwaysTrue": (lambda node: getattr(_decides(node), "test", None), "True"),
    "own/NeverTrue": (lambda node: getattr(_decides(node), "test", None), "False"),
}


def _decides(node):
    """A `while` that never ends says nothing of the tests, nor does code for type checkers."""
    if not isinstance(node, ast.If | ast.IfExp) or ast.unparse(node.test) == "TYPE_CHECKING":
        return None
    return node


def _places(source, find):
    """What an operator of ours would replace: the nodes, in their order."""
    return [found for node in ast.walk(ast.parse(source)) if (found := find(node)) is not None]


def _replaced(source, node, text):
    """The source with other text in the place of a node (columns count bytes of UTF-8)."""
    lines = source.encode("utf-8").splitlines(keepends=True)
    head = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    tail = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    return (head + text.encode() + tail).decode("utf-8")


def faults(source, every):
    """Every mutant of a module: (operator, occurrence)."""
    trees = importlib.import_module("cosmic_ray.ast")
    nodes = list(trees.ast_nodes(trees.get_ast(source)))
    for name, operator in every.items():
        if name in OWN:
            count = len(_places(source, operator[0]))
        else:
            count = sum(len(list(operator.mutation_positions(node))) for node in nodes)
        yield from ((name, at) for at in range(count))


def mutate(source, name, operator, at):
    """The mutated source; None where nothing but annotations changes, or it is no Python."""
    if name in OWN:
        find, text = operator
        changed = _replaced(source, _places(source, find)[at], text)
    else:
        changed = _mutated(source, operator, at)
    if changed is None:
        return None
    try:
        with warnings.catch_warnings(action="error"):
            compile(changed, "", "exec")
    except SyntaxError:  # the `*` of a signature is no multiplication; `is` with a literal
        return None
    return None if same(source, changed) else changed


def _mutated(source, operator, at):
    """What cosmic-ray makes of it; nothing where it has to replace an exception with a dot."""
    try:
        return importlib.import_module("cosmic_ray.mutating").mutate_code(source, operator, at)
    except AttributeError:
        return None


class _Bare(ast.NodeTransformer):
    """Takes away annotations and the imports for them, of which nothing depends."""

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_FunctionDef(self, node):  # ast's name
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node):  # ast's name
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_If(self, node):  # ast's name
        return None if "TYPE_CHECKING" in ast.unparse(node.test) else self.generic_visit(node)


def same(one, other):
    """Whether two sources differ in annotations alone."""
    return ast.dump(_Bare().visit(ast.parse(one))) == ast.dump(_Bare().visit(ast.parse(other)))


def where(source, changed):
    """(Line, the text from there as it was, as it became)."""
    old, new = source.splitlines(), changed.splitlines()
    first = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    last = 1
    while old[-last] == new[-last] and len(old) - last > first and len(new) - last > first:
        last += 1
    before, after = old[first : len(old) - last + 1], new[first : len(new) - last + 1]
    return first + 1, *(" ".join(line.strip() for line in each) for each in (before, after))
