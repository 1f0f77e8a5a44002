"""Where JSON is faulty: found at the end of large bodies as at the beginning of small ones."""

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from statusware import Problem
from statusware.body import fault, steps
from statusware.body.depth import brackets, deeper, left_open
from statusware.body.expected import INTEGER
from statusware.body.nth import BRACKET, FLOAT, OBJECT_END
from statusware.body.nth import INTEGER as INTEGERS
from statusware.body.strict_json import LARGE, loads

TWICE = "a name that this object does not have yet"

TOKENS = st.sampled_from([
    *r'" { } [ ] : , null true NaN -Infinity - 0 1 12 1.5 1e5 -1E999 1e . \ é'.split(),
    *r'"a" "\u0061" "\ud800" "\ud83d\ude00" "\n" "\\" "\"" "\x" {"a":1} [[[ ]]] "a": ,1] '.split(),
    *(" ", "\n", "\x00", '{"a":{"a":['),
])  # fmt: skip
VALUES = st.recursive(
    st.sampled_from(r'0 -1.5e3 1e999 "a" "\u0061\"" "\ud800" true null [] {} NaN'.split()),
    lambda inner: st.builds(
        lambda parts, frame: frame[0] + frame[1].join(parts) + frame[2],
        st.lists(inner, max_size=3),
        st.sampled_from([("[", ",", "]"), ("[ ", " , ", "\n]"), ('{"a":', ',"b" : ', "}")]),
    ),
    max_leaves=8,
)
CHANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3), st.just("") | TOKENS))


def changed(text, changes):
    for at, length, other in changes[:3]:
        text = text[:at] + other + text[at + length :]
    return text


@given(st.lists(TOKENS, max_size=12).map("".join) | st.builds(changed, VALUES, CHANGES))
@example('[["\\ud800"],x')
@example('{"a":[[[[[]]]]]}')
@example('[[[[[],{"a":0}]]]')
@example('{"a":[1,"b"1')
@example('{"a" "b"')
@example('["\\\\","\\"')
@example("[1,-Infinity")
@example('["NaN",NaN')
@example("[1e5,-1E999,1e999")
def test_it_is_the_same_as_read_from_the_beginning(text):
    body = text.encode()
    deep = deeper(body, 4)
    found = fault.first(text, 4, deep=deep)
    if found is None or found.expected not in (INTEGER, TWICE):
        assert found == steps.first_fault(text, 4)
    else:
        assert steps.first_fault(text, 4) is None


@given(st.text("[]{", max_size=40), st.integers(0, 6))
@example("[" * 8 + "]" * 7 + "[", 4)
def test_brackets(text, max_depth):
    stack, deepest = [], None
    for at, bracket in enumerate(text):
        if bracket != "]":
            stack.append(at)
        elif not stack:
            return
        else:
            stack.pop()
        if len(stack) > max_depth and deepest is None:
            deepest = at
    assert left_open(text.encode()) == stack
    assert deeper(text.encode(), max_depth) == deepest


def test_brackets_in_strings_are_none():
    assert brackets(b'{"[\\"{":["\\\\",{}], "]"') == b"{[{}]"


MANY = 1500


@pytest.mark.parametrize(
    ("nth", "part", "end"),
    [
        (BRACKET, '{"[\\"":1.5},', 1),
        (OBJECT_END, '{"}":[1]},', 9),
        (FLOAT, '"1.5",12,-3,4.5,', 15),
        (FLOAT, "-1E+7,12,", 5),
        (INTEGERS, '1.5,"7",1e5,-12,', 15),
    ],
)
def test_the_nth(nth, part, end):
    per = 2 if nth is BRACKET else 1
    assert nth.end(part * MANY, per * (MANY - 1) + 1) == (MANY - 1) * len(part) + end
    assert nth.end(part * MANY, per * MANY + 1) is None


@pytest.mark.parametrize(
    "value", ["1", '"a,\\""', "[1,2]", '{"a":"]"}', "[[1]]", '{"a":{}}', " true ", "-1.5e3"]
)
@pytest.mark.parametrize("count", [1, 511, 512, 513, 1200])
def test_the_place_of_a_name_that_stands_twice(value, count):
    for other in (value, "[[0,{}]]", "[" * 12 + "]" * 12):
        members = ",".join(f'"{n}":{other if n == 600 else value}' for n in range(count))
        before = f'[{{"a":{{{members},'
        with pytest.raises(Problem) as raised:
            loads(f'{before}"0":1,"0":2}}}}]'.encode())
        assert raised.value.extensions["column"] == len(before) + 1


#: What large bodies are full of.
UNITS = [
    *(
        "1e5",
        "1e300",
        "0.1",
        "1" * 18,
        '""',
        '"\\u0041"',
        '"\\"\\\\"',
        "[]",
        "{}",
        "[[1e5]]",
        " 1 ",
    ),
    *('{"a":1}', '{"":[]}', '{"\\n":[0]}', "[" * 30 + "]" * 30, '{"":' * 30 + "0" + "}" * 30),
]

#: Faults, and where they are, counted from their beginning.
FAULTS = [
    *(("x", 0), ("NaN", 0), ("-Infinity", 1), ("1e999", 0), ("-1E999", 0), ("01", 1), ("1.", 1)),
    *(("2" * 20, 0), ("1" * 5000, 0), ('"\\ud800"', 1), ('"\\x"', 1), ('"\n"', 1), ('"x', 5)),
    *(("{1:2}", 1), ('{"a" 1}', 5), ('{"a":1,"a":1}', 7), ('{"a":[{}],"\\u0061":1}', 10)),
    *(("[" * 65, 61), ("{]", 1), ("0,,", 2), ("[0}", 2), ('{"a":x}', 5)),
]


def framed(unit, faulty, size):
    many = size // len(unit)
    yield f"[[[{','.join([unit] * many)},", faulty, "]]]"
    members = ",".join(f'"{n}":{unit}' for n in range(many))
    yield f'[{{{members},"a":[', faulty, "]}]"
    level = ",".join([unit] * (many // 3))
    yield f"[{level},[{level},[{level},", faulty, "]]]"


@pytest.mark.parametrize("unit", UNITS, ids=[unit[:9] for unit in UNITS])
@pytest.mark.parametrize("size", [6_000, LARGE])
def test_what_is_large_is_gone_past_at_once(unit, size, engine):
    """A faulty MiB of nested numbers took 0.9 seconds, step by step: found by fuzzing."""
    for faulty, offset in FAULTS:
        for before, middle, behind in framed(unit, faulty, size):
            told, taken = steps_of((before + middle + behind).encode())
            assert (faulty, told["column"]) == (faulty, len(before) + offset + 1)
            assert taken < 100, f"{taken} steps to {faulty}"


def steps_of(body):
    """Where the fault is, and the calls of what looks at a text token by token."""
    taken = 0

    def count(frame, event, argument):
        nonlocal taken
        taken += event == "call" and frame.f_code.co_filename == steps.__file__

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        loads(body)
    except Problem as problem:
        return problem.extensions, taken
    finally:
        sys.setprofile(before)
    raise AssertionError("taken")
