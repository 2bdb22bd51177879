"""Random conditions, each with a plain Python function that knows when it holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle

from hypothesis import strategies as st

from docuvault.fallback.conditions.evaluation import Value
from docuvault.fallback.conditions.lexer import MAX_TOKENS
from docuvault.fallback.conditions.profiles import FieldKind, Profile

Context = Mapping[str, Value]
Oracle = Callable[[Context], bool]

PROFILE = Profile(
    "random",
    {
        "n": FieldKind.NUMBER,
        "size": FieldKind.NUMBER,
        "name": FieldKind.TEXT,
        "mime": FieldKind.TEXT,
        "topic": FieldKind.TEXTS,
    },
)


@dataclass(frozen=True)
class Text:
    """A condition as tokens, how deep it is nested, and what it means."""

    tokens: tuple[str, ...]
    depth: int
    holds: Oracle


# Few values, so that comparisons come out either way. The oracle compares lower-case ASCII.
NUMBERS = st.sampled_from([-2, -1, 0, 1, 2, 0.5, -0.25, 1e-5, 123456789.125])
WORDS = st.text(alphabet='abAB "\\*', max_size=3)
CONTEXTS: st.SearchStrategy[Context] = st.fixed_dictionaries(
    {},
    optional={
        "n": st.one_of(st.none(), NUMBERS, st.just(float("nan"))),
        "size": NUMBERS,
        "name": st.one_of(st.none(), WORDS),
        "mime": WORDS,
        "topic": st.lists(WORDS, max_size=3),
        "stranger": WORDS,
    },
)


def present(context: Context, field: str) -> list[float] | list[str]:
    """What the field holds, as a list; empty when it is absent."""
    value = context.get(field)
    if value is None or value != value:
        return []
    if isinstance(value, int | float):
        return [value]
    return [one.lower() for one in ([value] if isinstance(value, str) else value)]


def spelt_number(value: float) -> str:
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def spelt_text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def number_comparisons(draw: st.DrawFn) -> Text:
    field = draw(st.sampled_from(["n", "size"]))
    sign = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in"]))
    if sign == "in":
        wanted = draw(st.lists(NUMBERS, min_size=1, max_size=3))
        return listed(field, [spelt_number(one) for one in wanted], wanted)
    value = draw(NUMBERS)

    def holds(context: Context) -> bool:
        found = present(context, field)
        if not found:
            return False
        one = found[0]
        assert not isinstance(one, str)
        answers = {
            "==": one == value,
            "!=": one != value,
            "<": one < value,
            "<=": one <= value,
            ">": one > value,
            ">=": one >= value,
        }
        return answers[sign]

    return Text((field, sign, spelt_number(value)), 0, holds)


@st.composite
def text_comparisons(draw: st.DrawFn) -> Text:
    field = draw(st.sampled_from(["name", "mime", "topic"]))
    sign = draw(st.sampled_from(["==", "!=", "in", "contains", "startswith", "endswith"]))
    if sign == "in":
        wanted = draw(st.lists(WORDS, min_size=1, max_size=3))
        return listed(field, [spelt_text(one) for one in wanted], [one.lower() for one in wanted])
    raw = draw(WORDS if sign in ("==", "!=") else WORDS.filter(bool))
    value = raw.lower()

    def holds(context: Context) -> bool:
        found = [str(one) for one in present(context, field)]
        answers = {
            "==": value in found,
            "!=": bool(found) and value not in found,
            "contains": any(value in one for one in found),
            "startswith": any(one[: len(value)] == value for one in found),
            "endswith": any(one[-len(value) :] == value for one in found if value),
        }
        return answers[sign]

    return Text((field, sign, spelt_text(raw)), 0, holds)


def listed(field: str, spelt: list[str], wanted: list[float] | list[str]) -> Text:
    """`field in (…)`."""
    commas = [token for one in spelt for token in (",", one)][1:]
    return Text(
        (field, "in", "(", *commas, ")"),
        0,
        lambda context: any(one in wanted for one in present(context, field)),
    )


def negated(part: Text) -> Text:
    return Text(("not", *part.tokens), part.depth + 1, lambda context: not part.holds(context))


def bracketed(part: Text) -> Text:
    return Text(("(", *part.tokens, ")"), part.depth + 1, part.holds)


def joined(first: Text, second: Text, word: str) -> Text:
    """Both parts in brackets, so that the oracle need not know which word binds tighter."""
    one, other = bracketed(first), bracketed(second)
    both: Oracle = {
        "and": lambda context: first.holds(context) and second.holds(context),
        "or": lambda context: first.holds(context) or second.holds(context),
    }[word]
    return Text((*one.tokens, word, *other.tokens), max(one.depth, other.depth), both)


def bare_chain(comparisons: list[Text], words: list[str]) -> Text:
    """Comparisons joined without brackets: `or` of `and`s."""
    tokens = list(comparisons[0].tokens)
    groups = [[comparisons[0]]]
    for word, comparison in zip(words, comparisons[1:], strict=False):
        tokens += [word, *comparison.tokens]
        if word == "and":
            groups[-1].append(comparison)
        else:
            groups.append([comparison])
    return Text(
        tuple(tokens),
        0,
        lambda context: any(all(one.holds(context) for one in group) for group in groups),
    )


COMPARISONS = st.one_of(number_comparisons(), text_comparisons())
CHAINS = st.builds(
    bare_chain,
    st.lists(st.one_of(COMPARISONS, COMPARISONS.map(negated)), min_size=1, max_size=4),
    st.lists(st.sampled_from(["and", "or"]), min_size=3, max_size=3),
)
TREES = st.recursive(
    CHAINS,
    lambda inner: st.one_of(
        inner.map(bracketed),
        inner.map(bracketed).map(negated),
        st.builds(joined, inner, inner, st.sampled_from(["and", "or"])),
    ),
    max_leaves=4,
).filter(lambda text: len(text.tokens) <= MAX_TOKENS and text.depth <= 10)


@st.composite
def spellings(draw: st.DrawFn, text: Text) -> str:
    """The tokens with spaces of any kind, or none where none is needed."""
    spaces = draw(st.lists(st.sampled_from(["", " ", "  ", "\n", "\t", "\u00a0"]), min_size=1))
    loud = draw(st.booleans())
    spelt = ""
    for token, space in zip(text.tokens, cycle(spaces), strict=False):
        grows_together = f"{spelt[-1:]}{token[0]}".replace("-", "1").replace("_", "1").isalnum()
        keyword = loud and token in ("and", "or", "not", "in")
        spelt += (space or " " * bool(spelt and grows_together)) + (
            token.upper() if keyword else token
        )
    return spelt + spaces[0]
