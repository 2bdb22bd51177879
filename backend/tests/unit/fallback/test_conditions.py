"""Conditions: what they mean, how they are spelt, and where they are wrong."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from docuvault.domain.errors import ErrorCode, InvalidInput
from docuvault.fallback.conditions.errors import ConditionError
from docuvault.fallback.conditions.evaluation import Value, evaluate
from docuvault.fallback.conditions.lexer import KEYWORDS, MAX_CHARACTERS, MAX_TEXT, MAX_TOKENS
from docuvault.fallback.conditions.parser import MAX_DEPTH, parse_condition
from docuvault.fallback.conditions.profiles import ROUTING, TRIGGERS, VIEWS, FieldKind, Profile
from docuvault.fallback.conditions.syntax import And, Comparison, Condition, Not, Operator, Or
from tests.unit.fallback.condition_texts import CONTEXTS, PROFILE, TREES, Context, Text, spellings

DOCUMENT: dict[str, Value] = {
    "filename": "Invoice-2024 (Café).PDF",
    "extension": "pdf",
    "mime": "application/pdf",
    "topic": ["Invoices", "Garden"],
    "size_bytes": 2_000_000,
    "page_count": 3,
    "language": None,
}


# --- meaning ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("severity >= 0.8", True),
        ("severity > 0.8", False),
        ("severity<1 and step==3", True),
        ("recurrence_count == -2", True),
        ("recurrence_count < -1.5", True),
        ("severity > 1 or step == 3", True),
        ("severity > 1 and step == 1 or step == 3", True),
        ("step == 3 or step == 3 and severity > 1", True),
        ("(step == 3 or step == 3) and severity > 1", False),
        ("not severity > 1 and step == 3", True),
        ("not (step == 3 and severity > 1)", True),
        ("not not step == 3", True),
        ("not step == 4 or severity > 1", True),
        ("step in (1, 2, 3)", True),
        ("step in (-3)", False),
        ("step == 1", False),
        ("step == 3.0", True),
        ("step == 3 AND NOT severity > 1", True),
    ],
)
def test_triggers(text: str, expected: bool) -> None:
    context = {"severity": 0.8, "recurrence_count": -2, "step": 3}

    assert evaluate(parse_condition(text), context) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('mime == "application/pdf"', True),
        ('mime == "APPLICATION/PDF"', True),
        ('filename contains "invoice"', True),
        ('filename contains "cafe"', True),
        ('filename contains "CAFÉ"', True),
        ('filename contains "*"', False),
        ('filename startswith "invoice-"', True),
        ('filename startswith "2024"', False),
        ('filename endswith ".pdf"', True),
        ('extension in ("doc", "PDF")', True),
        ('extension != "doc"', True),
        ('topic == "garden"', True),
        ('topic != "garden"', False),
        ('topic != "taxes"', True),
        ('topic in ("taxes", "invoices")', True),
        ('topic contains "voice"', True),
        ('topic startswith "G" and page_count <= 3 and size_bytes > 1000000', True),
        ('language == "en" or not page_count > 3', True),
    ],
)
def test_routing(text: str, expected: bool) -> None:
    assert evaluate(parse_condition(text, ROUTING), DOCUMENT) is expected


@pytest.mark.parametrize("absent", [{}, {"step": None}, {"step": float("nan")}])
@pytest.mark.parametrize("sign", ["==", "!=", "<", "<=", ">", ">="])
def test_a_comparison_with_an_absent_number_is_false(sign: str, absent: Context) -> None:
    assert evaluate(parse_condition(f"step {sign} 1"), absent) is False
    assert evaluate(parse_condition(f"not step {sign} 1"), absent) is True


@pytest.mark.parametrize("absent", [{}, {"topic": None}, {"topic": []}, {"topic": ()}])
@pytest.mark.parametrize("rest", ['== "a"', '!= "a"', 'in ("a")', 'contains "a"', '!= ""'])
def test_a_comparison_with_absent_texts_is_false(rest: str, absent: Context) -> None:
    assert evaluate(parse_condition(f"topic {rest}", ROUTING), absent) is False


def test_whether_a_field_is_there_can_be_asked() -> None:
    without_language = parse_condition('not language != ""', ROUTING)

    assert evaluate(without_language, {})
    assert evaluate(without_language, {"language": ""})
    assert not evaluate(without_language, {"language": "en"})


def test_numbers_are_compared_exactly() -> None:
    assert evaluate(parse_condition("step == 0.1"), {"step": 0.1})
    assert evaluate(parse_condition("step > 999999999999999"), {"step": 10**400})
    assert evaluate(parse_condition("step < -999999999999999"), {"step": float("-inf")})
    assert not evaluate(parse_condition("step == 1"), {"step": 1.0000000000000002})


class Recorder(Mapping[str, Value]):
    """Values that remember which of them were asked for."""

    def __init__(self, values: dict[str, Value]) -> None:
        self._values = values
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> Value:
        self.asked.append(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("step == 1 and duration == 1", ["step", "duration"]),
        ("step == 2 and duration == 1", ["step"]),
        ("step == 1 or duration == 1", ["step"]),
        ("step == 2 or duration == 1", ["step", "duration"]),
        ("not (step == 1 or duration == 1) and severity == 1", ["step"]),
        ("step in (2, 3, 1) and duration > 5", ["step", "duration"]),
    ],
)
def test_only_what_decides_is_looked_up(text: str, asked: list[str]) -> None:
    context = Recorder({"step": 1, "duration": 1, "severity": 1})
    evaluate(parse_condition(text), context)

    assert context.asked == asked


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("page_count", "3"),
        ("page_count", True),
        ("page_count", [3]),
        ("mime", 3),
        ("mime", ["text/plain"]),
        ("mime", b"text/plain"),
        ("topic", "Invoices"),
        ("topic", [1]),
        ("topic", 1),
    ],
)
def test_a_value_of_another_kind_is_the_callers_fault(field: str, value: Any) -> None:
    literal = "1" if field == "page_count" else '"1"'
    with pytest.raises(TypeError, match=field):
        evaluate(parse_condition(f"{field} == {literal}", ROUTING), {field: value})


# --- random conditions --------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(text=TREES, context=CONTEXTS, data=st.data())
def test_a_condition_means_what_plain_python_says(
    text: Text, context: Context, data: st.DataObject
) -> None:
    condition = parse_condition(data.draw(spellings(text)), PROFILE)
    expected = text.holds(context)

    assert evaluate(condition, context) is expected
    again = parse_condition(str(condition), PROFILE)
    assert again == condition
    assert str(again) == str(condition)
    assert evaluate(again, context) is expected


HOSTILE = st.one_of(
    st.text(max_size=200),
    st.text(alphabet='ab"\\()<>=!,-.0123456789 \n\ud800““&|', max_size=200),
    st.lists(
        st.sampled_from(
            [
                *("step", "severity", "mime", "topic", "x", "and", "or", "not", "in", "contains"),
                *(
                    "==",
                    "!=",
                    "<",
                    ">=",
                    "(",
                    ")",
                    ",",
                    "-1",
                    "0.5",
                    '"a"',
                    '"',
                    "'",
                    "\\",
                    "[",
                    "=",
                ),
                *("__import__", ".", "lambda", "True", "None", "0x1", "1e9", "\x00", "＝", "ſ"),
            ]
        ),
        max_size=60,
    ).map(" ".join),
)


@settings(max_examples=300, deadline=None)
@given(HOSTILE)
@example("")
@example("\x00")
@example('"')
@example('"\\')
@example("not " * 30 + "step == 1")
def test_any_text_is_a_condition_or_has_a_fault_at_a_place(text: str) -> None:
    for profile in (TRIGGERS, ROUTING):
        condition = parse_or_fault(text, profile)
        if isinstance(condition, ConditionError):
            points_at_its_place(condition)
        else:
            assert parse_condition(str(condition), profile) == condition
            assert evaluate(condition, {}) in (True, False)


def parse_or_fault(text: str, profile: Profile) -> Condition | ConditionError:
    try:
        return parse_condition(text, profile)
    except ConditionError as error:
        return error


def points_at_its_place(error: ConditionError) -> None:
    assert 0 <= error.position <= len(error.text)
    line, caret = error.pointer().split("\n")
    assert caret == " " * (len(caret) - 1) + "^"
    assert len(caret) <= 41
    assert line.isprintable()
    under = error.text[error.position : error.position + 1]
    if under.isprintable():
        assert line[len(caret) - 1 : len(caret)] == under


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1_000_000,
        "not " * 300_000,
        "step == 1 and " * 100_000,
        " " * 3_000_000,
        '"' + "a" * 3_000_000,
        '"' + "\\\\" * 1_000_000,
        '"' + "a" * 1_000_000 + '"',
        "a" * 3_000_000,
        "9" * 3_000_000,
        "step == " + "9" * 1_000_000,
        "step in (" + "1," * 500_000,
    ],
    ids=lambda text: text[:12],
)
def test_an_endless_text_is_refused_at_once(text: str) -> None:
    began = time.perf_counter()
    with pytest.raises(ConditionError):
        parse_condition(text)
    assert time.perf_counter() - began < 5


# --- spelling -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("step==1", "step == 1"),
        ("  ( (step == 1) )\n", "step == 1"),
        ("step==1 AND(step==2 Or step==3)", "step == 1 and (step == 2 or step == 3)"),
        ("(step == 1 and step == 2) or step == 3", "step == 1 and step == 2 or step == 3"),
        ("step == 1 and (step == 2 and step == 3)", "step == 1 and step == 2 and step == 3"),
        ("not (step == 1)", "not step == 1"),
        ("not(step == 1 or step == 2)", "not (step == 1 or step == 2)"),
        ("not(step == 1 and step == 2)", "not (step == 1 and step == 2)"),
        ("NOT not step == 1", "not not step == 1"),
        ("step in(1,2)", "step in (1, 2)"),
        ("step == 007", "step == 7"),
        ("step == -0", "step == 0"),
        ("step == 1.50", "step == 1.5"),
        ("step == 0.000001", "step == 0.000001"),
        ("step == 100000000000000.5", "step == 100000000000000.5"),
        ("step == -0.000000000000001", "step == -0.000000000000001"),
        (r'title == "say \"no\" \\ yes"', r'title == "say \"no\" \\ yes"'),
        ('title == "Café ﬁ 漢"', 'title == "Café ﬁ 漢"'),
    ],
)
def test_a_condition_has_one_canonical_text(text: str, canonical: str) -> None:
    condition = parse_condition(text, ROUTING)

    assert str(condition) == canonical
    assert parse_condition(canonical, ROUTING) == condition


def test_the_tree_is_there_for_others_to_read() -> None:
    condition = parse_condition('not mime == "a" and (step in (1, 2) or step < 0.5)', ROUTING)

    assert condition.root == And(
        (
            Not(Comparison("mime", Operator.EQUAL, ("a",))),
            Or(
                (
                    Comparison("step", Operator.IN, (1, 2)),
                    Comparison("step", Operator.LESS, (0.5,)),
                )
            ),
        )
    )
    assert hash(condition) == hash(parse_condition(str(condition), ROUTING))
    assert condition.profile is ROUTING


def test_two_conditions_share_nothing() -> None:
    texts = [f"step == {number} and not (severity > {number} or step < 0)" for number in range(50)]
    with ThreadPoolExecutor(8) as threads:
        conditions = list(threads.map(parse_condition, texts * 4))

    assert [str(condition) for condition in conditions] == texts * 4


# --- limits -------------------------------------------------------------------------------------


def test_fifty_tokens_are_the_limit() -> None:
    assert MAX_TOKENS == 50
    ones = ", ".join(["1"] * 23)
    assert parse_condition(f"not step in ({ones})")
    with pytest.raises(ConditionError, match="too early"):
        parse_condition(f"not step in ({ones},")
    with pytest.raises(ConditionError, match="50") as caught:
        parse_condition(f"not (step in ({ones}))")
    assert caught.value.position == len(f"not (step in ({ones}")
    with pytest.raises(ConditionError, match="50") as caught:
        parse_condition(" and ".join(["step == 1"] * 13))
    assert caught.value.position == len(" and ".join(["step == 1"] * 13)) - 1


def test_depth_is_limited_for_brackets_and_not_together() -> None:
    deep = "not (" * (MAX_DEPTH // 2) + "step == 1" + ")" * (MAX_DEPTH // 2)
    assert evaluate(parse_condition(deep), {"step": 1}) is False
    with pytest.raises(ConditionError, match="levels") as caught:
        parse_condition(f"step == 2 or ({deep})")
    assert caught.value.position == len("step == 2 or (" + "not (" * 4 + "not ")
    # Side by side is not inside each other.
    assert parse_condition(" and ".join(["(((step == 1)))"] * 5))


def test_texts_and_the_whole_are_limited() -> None:
    longest = "x" * MAX_TEXT
    assert parse_condition(f'title == "{longest}"', ROUTING)
    assert parse_condition(f'title == "{chr(92) * 2 * MAX_TEXT}"', ROUTING)
    with pytest.raises(ConditionError, match=str(MAX_TEXT)) as caught:
        parse_condition(f'title == "{longest}x"', ROUTING)
    assert caught.value.position == 9

    many = f'title in ("{longest}"' + f', "{longest}"' * 8 + ")"
    assert len(str(parse_condition(many + " " * MAX_CHARACTERS, ROUTING))) < MAX_CHARACTERS
    with pytest.raises(ConditionError, match=str(MAX_CHARACTERS)):
        parse_condition(many[:-1] + f', "{longest}")', ROUTING)


# --- errors -------------------------------------------------------------------------------------

# The caret stands below the fault; the words are part of the message.
FAULTS = [
    ("", "^", "empty"),
    ("   ", "   ^", "empty"),
    ("sverity > 1", "^", "did you mean severity?"),
    ("Severity > 1", "^", "did you mean severity?"),
    ("zzz > 1", "^", "there are severity, recurrence_count"),
    ("step = 1", "     ^", '"=="'),
    ("step == 1 && step == 2", "          ^", '"and"'),
    ("step == 1 || step == 2", "          ^", '"or"'),
    ("!step == 1", "^", '"not"'),
    ("step <> 1", "      ^", "a number should stand"),
    ("step ==", "       ^", "too early"),
    ("step", "    ^", "too early"),
    ("step == 1 and", "             ^", "too early"),
    ("(step == 1", "          ^", "closing bracket"),
    ("step == 1)", "         ^", "the end should follow"),
    ("()", " ^", "name of a field"),
    ("and step == 1", "^", "name of a field"),
    ("step == 1 step == 2", "          ^", '"and", "or"'),
    ("3 < step", "^", "name of a field"),
    ("1 < step < 3", "^", "name of a field"),
    ("step < 3 < 4", "         ^", '"and", "or"'),
    ("step == severity", "        ^", "a number should stand"),
    ("step == - 1", "        ^", "right behind it"),
    ("step == +1", "        ^", "no arithmetic"),
    ("step == .5", "        ^", "begins with a digit"),
    ("step == 1.", "         ^", "begins with a digit"),
    ("step == 1e3", "         ^", '"and", "or"'),
    ("step == 0x10", "         ^", '"and", "or"'),
    ("step == 1234567890123456", "        ^", "15 digits"),
    ("step == 0.1234567890123456", "        ^", "15 digits"),
    ("step + 1 == 2", "     ^", "no arithmetic"),
    ("step-1 == 2", "    ^", "a comparison should follow"),
    ("step.real == 1", "    ^", "no parts"),
    ("abs(step) == 1", "^", "no field"),
    ("step(1)", "    ^", "a comparison should follow"),
    ("__import__ == 1", "^", "no field"),
    ("step == True", "        ^", "a number should stand"),
    ("step == '1'", "        ^", "double quotes"),
    ('step == "1"', "        ^", "step is a number"),
    ('step contains "1"', "     ^", "for texts"),
    ("step in 1", "        ^", "round brackets"),
    ("step in ()", "         ^", "a number should stand"),
    ("step in (1,)", "           ^", "a number should stand"),
    ("step in (1 2)", "           ^", "comma"),
    ('step in (1, "a")', "            ^", "a number should stand"),
    ("step not in (1)", "     ^", "not step in"),
    ("step in [1]", "        ^", "round brackets"),
    ("step == 1; step == 2", "         ^", "no meaning"),
    ("step == \x00", "        ^", "no meaning"),
    ("mime > 3", "     ^", "mime is a text; > is for numbers"),
    ("mime == 3", "        ^", "mime is a text"),
    ("mime == pdf", "        ^", '"quotes"'),
    ('mime == "pdf', "        ^", "does not end"),
    ('mime == "pdf\\', "        ^", "does not end"),
    (r'mime == "a\nb"', "          ^", "backslash"),
    ('mime == "a\nb"', "          ^", "line breaks"),
    ('mime == "a\ud800"', "          ^", "control characters"),
    ("mime == “pdf”", "        ^", "straight quotes"),
    ('mime contains ""', "              ^", "found in everything"),
    ('mime startswith "\u0301"', "                ^", "found in everything"),
    ('topic >= "a"', "      ^", "for numbers"),
    ('mime in ("a", 1)', "              ^", "mime is a text"),
    ("status == 1", "^", "no field"),
]


@pytest.mark.parametrize(("text", "caret", "words"), FAULTS, ids=[repr(row[0]) for row in FAULTS])
def test_a_fault_is_named_at_its_place(text: str, caret: str, words: str) -> None:
    profile = ROUTING if text.startswith(("mime", "topic", "status")) else TRIGGERS
    with pytest.raises(ConditionError) as caught:
        parse_condition(text, profile)
    error = caught.value

    assert error.position == len(caret) - 1
    assert words in error.message
    assert error.pointer().split("\n")[1] == caret
    assert error.detail == f"{error.message} (at character {len(caret)})"
    assert error.message[0].isupper() or error.message.split()[0] in profile.fields
    assert isinstance(error, InvalidInput)
    assert error.code is ErrorCode.BAD_CONDITION
    assert error.text == text


def test_the_pointer_shows_the_surroundings_of_a_long_text() -> None:
    text = " and ".join(["step == 1"] * 8) + " and\tstep = 1" + " " * 100
    with pytest.raises(ConditionError) as caught:
        parse_condition(text)

    line, caret = caught.value.pointer().split("\n")
    assert line[len(caret) - 1] == "="
    assert "and step = 1" in line
    assert len(line) == 80


# --- profiles -----------------------------------------------------------------------------------


def test_the_default_profile_has_five_numbers() -> None:
    assert dict(TRIGGERS.fields) == dict.fromkeys(
        ["severity", "recurrence_count", "confidence", "step", "duration"], FieldKind.NUMBER
    )
    assert parse_condition("step == 1").profile is TRIGGERS


def test_profiles_build_on_each_other() -> None:
    assert TRIGGERS.fields.items() < ROUTING.fields.items() < VIEWS.fields.items()
    assert parse_condition('status == "ready" and age_days < 30', VIEWS)


@pytest.mark.parametrize("name", ["", "Step", "a-b", "1st", "a.b", "é", *sorted(KEYWORDS)])
def test_a_field_that_could_not_be_named_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name"):
        Profile("mine", {name: FieldKind.NUMBER})
