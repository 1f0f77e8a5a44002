"""Bodies of 1 MiB made to take long: what fills them, how it is nested, and a fault in the end."""

import random
from itertools import accumulate

__all__ = ["sample"]

MIB = 1 << 20


def _deep(begin, end, inner=b"0", levels=30):
    return begin * levels + inner + end * levels


#: What a body is full of.
UNITS = [
    *(b"1e5", b"1E+6", b"-1.5e-300", b"1e300", b"0e999", b"10e300", b"0", b"0.1", b"1e-999"),
    *(b"1" * 18, b"1" * 19, b"18446744073709551615", b"0." + b"7" * 1000, b"9" * 300 + b".0"),
    *(b'""', b'"a"', b'"\\n"', b'"\\u0041"', b'"\\ud83d\\ude00"', b'"\\"\\\\"', b'"\\u003a"'),
    *(b'"\xc3\xa9\xf0\x9f\x98\x80"', b'"%s"' % (b"x" * 5000), b'"%s"' % (b"\\u0041" * 800)),
    *(b'"%s"' % (b'\\"' * 2000), b'"%s"' % (b"\\\\" * 2000), b" " * 1000 + b"1", b"\n1", b"null"),
    *(b"[]", b"{}", b"[1]", b'{"a":1}', b"[[]]", b"[[1e5]]", b"[[[0]]]", b'{"":[]}', b'{"":[0]}'),
    *(b'{"":{}}', b'{"a":"\\n"}', b'{"a":1e5}', b'{"a":1,"b":2}', b'{"":1e300}', b'{"\\n":1}'),
    *(_deep(b"[", b"]", levels=60), _deep(b'{"":', b"}", levels=60), _deep(b'[{"":', b"}]")),
    *(_deep(b"[[],", b",[]]"), _deep(b"[", b"]", b'"\\n"'), _deep(b"[", b"]", b"1e5")),
]

#: What is behind it. The first two are no faults.
ENDS = [
    *(b"0", b"1e-5", b"x", b"1e999", b"-1e999", b"18446744073709551616", b"1" * 4301, b"1" * 100_000),
    *(b"1e" + b"1" * 100_000, b"0." + b"1" * 100_000 + b"x", b"NaN", b'"\\ud800"', b'{"a":1,"a":1}'),
    *(b'{"a":1,"\\u0061":1}', b"\xff", b"[" * 65 + b"]" * 65, b"[" * 65, b'"\\x"', b'"\n"', b'"x'),
    *(b"01", b"1.", b"\\" + b"[" * 70, b"0,", b"{1:2}", b'{"a" 1}', b"{]", b""),
]  # fmt: skip


def _items(unit, size):
    return b",".join([unit] * max(1, size // (len(unit) + 1)))


def _members(unit, size, name=b'"%x":'):
    count = max(1, size // (len(unit) + len(name % (1 << 17)) + 1))
    return b",".join(name % n + unit for n in range(count))


def _levels(unit):
    """How many may stand around it."""
    return 62 - max(accumulate((byte in b"[{") - (byte in b"]}") for byte in unit))


def _everywhere(unit, end, size):
    levels = max(_levels(unit), 1)
    return (b"[" + _items(unit, size // levels) + b",") * levels + end + b"]" * levels


FRAMES = [
    lambda unit, end, size: b"[" + _items(unit, size) + b"," + end + b"]",
    lambda unit, end, size: _deep(
        b"[", b"]", _items(unit, size) + b"," + end, max(_levels(unit), 1)
    ),
    lambda unit, end, size: b"{" + _members(unit, size) + b',"z":' + end + b"}",
    lambda unit, end, size: b"{" + _members(unit, size, b'"\\n%x":') + b',"z":' + end + b"}",
    lambda unit, end, size: b"{" + _members(unit, size) + b',"z":' + end + b',"0":0}',
    _everywhere,
]


def sample(count, seed):
    """So many of all there are."""
    rng = random.Random(seed)
    for _ in range(count):
        unit, end, frame = rng.choice(UNITS), rng.choice(ENDS), rng.choice(FRAMES)
        yield frame(unit, end, MIB - 1000 - len(end))
