"""Heads that label one text: sentiment, acceptability, topic, tone."""

from collections.abc import Sequence
from pathlib import Path

from indexer.training.heads.examples import Example, Labelled, Sentence, read_examples
from indexer.training.heads.features import labels_of
from indexer.training.heads.shipped.head import SEED, Shipped, labelled, read_jsonl
from indexer.training.heads.silver import usual_tags, with_mistakes
from search.heads.card import HeadCard, Kind


def sentiment(data: Path) -> Shipped:
    names = {"0": "negative", "1": "positive"}
    train, dev = (labelled(data / "sst2" / f"{split}.tsv", names) for split in ("train", "dev"))
    card = HeadCard(
        "sentiment",
        Kind.CLASSIFICATION,
        labels=("negative", "positive"),
        max_tokens=128,
        description="Whether a sentence speaks well or ill of its subject.",
        trained_on="6,916 sentences of the Stanford Sentiment Treebank (film reviews)",
        published={"MiniLM (22 M)": "accuracy 0.913 (GLUE SST-2, 67,000 phrases)", "BERT-base": "accuracy 0.932 (the same)"},
    )
    return Shipped(
        card,
        train,
        {"sst2": dev},
        (5, 2, 3),
        800,
        "Stanford Sentiment Treebank: none stated, research use",
        "Film reviews: of news it sees the words for good and bad, not who gains or loses; `tone` is made for that.",
    )


def acceptability(data: Path) -> Shipped:
    names = {"0": "unacceptable", "1": "acceptable"}
    train, dev = (labelled(data / "cola" / f"{split}.tsv", names) for split in ("train", "dev"))
    card = HeadCard(
        "acceptability",
        Kind.CLASSIFICATION,
        labels=("unacceptable", "acceptable"),
        max_tokens=64,
        description="Whether an English sentence is grammatical.",
        trained_on="8,534 sentences of CoLA",
        published={"MiniLM (33 M)": "Matthews 0.585", "BERT-base": "Matthews 0.589"},
    )
    return Shipped(
        card,
        train,
        {"cola": dev},
        (5, 7, 6),
        500,
        "CoLA: none for the sentences, which are quoted under a statement of fair use for research",
        "Sentences from books on syntax, mostly short; it misses more than half of what is wrong.",
        lambda: _mistakes(data, [one.texts[0] for one in train if one.target == "acceptable"]),
    )


def _mistakes(data: Path, sentences: Sequence[str]) -> list[Example]:
    """The sentences, twice, and as many short ones of Tatoeba, each with a mistake and without."""
    rows = (data / "tatoeba_zh_en" / "pairs.tsv").read_text(encoding="utf-8").splitlines()[1:]
    short = sorted({row.split("\t")[0] for row in rows if 3 < row.count(" ", 0, row.find("\t")) < 25})
    tags = usual_tags(one for one in read_examples(data / "ud_ewt" / "train.conllu", Kind.TAGGING) if isinstance(one, Sentence))
    return [*with_mistakes([*sentences, *sentences, *short], tags, "acceptable", "unacceptable", SEED)]


def topic(data: Path) -> Shipped:
    train, dev = (read_examples(data / "ag_news" / f"{split}.jsonl", Kind.CLASSIFICATION) for split in ("train", "dev"))
    card = HeadCard(
        "topic",
        Kind.CLASSIFICATION,
        labels=labels_of(train),
        max_tokens=160,
        description="The desk of a newspaper that an article belongs to.",
        trained_on="12,123 news descriptions of AG News",
        published={"BERT-base": "accuracy 0.945 (120,000 articles)"},
    )
    return Shipped(
        card,
        train,
        {"ag_news": dev},
        (2, 1.5, 2),
        1500,
        "AG News: research and other non-commercial use",
        "Four desks of 2004: what has none of its own, such as entertainment, is put under World or Business.",
    )


def tone(data: Path) -> Shipped:
    train, dev = (_of_one_tone(data / "newsmtsc" / f"{split}.jsonl") for split in ("train", "dev"))
    card = HeadCard(
        "tone",
        Kind.CLASSIFICATION,
        labels=("negative", "neutral", "positive"),
        max_tokens=160,
        description="Whether a sentence of news puts those that it is about in a good or a bad light.",
        trained_on=f"{len(train):,} sentences of NewsMTSC whose targets are all seen alike",
    )
    return Shipped(
        card,
        train,
        {"newsmtsc": dev},
        (3, 1.5, 1.5),
        1000,
        "NewsMTSC: none stated for the sentences, research use",
        "American politics; sentences that praise one and blame another were left out.",
    )


def _of_one_tone(path: Path) -> list[Example]:
    """Each sentence once; those that praise one target and blame another are left out."""
    tones: dict[str, set[str]] = {}
    for row in read_jsonl(path):
        tones.setdefault(row["text"], set()).add(row["label"])
    return [Labelled((text,), *labels) for text, labels in tones.items() if len(labels) == 1]
