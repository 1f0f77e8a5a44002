"""Names of parametrized tests, the same in each process: the order of a set is not."""

from statusware import Identity

__all__ = ["told"]


def told(value):
    """`str`, with the members of a set in order; an identity by its user and scheme."""
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(repr, value))) + "}"
    if isinstance(value, Identity):
        return f"Identity({value.user!r}, {value.scheme!r})"
    return str(value)
