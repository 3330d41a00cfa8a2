"""Heads that read two texts: inference, paraphrase, stance, similarity."""

from dataclasses import replace
from pathlib import Path

from indexer.training.heads.examples import Example, Labelled, read_examples
from indexer.training.heads.shipped.head import SEED, Shipped, is_held_out, labelled, read_jsonl
from indexer.training.heads.silver import rated_by
from search.heads.card import HeadCard, Kind, Reads
from search.models.encoder import SentenceEncoder


def nli(data: Path) -> Shipped:
    snli = read_examples(data / "snli_dev" / "train.tsv", Kind.CLASSIFICATION, Reads.PAIR)
    held = [one for one in snli if isinstance(one, Labelled) and is_held_out(one.texts[0])]
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


def paraphrase(data: Path) -> Shipped:
    names = {"0": "different", "1": "paraphrase"}
    rows = labelled(data / "msrp" / "train.tsv", names, reads=Reads.PAIR)
    held = [one for one in rows if is_held_out(one.texts[0])]
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


def stance(data: Path) -> Shipped:
    folder = data / "fnc1"
    texts = {str(row["_id"]): row["text"] for row in read_jsonl(folder / "queries.jsonl")}
    bodies = {str(row["_id"]): row["text"] for row in read_jsonl(folder / "corpus.jsonl")}
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
        held = is_held_out(body)
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


def similarity(data: Path) -> Shipped:
    train, dev = (labelled(data / "stsb" / f"{split}.tsv", None, Kind.REGRESSION, Reads.PAIR) for split in ("train", "dev"))
    sick = labelled(data / "sick" / "train.tsv", None, Kind.REGRESSION, Reads.PAIR)
    # SICK's relatedness is 1 to 5.
    moved = [replace(one, target=str((float(one.target) - 1) * 1.25)) for one in sick]
    others = [
        (one.texts[0], one.texts[1]) for name in ("snli_dev", "msrp") for one in labelled(data / name / "train.tsv", None, reads=Reads.PAIR)
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
