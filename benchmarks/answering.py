"""Answers from an archive that must be searched for the passage: how many are right, and how long reading takes.

    python -m benchmarks.answering SQUAD.json... [--heads DIR] [--paragraphs N] [--questions N] [--json]

The files are in the format of SQuAD. Articles are N successive paragraphs of a page (4 are as long as news; with 1 each paragraph is
one). Asked are the questions on paragraphs that the shipped head was not trained on (crc32 of the paragraph modulo 100 below 10), and
each a second time with its article left out, where the right answer is that there is none. A question whose words are about no
article in particular ("where was he born?") cannot be found by anybody; they are not taken out. ``--heads`` are heads in place of
the shipped ones.
"""

import argparse
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from indexer.indexing import Cutting, Indexer
from indexer.publication import publish
from indexer.readers.record import Place, Record
from indexer.training.heads.measures import answer_f1, normal_answer
from search.assemble import load_encoder, open_data, open_engine
from search.engine import SearchEngine
from search.heads.catalogue import BUNDLED, Heads
from search.heads.features import Embedder
from search.heads.predictor import Predictor
from search.query import Filters, Names, Query
from search.question_answering import SUPPORTED, Finding, find_answers
from search.settings import Settings
from search.store import Identity

HELD_OUT_PERCENT = 10
TOP = 3
_SEED = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the article that has its answer, and the accepted answers."""

    question: str
    article: str
    accepted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found with the article, and without it; the seconds are those of the first."""

    asked: Asked
    found: tuple[Finding, ...]
    without: tuple[Finding, ...]
    search_seconds: float
    read_seconds: float


def main() -> None:
    """Prints shares (0..1) and milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", help="questions and paragraphs in the format of SQuAD")
    parser.add_argument("--heads", type=Path, help="folder of heads in place of the shipped ones")
    parser.add_argument("--paragraphs", type=int, default=4, help="of an article")
    parser.add_argument("--questions", type=int, default=200, help="how many to ask, drawn at random")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    articles, questions = read(arguments.files, arguments.paragraphs)
    drawn = Random(_SEED).sample(questions, min(arguments.questions, len(questions)))
    with TemporaryDirectory() as folder:
        engine = index(articles, Path(folder))
        predictor = Predictor(Heads([arguments.heads or BUNDLED]), _no_embedder)
        figures = {"articles": float(len(articles)), **measure([ask(one, engine, predictor) for one in drawn])}
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"  {name.replace('_', ' '):42} {value:12,.3f}")


def read(files: Sequence[Path], paragraphs: int) -> tuple[dict[str, str], list[Asked]]:
    """The text of each article by its key, and the questions on paragraphs that are held out."""
    articles: dict[str, str] = {}
    questions: list[Asked] = []
    for file in files:
        for page in json.loads(file.read_text("utf-8"))["data"]:
            for first in range(0, len(page["paragraphs"]), paragraphs):
                part = page["paragraphs"][first : first + paragraphs]
                key = f"{file.stem}/{page['title']}/{first}"
                articles[key] = "\n".join(paragraph["context"] for paragraph in part)
                questions += [
                    Asked(question["question"], key, tuple(answer["text"] for answer in question["answers"]))
                    for paragraph in part
                    if zlib.crc32(paragraph["context"].encode()) % 100 < HELD_OUT_PERCENT
                    for question in paragraph["qas"]
                ]
    return articles, questions


def index(articles: dict[str, str], data: Path) -> SearchEngine:
    """An engine over the articles; the source of each is its key, so that it can be left out."""
    settings = Settings(data=data)
    encoder = load_encoder(settings)
    cutting = Cutting(settings.passage_words, settings.passage_step)
    records = [
        Record(Place("squad", place), {"id": key, "text": text, "source": key}) for place, (key, text) in enumerate(articles.items(), 1)
    ]
    with open_data(settings) as archive:
        archive.claim(Identity(encoder.fingerprint, encoder.dimension, cutting.words, cutting.step))
        for _ in Indexer(archive, encoder, cutting, print).run(records, datetime.now(UTC)):
            pass
        publish(archive, data)
    return open_engine(settings)


def ask(asked: Asked, engine: SearchEngine, predictor: Predictor) -> Outcome:
    """The question with and without its article; all answers, whatever supports them."""
    query = Query(asked.question, top_k=TOP, plain=True)
    left_out = replace(query, filters=Filters(without=Names(sources=(asked.article,))))
    (found,) = find_answers([query], engine, predictor.answer, supported=0.0)
    (without,) = find_answers([left_out], engine, predictor.answer, supported=0.0)
    return Outcome(asked, found.findings, without.findings, found.search_seconds, found.read_seconds)


def measure(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """All figures by name. An answer that is not shown for want of support is wrong where there is one, and right where there is none."""
    best = [_supported(one.found) for one in outcomes]
    exact = [_exact(one.asked, answer) for one, answer in zip(outcomes, best, strict=True)]
    figures = {
        "questions": float(len(outcomes)),
        "answered": _mean([answer is not None for answer in best]),
        "exact_match": _mean(exact),
        "f1": _mean([_f1(one.asked, answer) for one, answer in zip(outcomes, best, strict=True)]),
        "exact_match_of_those_answered": _mean([right for right, answer in zip(exact, best, strict=True) if answer]),
        f"exact_match_within_{TOP}": _mean(
            [any(_exact(one.asked, answer) for answer in one.found if answer.support >= SUPPORTED) for one in outcomes]
        ),
        "exact_match_whatever_the_support": _mean([_exact(one.asked, next(iter(one.found), None)) for one in outcomes]),
        "none_said_without_the_article": _mean([_supported(one.without) is None for one in outcomes]),
        "best_support_to_ask_for": best_threshold(outcomes),
    }
    for name, taken in (("search", [one.search_seconds for one in outcomes]), ("read", [one.read_seconds for one in outcomes])):
        figures |= {f"{name}_p{percent}_ms": 1000 * float(np.percentile(taken, percent)) for percent in (50, 95)}
    return figures


def best_threshold(outcomes: Sequence[Outcome]) -> float:
    """The support from which answers should be shown: with it most of both, with and without the article, come out right."""

    def right(threshold: float) -> float:
        with_it = _mean([_f1(one.asked, _supported(one.found, threshold)) for one in outcomes])
        return with_it + _mean([_supported(one.without, threshold) is None for one in outcomes])

    return max((round(step * 0.02, 2) for step in range(51)), key=right)


def _supported(findings: Sequence[Finding], threshold: float = SUPPORTED) -> Finding | None:
    return findings[0] if findings and findings[0].support >= threshold else None


def _exact(asked: Asked, finding: Finding | None) -> bool:
    return finding is not None and any(normal_answer(one) == normal_answer(finding.text) for one in asked.accepted)


def _f1(asked: Asked, finding: Finding | None) -> float:
    return max(answer_f1(one, finding.text) for one in asked.accepted) if finding else 0.0


def _mean(values: Sequence[float | bool]) -> float:
    return float(np.mean(values)) if values else 0.0


def _no_embedder() -> Embedder:
    raise AssertionError("no vectors are asked for")


if __name__ == "__main__":
    main()
