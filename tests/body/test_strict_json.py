"""Strict JSON: what is taken, what is refused, where, and how fast."""

import time

import pytest

from statusware import Problem
from statusware.body.strict_json import LARGE, loads

pytestmark = pytest.mark.usefixtures("engine")

TAKEN = {
    b"{}": {},
    b" [1, -0, 0.5, -1.5e3, 1E+2, 2e-2] ": [1, 0, 0.5, -1500.0, 100.0, 0.02],
    b'"\\ud83d\\ude00 \\u0041 \\\\ud800"': "😀 A \\ud800",
    '"ä😀\u2028"'.encode(): "ä😀\u2028",
    b"true": True,
    b"null": None,
    b"18446744073709551615": 2**64 - 1,
    b"-9223372036854775808": -(2**63),
    b"1e308": 1e308,
    b"1e-999": 0.0,
    b'{"a": {"a": 1}, "": 2}': {"a": {"a": 1}, "": 2},
    b"[" * 64 + b"]" * 64: None,
    b'["[[[[", "\\"[", {}]' + b" " * 100: ["[[[[", '"[', {}],
}


@pytest.mark.parametrize("body", TAKEN)
def test_taken(body):
    value = loads(body)
    if TAKEN[body] is not None:
        assert value == TAKEN[body]
        assert repr(value) == repr(TAKEN[body])


@pytest.mark.parametrize("body", TAKEN)
def test_taken_in_a_large_body(body):
    value, many = loads(body), LARGE // len(body) + 1
    assert loads(b"[" + b",".join([body] * many) + b"]", max_depth=65) == [value] * many


# Each row: the body, line, column and what was expected there.
REFUSED = [
    (b" ", 1, 2, "a value before the end"),
    (b"{", 1, 2, "a name in double quotes or }"),
    (b'{"a":1,}', 1, 8, "a name in double quotes"),
    (b'{"a" 1}', 1, 6, "a colon"),
    (b'{"a":}', 1, 6, "a value"),
    (b"{a: 1}", 1, 2, "a name in double quotes or }"),
    (b"{~", 1, 2, "a name in double quotes or }"),
    (b"[~", 1, 2, "a value"),
    (b'{"a": 1\n "b": 2}', 2, 2, "a comma or }"),
    (b"[1 2]", 1, 4, "a comma or ]"),
    (b"[1,]", 1, 4, "a value"),
    (b"[,1]", 1, 2, "a value"),
    (b"[1}", 1, 3, "a comma or ]"),
    (b"[1", 1, 3, "a comma or ]"),
    (b"[]]", 1, 3, "nothing after the value"),
    (b"1 2", 1, 3, "nothing after the value"),
    (b"[] 2", 1, 4, "nothing after the value"),
    (b"{} 2", 1, 4, "nothing after the value"),
    (b'{"a": {} "b"}', 1, 10, "a comma or }"),
    (b"tru", 1, 1, "a value"),
    (b"[True]", 1, 2, "a value"),
    (b"NaN", 1, 1, "a value"),
    (b"[Infinity]", 1, 2, "a value"),
    (b"-Infinity", 1, 2, "a digit"),
    (b"-", 1, 2, "a digit"),
    (b"+1", 1, 1, "a value"),
    (b".5", 1, 1, "a value"),
    (b"01", 1, 2, "a number without leading zeros"),
    (b"1.", 1, 2, "a number with digits before and after . and e"),
    (b"1.e5", 1, 2, "a number with digits before and after . and e"),
    (b"1e", 1, 2, "a number with digits before and after . and e"),
    (b"0x10", 1, 2, "nothing after the value"),
    (b"[1e999]", 1, 2, "a number that a double can hold"),
    (b"-1e999", 1, 1, "a number that a double can hold"),
    (b"18446744073709551616", 1, 1, "an integer from -2^63 to 2^64-1"),
    (b"-9223372036854775809", 1, 1, "an integer from -2^63 to 2^64-1"),
    (b"1" * 4301, 1, 1, "an integer from -2^63 to 2^64-1"),
    (b"'a'", 1, 1, "a value"),
    (b'"a', 1, 3, "the closing quotation mark of a string"),
    (b'"a\nb"', 1, 3, "a control character to be escaped"),
    (b'"\x00"', 1, 2, "a control character to be escaped"),
    (b'"\\x41"', 1, 2, 'one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX'),
    (b'"\\u12"', 1, 2, 'one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX'),
    (b'"\\', 1, 2, 'one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX'),
    (b'["\\ud800"]', 1, 3, "a surrogate pair (one alone is no character)"),
    (b'["ab\\udc00\\ud800"]', 1, 5, "a surrogate pair (one alone is no character)"),
    (b'["\\ud800\\u0041"]', 1, 3, "a surrogate pair (one alone is no character)"),
    (b'{"\\ud800": NaN}', 1, 3, "a surrogate pair (one alone is no character)"),
    (b'{"a": 1, "a": 1}', 1, 10, "a name that this object does not have yet"),
    (b'{"a": 1,\n\n "\\u0061": 1}', 3, 2, "a name that this object does not have yet"),
    (b'[{"b": {"a": 1, "a": 1}}]', 1, 17, "a name that this object does not have yet"),
    (b'{"a": 1, "b": "\\n", "a": 2, "c": 3}', 1, 21, "a name that this object does not have yet"),
    # What no parser takes is told first.
    (b'{"a": 1, "a": 1', 1, 16, "a comma or }"),
    (b'{"a": 1, "a": "x', 1, 17, "the closing quotation mark of a string"),
    (b"[18446744073709551616, x]", 1, 24, "a value"),
    # Cut off, at places of all kinds.
    (b'{"a": ["b", "c"], ', 1, 19, "a name in double quotes"),
    (b'{"a": "b",\n', 2, 1, "a name in double quotes"),
    (b'{"a": -1.5e3 ,', 1, 15, "a name in double quotes"),
    (b'{"a":{"b":true,', 1, 16, "a name in double quotes"),
    (b'["a" , ', 1, 8, "a value before the end"),
    (b'["a:", 1,', 1, 10, "a value before the end"),
    (b'{"[": 1,', 1, 9, "a name in double quotes"),
    (b'{"a": [{}, "b", ', 1, 17, "a value before the end"),
    (b'[null,"\xc3\xa4', 1, 9, "the closing quotation mark of a string"),
    (b'["\\"', 1, 5, "the closing quotation mark of a string"),
    (b'{"a": ', 1, 7, "a value before the end"),
    (b'{"a"', 1, 5, "a colon"),
    (b'{"a": "b"', 1, 10, "a comma or }"),
    (b"[[], [1]", 1, 9, "a comma or ]"),
    (b'[{"a":1},', 1, 10, "a value before the end"),
    (b'{"a":[1],', 1, 10, "a name in double quotes"),
    (b"[fal", 1, 2, "a value"),
    (b'"\\ud83d\\ude', 1, 8, 'one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX'),
    (b"[" + b"1," * 5000 + b"18446744073709551616]", 1, 10002, "an integer from -2^63 to 2^64-1"),
    (b"[" + b"1," * 5000 + b"1e999]", 1, 10002, "a number that a double can hold"),
    (b"\xef\xbb\xbf{}", 1, 1, "a value"),
    ("[]".encode("utf-16"), 1, 1, "a valid UTF-8 character"),
    ("[]".encode("utf-16-be"), 1, 1, "a value"),
    ('"ä'.encode() + b"\xff", 1, 3, "a valid UTF-8 character"),
    (b'"\n\xed\xa0\x80"', 2, 1, "a valid UTF-8 character"),
    (b'"\xc0\xaf"', 1, 2, "a valid UTF-8 character"),
    (b"\xc2\xa0[]", 1, 1, "a value"),
    (b"\x0c[]", 1, 1, "a value"),
    (b"// a\n[]", 1, 1, "a value"),
    (b"[" * 65 + b"]" * 65, 1, 65, "at most 64 levels of nesting"),
    (b'{"a":' * 65 + b"1" + b"}" * 65, 1, 321, "at most 64 levels of nesting"),
    (b"[" * 1000, 1, 65, "at most 64 levels of nesting"),
    (b"[" * 100_000, 1, 65, "at most 64 levels of nesting"),
    (b'["\\"", ' + b"[" * 64, 1, 71, "at most 64 levels of nesting"),
    (b"[" * 64 + b"[],1" + b"]" * 64, 1, 65, "at most 64 levels of nesting"),
    (b"[" * 64 + b"1,{},1" + b"]" * 64, 1, 67, "at most 64 levels of nesting"),
    (b"[" * 63 + b"[[]],1" + b"]" * 63, 1, 65, "at most 64 levels of nesting"),
    (b"[" * 62 + b"[[]],[[[]]]" + b"]" * 62, 1, 70, "at most 64 levels of nesting"),
    (b"[" * 65 + b"\xff", 1, 66, "a valid UTF-8 character"),
]


