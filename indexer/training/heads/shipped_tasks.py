"""The tasks of the heads that come with Broadsheet: what each learns from and is measured on, and how much of the run it gets.

Only training splits are learned from; where a set has no dev split, a tenth of its texts is held out.
"""

import json
import random
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.training.heads.examples import Columns, Example, Labelled, Plain, Question, Sentence, read_examples
from indexer.training.heads.features import labels_of
from indexer.training.heads.silver import rated_by, usual_tags, with_mistakes
from search.heads.card import HeadCard, Kind, Reads
from search.models.encoder import SentenceEncoder

HELD_OUT_PERCENT = 10
SEED = 17
_ENTITY_TYPES = {"person": "PER", "location": "LOC", "corporation": "ORG", "group": "ORG", "product": "MISC", "creative-work": "MISC"}


@dataclass(frozen=True)
class Shipped:
    """A head to be with the examples that it learns from and those that it is measured on, by name of the set.

    ``epochs`` are its passes over the examples in each stage of the run.
    """

    card: HeadCard
    train: Sequence[Example]
    dev: dict[str, Sequence[Example]]
    epochs: tuple[float, float, float]
    tokens_per_step: int
    licence: str
    """Of the data, as their sources state it."""
    limits: str
    silver: Callable[[], Sequence[Example]] | None = None
    """Makes examples that no person labelled; they are passed through once in the last stage, before the others end."""


def shipped_heads(data: Path) -> list[Shipped]:
    """All heads of the package, from the data sets below ``data``."""
    return [make(data) for make in _HEADS.values()]


def shipped_head(data: Path, task: str) -> Shipped:
    """One of them."""
    return _HEADS[task](data)


def _labelled(
    path: Path, names: Mapping[str, str] | None = None, kind: Kind = Kind.CLASSIFICATION, reads: Reads = Reads.TEXT
) -> list[Labelled]:
    """The examples of a table, their labels by other names if any are given."""
    columns = Columns(target="score") if kind is Kind.REGRESSION else Columns()
    rows = [one for one in read_examples(path, kind, reads, columns) if isinstance(one, Labelled)]
    return [replace(one, target=names[one.target]) for one in rows] if names else rows


def _sentiment(data: Path) -> Shipped:
    names = {"0": "negative", "1": "positive"}
    train, dev = (_labelled(data / "sst2" / f"{split}.tsv", names) for split in ("train", "dev"))
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


def _acceptability(data: Path) -> Shipped:
    names = {"0": "unacceptable", "1": "acceptable"}
    train, dev = (_labelled(data / "cola" / f"{split}.tsv", names) for split in ("train", "dev"))
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


def _topic(data: Path) -> Shipped:
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


def _nli(data: Path) -> Shipped:
    snli = read_examples(data / "snli_dev" / "train.tsv", Kind.CLASSIFICATION, Reads.PAIR)
    held = [one for one in snli if isinstance(one, Labelled) and zlib.crc32(one.texts[0].encode()) % 100 < HELD_OUT_PERCENT]
    sick = {split: read_examples(data / "sick" / f"{split}.tsv", Kind.CLASSIFICATION, Reads.PAIR) for split in ("train", "dev")}
    kept = set(held)
    card = HeadCard(
        "nli",
        Kind.CLASSIFICATION,
        Reads.PAIR,
        labels=("entailment", "neutral", "contradiction"),
        max_tokens=128,
        description="Whether the second text follows from the first, contradicts it, or neither.",
        trained_on="nine tenths (by premise) of 9,842 pairs of SNLI's dev set and 4,393 pairs of SICK",
        published={"MiniLM (22 M)": "accuracy 0.828 (MNLI, 393,000 pairs)", "BERT-base": "accuracy 0.845 (the same)"},
    )
    return Shipped(
        card,
        [*(one for one in snli if one not in kept), *sick["train"]],
        {"snli held out": held, "sick": sick["dev"]},
        (4, 2, 1.5),
        900,
        "SNLI: CC BY-SA 4.0; SICK: CC BY-NC-SA 3.0",
        "Captions of pictures: plain sentences on visible things; numbers, times and reported speech are beyond it.",
    )


