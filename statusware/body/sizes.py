"""Sizes as people write them: `65536`, `"64KiB"`, `"1 MB"`."""

from __future__ import annotations

import re

from ..errors import PolicyError

__all__ = ["parse_size"]

_SIZE = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,9}))? *([A-Za-z]*)", re.ASCII)

#: IEC 80000-13: the `i` makes it 1024. Letter case is not looked at.
_UNITS = {
    "": 1, "b": 1,
    "kb": 10**3, "mb": 10**6, "gb": 10**9,
    "kib": 2**10, "mib": 2**20, "gib": 2**30,
}  # fmt: skip


def parse_size(size: int | str, *, key: str = "max_bytes") -> int:
    """Bytes of `size`, an integer or a number with a unit; PolicyError naming `key` if neither."""
    if isinstance(size, int) and not isinstance(size, bool) and size >= 0:
        return size
    found = _SIZE.fullmatch(size.strip()) if isinstance(size, str) else None
    if found is None or found[3].lower() not in _UNITS:
        raise PolicyError("not a size", key=key, hint='write bytes as in 65536, or "64KiB", "1MiB"')
    whole, part, unit = found[1], found[2] or "", _UNITS[found[3].lower()]
    return int(whole + part) * unit // int("1" + "0" * len(part))