@pytest.mark.parametrize(
    ("body", "line", "column", "expected"), REFUSED, ids=[repr(row[0][:24]) for row in REFUSED]
)
def test_refused(body, line, column, expected):
    with pytest.raises(Problem) as raised:
        loads(body)
    problem = raised.value
    assert (problem.status, problem.problem_code) == (400, "malformed-json")
    assert (problem.extensions["line"], problem.extensions["column"]) == (line, column)
    assert problem.detail.endswith(f"line {line}, column {column}: expected {expected}.")


def test_depth_is_an_option():
    loads(b"[[]]", max_depth=2)
    with pytest.raises(Problem):
        loads(b"[[[]]]", max_depth=2)
    with pytest.raises(Problem):
        loads(b'[[], {"a": []}]', max_depth=2)


MB = 1_000_000
# A body of 1 MB each; the standard library or a naive look takes very long, or fails.
HOSTILE = {
    "brackets": b"[" * MB,
    "objects": b'{"a":' * (MB // 5),
    "digits": b"1" * MB,
    "digits after the point": b"0." + b"1" * MB + b"x",
    "a large exponent": b"1e" + b"9" * MB,
    "numbers without end": b"[" + b"1," * (MB // 2),
    "quotation marks": b'"' * MB,
    "escapes": b'"' + b"\\u0041" * (MB // 6) + b'\\ud800"',
    "backslashes": b'"' + b"\\" * MB,
    "one name too many": b"{" + b",".join(b'"%d":0' % n for n in range(90_000)) + b',"0":1}',
    "many small objects": b"[" + b'{"a":1},' * (MB // 8),
    "many small arrays": b"[" + b"[1]," * (MB // 4),
    "white space": b" " * MB,
    "line breaks": b"\n" * MB + b"x",
    "not UTF-8": b'"' + "ä".encode() * (MB // 2) + b"\xff",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_is_bounded(name):
    body = HOSTILE[name]
    started = time.process_time()
    with pytest.raises(Problem):
        loads(body)
    assert time.process_time() - started < 2.5