def _paraphrase(data: Path) -> Shipped:
    names = {"0": "different", "1": "paraphrase"}
    rows = _labelled(data / "msrp" / "train.tsv", names, reads=Reads.PAIR)
    held = [one for one in rows if zlib.crc32(one.texts[0].encode()) % 100 < HELD_OUT_PERCENT]
    kept = set(held)
    card = HeadCard(
        "paraphrase",
        Kind.CLASSIFICATION,
        Reads.PAIR,
        labels=("different", "paraphrase"),
        max_tokens=160,
        description="Whether two sentences of news say the same.",
        trained_on="nine tenths of 3,467 pairs of the Microsoft Research Paraphrase Corpus",
        published={"MiniLM (22 M)": "0.866 (GLUE MRPC)", "BERT-base": "0.873 (the same)"},
    )
    return Shipped(
        card,
        [one for one in rows if one not in kept],
        {"msrp held out": held},
        (4, 2, 2),
        1600,
        "MSRP: research only",
        "Sentences that share most of their words: it is unsure where names or numbers make the difference.",
    )


def _stance(data: Path) -> Shipped:
    folder = data / "fnc1"
    texts = {str(row["_id"]): row["text"] for row in _jsonl(folder / "queries.jsonl")}
    bodies = {str(row["_id"]): row["text"] for row in _jsonl(folder / "corpus.jsonl")}
    train: list[Example] = []
    dev: list[Example] = []
    unrelated = 0
    for line in (folder / "stances.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, body, stance = line.split("\t")
        if query not in texts or body not in bodies:
            continue
        if stance == "unrelated":
            unrelated += 1
            if unrelated % 9:
                continue  # three quarters of the pairs; a ninth of them is as many as one of the other labels
        held = zlib.crc32(body.encode()) % 100 < HELD_OUT_PERCENT
        (dev if held else train).append(Labelled((texts[query], " ".join(bodies[body].split()[:160])), stance))
    card = HeadCard(
        "stance",
        Kind.CLASSIFICATION,
        Reads.PAIR,
        labels=("agree", "disagree", "discuss", "unrelated"),
        max_tokens=192,
        truncation="second",
        description="What an article makes of a claim: the claim first, then the article.",
        trained_on="the pairs of FNC-1, without nine tenths of the articles' unrelated ones",
    )
    return Shipped(
        card,
        train[::2],
        {"fnc1, held-out articles": dev[::2]},
        (0.6, 0.4, 0.4),
        2048,
        "FNC-1: none stated, research use",
        "It has seen few articles that disagree and calls most related ones `discuss`.",
    )


def _similarity(data: Path) -> Shipped:
    train, dev = (_labelled(data / "stsb" / f"{split}.tsv", None, Kind.REGRESSION, Reads.PAIR) for split in ("train", "dev"))
    sick = _labelled(data / "sick" / "train.tsv", None, Kind.REGRESSION, Reads.PAIR)
    # SICK's relatedness is 1 to 5.
    moved = [replace(one, target=str((float(one.target) - 1) * 1.25)) for one in sick]
    others = [
        (one.texts[0], one.texts[1])
        for name in ("snli_dev", "msrp")
        for one in _labelled(data / name / "train.tsv", None, reads=Reads.PAIR)
    ]
    card = HeadCard(
        "similarity",
        Kind.REGRESSION,
        Reads.PAIR,
        lowest=0.0,
        highest=5.0,
        max_tokens=128,
        description="How alike two sentences are in meaning, 0 to 5.",
        trained_on="5,665 pairs of STS-B and 4,393 of SICK",
        published={"BERT-small": "Pearson 0.788 (test)", "BERT-base": "Spearman 0.858 (test)"},
    )
    return Shipped(
        card,
        [*train, *moved],
        {"stsb": dev},
        (4, 4, 4),
        800,
        "STS-B: CC BY-SA 4.0 for the scores; SICK: CC BY-NC-SA 3.0",
        "Single sentences; longer texts are compared better by their vectors.",
        lambda: rated_by(SentenceEncoder.load().encode_passages, train, [(one, other) for one, other in others], SEED),
    )


def _pos(data: Path) -> Shipped:
    sets = {
        name: {split: read_examples(data / name / f"{split}.conllu", Kind.TAGGING) for split in ("train", "dev")}
        for name in ("ud_ewt", "ud_gum")
    }
    train = [*sets["ud_ewt"]["train"], *sets["ud_gum"]["train"]]
    labels = labels_of(train)
    known = set(labels)
    dev = {name: [one for one in each["dev"] if isinstance(one, Sentence) and known.issuperset(one.tags)] for name, each in sets.items()}
    card = HeadCard(
        "pos",
        Kind.TAGGING,
        casing=True,
        labels=labels,
        max_tokens=160,
        description="Part of speech of every word, in the tags of the Penn Treebank.",
        trained_on="11,995 sentences of UD English EWT and 587 of GUM",
    )
    return Shipped(
        card,
        _some_in_small_letters(train),
        dict(dev),
        (2.5, 3, 1),
        800,
        "UD English EWT: CC BY-SA 4.0; GUM: CC BY-NC-SA 4.0",
        "Web text of around 2012 and a little Wikinews.",
    )


def _ner(data: Path) -> Shipped:
    wikiann = {split: read_examples(data / "wikiann_en" / f"{split}.conll", Kind.TAGGING) for split in ("train", "dev")}
    wnut = {split: _entity_types(read_examples(data / "wnut17" / f"{split}.conll", Kind.TAGGING)) for split in ("train", "dev")}
    train = [*wikiann["train"], *wnut["train"], *wnut["train"]]
    card = HeadCard(
        "ner",
        Kind.TAGGING,
        casing=True,
        labels=labels_of(train),
        max_tokens=160,
        description="Persons (PER), organisations (ORG), places (LOC) and other names (MISC).",
        trained_on="19,337 sentences of WikiANN and 3,394 of WNUT-17, its six types brought to these four",
        published={"multilingual BERT": "entity F1 0.852 (WikiANN English, XTREME)"},
    )
    return Shipped(
        card,
        _some_in_small_letters(train),
        {"wikiann_en": wikiann["dev"][:3000], "wnut17": wnut["dev"]},
        (4, 5, 3),
        1000,
        "WikiANN: none stated, text of Wikipedia (CC BY-SA); WNUT-17: CC BY 4.0",
        "WikiANN was labelled by machine from links, with lists among its sentences; some adjectives of nations pass for organisations.",
    )


def _some_in_small_letters(examples: Sequence[Example]) -> list[Example]:
    """Every tenth sentence without capitals, so that a text that has none is not taken to be without names."""
    return [
        replace(one, words=tuple(word.lower() for word in one.words)) if isinstance(one, Sentence) and place % 10 == 0 else one
        for place, one in enumerate(examples)
    ]


def _entity_types(examples: Sequence[Example]) -> list[Example]:
    def renamed(tag: str) -> str:
        begin, _, name = tag.partition("-")
        return f"{begin}-{_ENTITY_TYPES[name]}" if name else "O"  # one token of dev is tagged with a byte order mark

    return [replace(one, tags=tuple(renamed(tag) for tag in one.tags)) for one in examples if isinstance(one, Sentence)]


def _span(data: Path) -> Shipped:
    train: list[Question] = []
    dev: list[Example] = []
    for name in ("new_wiki", "reddit", "amazon"):
        for one in read_examples(data / "squadshifts" / f"{name}.json", Kind.SPAN):
            assert isinstance(one, Question)
            held = zlib.crc32(one.passage.encode()) % 100 < HELD_OUT_PERCENT
            (dev if held else train).append(one)
    train = [_near_answer(one, place) if place % 3 else one for place, one in enumerate(train)]
    train += [one for one in read_examples(data / "causal_news_corpus" / "train.json", Kind.SPAN) if isinstance(one, Question)]
    # A question on another passage has no answer: one in ten, so that the head learns to say so.
    for place in range(0, len(train) - 1000, 10):
        train.append(Question(train[place].question, train[place + 1000].passage, ()))
    card = HeadCard(
        "answer",
        Kind.SPAN,
        Reads.PAIR,
        max_tokens=256,
        truncation="second",
        description="The words of a passage that answer a question, or that there are none.",
        trained_on="nine tenths (by passage) of SquadShifts (Wikipedia, Reddit, Amazon reviews) and the Causal News Corpus",
        published={"DistilBERT": "F1 0.869 (SQuAD v1.1)", "BERT-base": "F1 0.885 (the same)"},
    )
    return Shipped(
        card,
        train,
        {"squadshifts, held-out passages": dev},
        (1.3, 1.8, 1.6),
        2048,
        "SquadShifts: none stated, research use; Causal News Corpus: CC0 1.0",
        "Questions that were written with the passage in view; an answer is a span of at most 30 tokens, never a yes or no.",
    )


def _near_answer(example: Question, seed: int, length: int = 500) -> Question:
    """The example with a part of its passage, about 500 characters about the answer: it is read in half of the time."""
    start, end = example.answers[0]
    first = max(0, start - random.Random(seed).randrange(max(1, length - (end - start))))
    first = example.passage.rfind(" ", 0, first) + 1 if first else 0
    passage = example.passage[
        first : example.passage.find(" ", max(end, first + length)) if len(example.passage) > first + length else None
    ]
    return Question(example.question, passage, ((start - first, end - first),))


def _choice(data: Path) -> Shipped:
    train, dev = (read_examples(data / "mcqa" / f"{split}.jsonl", Kind.CHOICE) for split in ("train", "dev"))
    card = HeadCard(
        "choice",
        Kind.CHOICE,
        Reads.PAIR,
        max_tokens=96,
        description="Which of several answers to a question on a passage is right.",
        trained_on="3,246 questions with four options on OANC passages",
        published={"chance": "accuracy 0.25"},
    )
    return Shipped(
        card,
        train,
        {"mcqa": dev},
        (0.5, 0.2, 3),
        2048,
        "OANC multiple choice: CC BY 4.0",
        "Little better than chance on hard questions: reading comprehension needs a larger body.",
    )


def _tone(data: Path) -> Shipped:
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
    for row in _jsonl(path):
        tones.setdefault(row["text"], set()).add(row["label"])
    return [Labelled((text,), *labels) for text, labels in tones.items() if len(labels) == 1]


def _masks(data: Path) -> Shipped:
    train, dev = (
        [Plain(row["text"]) for row in [*_jsonl(data / "ag_news" / f"{split}.jsonl"), *articles]]
        for split, articles in zip(("train", "dev"), _parted(_jsonl(data / "reuters21578" / "corpus.jsonl")[::3]), strict=True)
    )
    card = HeadCard(
        "mask",
        Kind.MASK,
        max_tokens=128,
        description="The words that may stand for [MASK] in English news.",
        trained_on="the descriptions of AG News and a third of the articles of Reuters-21578, each to its 128th token",
    )
    return Shipped(
        card,
        train,
        {"ag_news and reuters21578": dev[::4]},
        (0.7, 0.1, 0.1),
        2048,
        "AG News: research and other non-commercial use; Reuters-21578: research only",
        "A weak language model: its body was made for comparing sentences and its word embeddings are not tuned.",
    )


def _parted(rows: Sequence[dict[str, str]]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    held = [zlib.crc32(row["text"].encode()) % 100 < HELD_OUT_PERCENT for row in rows]
    return [row for row, out in zip(rows, held, strict=True) if not out], [row for row, out in zip(rows, held, strict=True) if out]


def _jsonl(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


_HEADS: Mapping[str, Callable[[Path], Shipped]] = {
    "sentiment": _sentiment,
    "acceptability": _acceptability,
    "topic": _topic,
    "nli": _nli,
    "paraphrase": _paraphrase,
    "stance": _stance,
    "similarity": _similarity,
    "pos": _pos,
    "ner": _ner,
    "answer": _span,
    "choice": _choice,
    "tone": _tone,
    "mask": _masks,
}
