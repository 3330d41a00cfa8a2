"""Every text has an understanding: operators where they are complete, plain text everywhere else."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.language import And, Condition, Contains, Kind, Named, Near, Not, Or, Published, Reading, understand
from search.language.parser import MAX_CONDITIONS, MAX_DEPTH


def _has(*words: str) -> Contains:
    return Contains(words)


OIL, GAS, COAL = _has("oil"), _has("gas"), _has("coal")
MARCH = datetime(2020, 3, 1, tzinfo=UTC)
END_OF_MARCH = datetime(2020, 3, 31, 23, 59, 59, 999999, UTC)


@pytest.mark.parametrize(
    "text",
    [
        "oil prices",
        "C++",
        "don't",
        "AC/DC",
        "3:30",
        "http://example.org/a?b=(c)&d=-e",
        '"an unclosed quote',
        "a lone - minus",
        "--help",
        'Apple (AAPL) shares fall - Reuters: "why now?',
        "On: the road",
        "Source: Reuters",
        "title:",
        "f***ing * ** 5*",
        "oil OR",
        "OR oil",
        "oil and gas or coal",
        "(oil",
        "oil)",
        "() -() (-)",
        '"" "!!" -"" -+',
        "before:yesterday",
        "on:2020-02-31",
        "near5:oil",
        'near0:"a b"',
        'near5:"a b c"',
        "-5 degrees",
        "half-time",
        "AND",
        "NOT",
    ],
)
def test_what_is_no_operator_is_plain_text_to_the_letter(text: str) -> None:
    understood = understand(text)
    assert (understood.words, understood.condition) == (text, None)
    assert understood.summary == ""


@pytest.mark.parametrize(
    ("text", "words", "condition"),
    [
        ('"price cap" russia', "price cap russia", _has("price", "cap")),
        ("oil -Saudi", "oil", Not(_has("saudi"))),
        ('oil -"price cap"', "oil", Not(_has("price", "cap"))),
        ("oil -U.S.", "oil", Not(_has("u", "s"))),
        ("(oil OR gas) prices", "oil gas prices", Or((OIL, GAS))),
        ("oil OR gas prices", "oil gas prices", Or((OIL, GAS))),
        ("oil OR gas OR coal", "oil gas coal", Or((OIL, GAS, COAL))),
        ("(oil (gas OR coal))", "oil gas coal", And((OIL, Or((GAS, COAL))))),
        ("(oil AND gas) OR coal", "oil gas coal", Or((And((OIL, GAS)), COAL))),
        ("oil AND -gas", "oil", Not(GAS)),
        ("(a b) prices", "(a b) prices", None),
        ("-(oil gas) coal", "coal", Not(And((OIL, GAS)))),
        ("-(oil OR gas) coal", "coal", Not(Or((OIL, GAS)))),
        ("oil OR -gas", "oil", Or((OIL, Not(GAS)))),
        ("title:OPEC cut", "OPEC cut", Contains(("opec",), in_title=True)),
        ('title:"Price Cap" title:econom*', "Price Cap", And((Contains(("price", "cap"), True), Contains(("econom",), True, True)))),
        ("econom* policy", "policy", Contains(("econom",), prefix=True)),
        ("-econom* policy", "policy", Not(Contains(("econom",), prefix=True))),
        ('near5:"oil price"', "oil price", Near(("oil",), ("price",), 5)),
        ('near2:"U.S. co-op"', "U.S. co-op", Near(("u", "s"), ("co", "op"), 2)),
        ('source:"New York Times" author:smith', "", And((Named("source", ("new", "york", "times")), Named("author", ("smith",))))),
        ("topic:energy -language:de oil", "oil", And((Named("topic", ("energy",)), Not(Named("language", ("de",)))))),
        ("SOURCE:Reuters oil", "oil", Named("source", ("reuters",))),
        ("after:2020-03 oil", "oil", Published(MARCH, None)),
        ("before:2020-03, oil", "oil", Published(None, END_OF_MARCH)),
        ("on:2020-03", "", Published(MARCH, END_OF_MARCH)),
        ('after:"2020-03-01 00:00"', "", Published(MARCH, None)),
        ("“价格上限” －沙特", "价格上限", And((_has(*"价格上限"), Not(_has(*"沙特"))))),
        ("关于“价格上限”的油价", "关于 价格上限 的油价", _has(*"价格上限")),
        ("石油（OPEC OR IEA）－沙特，油价", "石油 OPEC IEA ，油价", And((Or((_has("opec"), _has("iea"))), Not(_has(*"沙特"))))),
        ("title：石油 after：２０２０－０３", "石油", And((Contains(("石", "油"), True), Published(MARCH, None)))),
        ("石油*", "石油", _has("石", "油")),
        ("«naïve» „Zoë“", "naïve Zoë", And((_has("naive"), _has("zoe")))),
    ],
)
def test_operators_become_conditions_and_what_was_asked_for_becomes_words(text: str, words: str, condition: Condition) -> None:
    understood = understand(text)
    assert (understood.words, understood.condition) == (words, condition)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ('oil "price cap', Reading.OPEN_QUOTE),
        ("(oil OR gas", Reading.OPEN_GROUP),
        ("after:spring", Reading.NO_DATE),
        ("source:++", Reading.NO_WORDS),
        ("near5:oil", Reading.NO_NEAR),
        ('near99:"a b"', Reading.NO_NEAR),
        ("o*", Reading.SHORT_PREFIX),
        ("co-op*", Reading.MANY_WORDS_PREFIX),
        ("-5", Reading.NEGATIVE_NUMBER),
        ("oil NOT gas", Reading.NOT),
        ("(" * (MAX_DEPTH + 1) + "oil OR gas" + ")" * (MAX_DEPTH + 1), Reading.TOO_DEEP),
        ("-a " * (MAX_CONDITIONS + 1), Reading.TOO_MANY),
    ],
)
def test_what_looks_like_an_operator_and_is_none_is_explained(text: str, reading: Reading) -> None:
    notes = understand(text).notes
    assert [note.reading for note in notes] == [reading]
    assert notes[0].message.startswith("Read as plain text: ")


@pytest.mark.parametrize("operator", ["person:blair", "organisation:OPEC", "place:Paris", "entity:OPEC", "sentiment:negative", "label:a"])
def test_what_heads_say_is_a_condition_where_they_have_said_something(operator: str) -> None:
    field, _, name = operator.partition(":")
    understood = understand(f"oil -{operator}")
    assert (understood.words, understood.condition) == ("oil", Not(Named(field, (name.lower(),))))  # type: ignore[arg-type]
    assert [piece.kind for piece in understood.pieces] == [Kind.WORDS, Kind(field)]
    elsewhere = understand(f"oil {operator}", annotated=False)
    assert (elsewhere.words, elsewhere.condition) == (f"oil {operator}", None)
    assert [note.reading for note in elsewhere.notes] == [Reading.NO_ENTITIES]
    assert "`broadsheet annotate`" in elsewhere.notes[0].message


def test_a_headline_in_capitals_is_plain_text() -> None:
    assert understand("TO BE AND NOT TO BE").notes == ()


def test_the_pieces_say_what_each_part_was_taken_for() -> None:
    understood = understand('oil prices (shale OR "tar sands") -Saudi after:2020 source:Reuters')
    assert [(piece.kind, piece.text, piece.excluded) for piece in understood.pieces] == [
        (Kind.WORDS, "oil prices", False),
        (Kind.GROUP, '(shale OR "tar sands")', False),
        (Kind.CONTAINS, "Saudi", True),
        (Kind.PUBLISHED, "after:2020", False),
        (Kind.SOURCE, "source:Reuters", False),
    ]
    assert understood.summary == (
        'By meaning: oil prices. Must hold: (shale OR "tar sands") · after:2020 · source:Reuters. Must not hold: Saudi.'
    )


@pytest.mark.parametrize(
    ("text", "exact"),
    [('"price cap"', True), ("oil OR gas", True), ("-oil source:x", True), ("oil", False), ('"price cap" oil', False), ("oil -gas", False)],
)
def test_a_query_without_a_plain_word_is_exact(text: str, exact: bool) -> None:
    assert understand(text).exact is exact


OPERATORS = st.sampled_from(
    [
        *'"“”„«»「」()（）-－*＊:：,，',
        " ",
        " ",
        " OR ",
        " AND ",
        "NOT ",
        "title:",
        "source:",
        "on:",
        "after:2020",
        'near5:"',
        "near",
        "石油",
        "oil",
        "C++",
    ]
)


@settings(deadline=None)
@given(st.lists(OPERATORS | st.text(max_size=5), max_size=60).map("".join))
def test_every_text_has_an_understanding_with_pieces_in_order(text: str) -> None:
    understood = understand(text)
    assert understand(text) == understood
    assert understood.text == text
    end = 0
    for piece in understood.pieces:
        assert end <= piece.start < piece.end <= len(text)
        assert piece.text == text[piece.start + piece.excluded : piece.end]
        end = piece.end
    for note in understood.notes:
        assert 0 <= note.start < note.end <= len(text)
        assert note.message
    if understood.condition is None:
        assert understood.words == text.strip()
    assert understand(understood.summary) is not None


@pytest.mark.parametrize(
    "part", ["(", '"', "-(", "(a OR ", "“", "a“", 'near5:"', "- ", "a OR ", "(a OR b) ", "石", "(a ", "「a", "-", "*", "()", "\u0301"]
)
def test_a_text_as_long_as_a_query_may_be_is_understood(part: str) -> None:
    text = (part * 4_000)[:4_000]
    assert understand(text).text == text


WORDS = st.lists(st.sampled_from(["oil", "gas", "zoë", "石", "3"]), min_size=1, max_size=3).map(tuple)
LEAVES = st.one_of(
    WORDS.map(lambda words: Contains(tuple("zoe" if word == "zoë" else word for word in words))),
    st.sampled_from(
        [Contains(("econom",), prefix=True), Contains(("oil",), True), Near(("oil",), ("gas",), 3), Published(MARCH, END_OF_MARCH)]
    ),
    st.sampled_from(
        [Named("source", ("reuters",)), Named("topic", ("oil", "gas")), Named("entity", ("opec",)), Named("label", ("section",))]
    ),
)


def _combined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        inner.map(Not),
        several.map(lambda parts: And(tuple(part for one in parts for part in (one.conditions if isinstance(one, And) else (one,))))),
        several.map(lambda parts: Or(tuple(part for one in parts for part in (one.conditions if isinstance(one, Or) else (one,))))),
    )


def _written(condition: Condition) -> str:
    match condition:
        case And(conditions):
            return " ".join(f"({_written(part)})" if isinstance(part, Or) else _written(part) for part in conditions)
        case Or(conditions):
            return " OR ".join(f"({_written(part)})" if isinstance(part, And) else _written(part) for part in conditions)
        case Not(inner):
            return f"-({_written(inner)})"
        case Contains(words, in_title, prefix):
            return f"{'title:' * in_title}{words[0]}*" if prefix else f'{"title:" * in_title}"{" ".join(words)}"'
        case Near(first, second, distance):
            return f'near{distance}:"{first[0]} {second[0]}"'
        case Named(field, words):
            return f'{field}:"{" ".join(words)}"'
        case Published():
            return "on:2020-03"


@settings(deadline=None)
@given(st.recursive(LEAVES, _combined, max_leaves=8))
def test_a_condition_written_down_is_understood_as_itself(condition: Condition) -> None:
    assert understand(_written(condition)).condition == condition
