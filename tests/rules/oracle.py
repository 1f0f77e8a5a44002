"""Matching as the words of the contract say it, slow and plain: what tables are tested against."""

import re
from itertools import pairwise

KNOWN = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
KINDS = {"int": r"[0-9]+", "uuid": UUID, "": r"[^/]+", "path": r"[^/].*"}
RANK = {"int": 1, "uuid": 1, "": 2, "path": 3}


def kinds(pattern):
    """Every segment of a pattern as literal text or as (converter,)."""
    segments = [s for s in pattern.split("/") if s]
    return tuple((s[1:-1].partition(":")[2],) if s[0] == "{" else s for s in segments)


def names(pattern):
    return [s[1:-1].partition(":")[0] for s in pattern.split("/") if s[:1] == "{"]


def slashed(pattern):
    return pattern != "/" and pattern.endswith("/")


def values(pattern, path, others):
    """The values of the variables where the whole pattern matches the whole path, else None."""
    own = kinds(pattern)
    both = any(kinds(o) == own and slashed(o) != slashed(pattern) for o in others)
    if both and slashed(pattern) != slashed(path) and own[-1:] != (("path",),):
        return None
    parts = "".join("/" + (re.escape(k) if isinstance(k, str) else f"({KINDS[k[0]]})") for k in own)
    found = re.fullmatch(parts + "/?" if own[-1:] != (("path",),) else parts, path, re.DOTALL)
    return None if found is None else found.groups()


def listed(routes, path):
    """(rank of path, rank of method, method or *, index, names and values) of all that match."""
    everything = [pattern for _, pattern in routes]
    for index, (methods, pattern) in enumerate(routes):
        found = values(pattern, path, everything)
        if found is None:
            continue
        rank = [0 if isinstance(k, str) else RANK[k[0]] for k in kinds(pattern)]
        variables = dict(zip(names(pattern), found, strict=True))
        for method in methods:
            yield rank, method, index, variables


def find(routes, method, path):
    """(index of the route, variables) that the contract says, or None."""
    by_rank = []
    for rank, named, index, variables in listed(routes, path):
        if named == method:
            by_rank.append((rank, 0, index, variables))
        elif method == "HEAD" and named == "GET":
            by_rank.append((rank, 1, index, variables))
        elif named == "*":
            by_rank.append((rank, 2, index, variables))
    by_rank.sort(key=lambda found: found[:2])
    assert all(a[:2] < b[:2] for a, b in pairwise(by_rank)), "a tie"
    return by_rank[0][2:] if by_rank else None


def allowed(routes, path):
    """The methods of Allow: the union of what is listed, and OPTIONS, which we answer."""
    methods = {named for _, named, _, _ in listed(routes, path)}
    if "*" in methods:
        return list(KNOWN)
    if not methods:
        return []
    more = {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    return [method for method in KNOWN if method in methods | more]


def ties(routes):
    """Whether two entries have the same match: one shape, one method."""
    seen = [(kinds(p), slashed(p), method) for methods, p in routes for method in methods]
    return len(set(seen)) < len(seen)
