"""What counts as a question, on examples written by hand."""

import pytest

from search.questions import is_question

QUESTIONS = [
    "Is the bridge open?",
    "oil price down?",
    "石油价格为何下跌？",
    'Who said "never again?"',
    "who won the cup final",
    "Who's the new mayor of Lagos",
    "what did the minister say about rents",
    "in which year did the wall fall",
    "how many people live in Kano",
    "how much was the bank fined",
    "why oil prices fell in march",
    "did the chancellor resign",
    "is there a drug against malaria",
    "isn't the tunnel finished",
    "will the strike end this week",
    "can they reopen schools",
    "谁当选了市长",
    "这家银行被罚了多少钱",
    "部长辞职了吗",
    "哪些国家签署了协议",
]
OTHERS = [
    "oil price collapse",
    "who guidelines on masks",  # the World Health Organization
    "will smith slap at the oscars",
    "may day parade in moscow",
    "can manufacturers and aluminium tariffs",
    "how to vote by post",
    "What rents and wages did in large cities over ten years.",  # says what is wanted
    "whatsapp privacy rules",
    "the man who sold the world",
    "who",
    "?",
    "",
    "石油价格下跌",
    "市长辞职。",
]


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_is_told_by_its_form(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", OTHERS)
def test_key_words_and_descriptions_are_no_questions(text: str) -> None:
    assert not is_question(text)
