"""The second round of the reranker that comes with Broadsheet, from raw data to the files of the package.

    python -m indexer.training.shipped_reranker --data DIR --start FOLDER [--work DIR] [--out DIR]

DIR holds one folder per data set, and FOLDER the weights of the first round: docs/reranker.md says how to get both. `--work`
keeps vectors and checkpoints, so that an interrupted run goes on; `--out` is where the weights go. A tenth of the training
queries is held out from training: the meaning of a logit and its weight in the final order are fitted on it.
"""

import argparse
import random
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from indexer.training import sources
from indexer.training.calibration import JudgedList, calibrate, fit_combination
from indexer.training.checkpoint import Checkpoint
from indexer.training.cross_encoder import Group, Recipe, predict, train
from indexer.training.first_stage import Bm25, Passages
from indexer.training.groups import DEFAULT_RULE, DEFAULT_SHAPE, Collection, GroupShape, gather_evidence, make_groups
from indexer.training.mining import MiningRule
from indexer.training.pair_model import base_fingerprint, load_base
from indexer.training.progress import TrainingProgress
from indexer.training.run_key import run_key
from indexer.training.sources import Document, LabelledQuery, LabelledSet
from search.models.bundled import bundled_encoder_folder
from search.models.delta import save_delta
from search.models.encoder import SentenceEncoder
from search.settings import BASE_ENCODER

Vectors = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

SEED = 17
HELD_OUT_PERCENT = 10
RECIPE = Recipe(
    SEED,
    groups_per_step=8,
    steps=810,
    learning_rate=6e-5,
    warm_up_steps=40,
    cool_down_steps=390,
    binary_weight=0.5,
    prior_weight=10.0,
)
"""What the shipped weights were made with."""
DEPTH = 32
"""First-stage candidates per held-out query that the weights are fitted on: twice as many as a search reranks."""
NOTHING_RELEVANT = MiningRule(from_near=2, from_far=0, at_random=1)
LEXICAL_ONLY = MiningRule(from_near=4, from_far=1, at_random=1, twin_similarity=np.inf, sibling_similarity=np.inf)


@dataclass(frozen=True)
class Source:
    """Queries of one kind: at most `count` groups of them are trained on. Without `documents`, on those of the news."""

    name: str
    queries: Sequence[LabelledQuery]
    count: int
    shape: GroupShape = DEFAULT_SHAPE
    rule: MiningRule = DEFAULT_RULE
    documents: tuple[Document, ...] | None = None


@dataclass(frozen=True)
class Plan:
    """What is trained on, what is held out, and which news articles no group may show."""

    sources: tuple[Source, ...]
    held_out: dict[str, tuple[LabelledQuery, ...]]
    forbidden: frozenset[int]


def build(data: Path, work: Path, out: Path, start: str, recipe: Recipe) -> None:
    """Reads, mines, trains, calibrates and writes the package data."""
    rng = random.Random(SEED)
    encode = keeping(work / "vectors", SentenceEncoder.load().encode_passages)
    documents = sources.read_documents(data / "newsqueries")
    passages = Passages.from_documents(documents)
    news = Collection(passages, encode(passages.texts()), Bm25(documents))
    plan = make_plan(data, documents, rng)
    groups = training_groups(plan, news, encode, rng)
    model, tokenizer = load_base(start, recipe.seed, recipe.frozen_layers)
    checkpoint = Checkpoint(work / "checkpoint", run_key(base_fingerprint(start), recipe))
    with TrainingProgress(Console(stderr=True)) as progress:
        progress.stage("Training")
        train(model, tokenizer, groups, recipe, checkpoint=checkpoint, on_step=progress.step)
    held_out = judge(plan, news, encode, model, tokenizer, recipe)
    save(model, groups, held_out, recipe, out)


def make_plan(data: Path, documents: tuple[Document, ...], rng: random.Random) -> Plan:
    """Which queries are for what. Held-out queries share no relevant article, and no story, with trained ones."""
    rows = {document.key: row for row, document in enumerate(documents)}
    relevant_elsewhere = _rows(rows, sources.reserved_articles(data, lowest_grade=1))
    judged_elsewhere = _rows(rows, sources.reserved_articles(data, lowest_grade=0))

    graded = sources.newsqueries_graded(data, documents)
    held_graded = tuple(query for query in graded if _is_held_out(query.text))
    held_rows = {row for query in held_graded for row, value in query.relevance.items() if value >= 0.75}

    headlines = sources.fnc1_headlines(data, documents)
    held_headlines = tuple(query for query in headlines if _is_held_out(min(documents[row].key for row in query.relevance)))
    held_rows |= {row for query in held_headlines for row in query.relevance}

    known = [query for query in sources.newsqueries_known_item(data, documents) if not query.relevance.keys() & relevant_elsewhere]
    held_known = tuple(
        query for query in known if query.relevance.keys() & held_rows or any(_is_held_out(documents[row].key) for row in query.relevance)
    )
    held_rows |= {row for query in held_known for row in query.relevance}

    leads = sources.fnc1_leads(data, documents, len(documents), rng)
    untouched = [
        row
        for row, document in enumerate(documents)
        if row not in judged_elsewhere and row not in held_rows and not document.key.startswith(("fnc1:", "masakhanews:dev-"))
    ]
    trained_known = [query for query in known if not query.relevance.keys() & held_rows]
    questions = _question_answering(data)
    trained_graded = [query for query in graded if query not in held_graded]
    trained_headlines = [query for query in headlines if query not in held_headlines]
    trained_leads = [query for query in leads if not (query.relevance.keys() | query.hidden) & held_rows]
    # Where the first stage is sure already there is little to learn: of the many known items only the doubtful are taken.
    graded_shape, hard = GroupShape(size=12), GroupShape(size=8, doubtful=0.8, swapped=0.25)
    story, short = GroupShape(positives=2, swapped=0.25), GroupShape(size=4)
    many, few = MiningRule(near=12, from_near=6), MiningRule(from_near=3)
    return Plan(
        sources=(
            Source("graded", trained_graded, 726, graded_shape),
            Source("graded again", trained_graded, 726, graded_shape),
            Source("known item", trained_known, 2600, hard, many),
            Source("post", sources.posts(trained_known, 1600, rng), 600, replace(hard, doubtful=0.95), many),
            Source("headline to story", trained_headlines, 800, story),
            Source("lead to story", trained_leads, 200, short, few),
            Source("headline to body", sources.headlines(documents, untouched, 300, rng), 300, short, few),
            Source("nonsense", _nonsense(trained_known, 100, rng), 100, GroupShape(size=3), NOTHING_RELEVANT),
            Source("off topic", _off_topic(questions, 100, rng), 100, GroupShape(size=3), NOTHING_RELEVANT),
            *(
                Source(each.name, each.queries, count, GroupShape(size=5, positive_within=10), LEXICAL_ONLY, each.documents)
                for each, count in questions
            ),
        ),
        held_out={
            "graded": held_graded,
            "headline to story": tuple(rng.sample(held_headlines, min(60, len(held_headlines)))),
            "known item": tuple(rng.sample(held_known, min(120, len(held_known)))),
        },
        forbidden=relevant_elsewhere | held_rows,
    )


def save(model: PreTrainedModel, groups: Sequence[Group], held_out: dict[str, list[JudgedList]], recipe: Recipe, out: Path) -> None:
    """Fits calibration and weights on the held-out lists and writes everything that a search needs."""
    slope, intercept = calibrate(held_out)
    weights = fit_combination(held_out, slope, intercept)
    fields = {
        "base": BASE_ENCODER,
        "max_length": recipe.max_tokens,
        "calibration": {"a": slope, "b": intercept},
        "combination": asdict(weights),
        "recipe": asdict(recipe),
        "groups": len(groups),
        "pairs": sum(len(group.passages) for group in groups),
    }
    save_delta(model, bundled_encoder_folder(), out, fields)


def training_groups(plan: Plan, news: Collection, encode: Encode, rng: random.Random) -> list[Group]:
    """The plan's queries with their mined passages."""
    groups: list[Group] = []
    for position, source in enumerate(plan.sources):
        # Only some questions have an answer that BM25 finds, and only some are doubtful, so more are tried than are needed.
        tried = rng.sample(
            source.queries, min(len(source.queries), source.count * (3 if source.documents or source.shape.doubtful < 1 else 1))
        )
        if source.documents:
            collection, vectors = Collection.lexical(source.documents), np.zeros((len(tried), 1), np.float32)
        else:
            collection, vectors = news, encode([query.text for query in tried])
        made = make_groups(
            collection,
            tried,
            vectors,
            forbidden=frozenset() if source.documents else plan.forbidden,
            rule=source.rule,
            shape=source.shape,
            seed=SEED + position,
        )
        groups += made[: source.count]
    return groups


def judge(
    plan: Plan,
    news: Collection,
    encode: Encode,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    recipe: Recipe,
    depth: int = DEPTH,
) -> dict[str, list[JudgedList]]:
    """The held-out queries' candidates with first-stage evidence, logits and labels."""
    judged: dict[str, list[JudgedList]] = {}
    for name, queries in plan.held_out.items():
        vectors = encode([query.text for query in queries])
        judged[name] = []
        for query, vector in zip(queries, vectors, strict=True):
            (evidence,) = gather_evidence(news, [query.text], vector[None])
            rows = np.argsort(-evidence.fused, kind="stable")[:depth]
            pairs = [(query.text, news.passages.text(int(evidence.passage[row]))) for row in rows]
            gains = np.array([query.relevance.get(int(row), 0.0) for row in rows], np.float32)
            logits = predict(model, tokenizer, pairs, recipe)
            judged[name].append(JudgedList(evidence.fused[rows], logits, gains, tuple(query.relevance.values())))
    return judged


def _question_answering(data: Path) -> list[tuple[LabelledSet, int]]:
    return [
        (sources.squad_paragraphs(data / "squadshifts" / "new_wiki.json"), 1200),
        (sources.squad_paragraphs(data / "squadshifts" / "reddit.json"), 300),
        (sources.squad_paragraphs(data / "squadshifts" / "amazon.json"), 300),
        (sources.squad_sentences(data), 3000),
        (sources.reading_comprehension(data), 300),
        (sources.causal_news(data), 200),
        (sources.paraphrases(data), 200),
    ]


def _nonsense(known: Sequence[LabelledQuery], count: int, rng: random.Random) -> list[LabelledQuery]:
    vocabulary = sorted({word for query in known for word in query.text.split()})
    return [LabelledQuery(text, {}) for text in sources.nonsense_queries(count, vocabulary, rng)]


def _off_topic(questions: Sequence[tuple[LabelledSet, int]], count: int, rng: random.Random) -> list[LabelledQuery]:
    """Questions about products and private matters, which no news article answers."""
    asked = [query for each, _ in questions if each.name in ("reddit", "amazon") for query in each.queries]
    return [LabelledQuery(query.text, {}) for query in rng.sample(asked, count)]


def _rows(rows: dict[str, int], keys: frozenset[str]) -> frozenset[int]:
    return frozenset(rows[key] for key in keys if key in rows)


def _is_held_out(key: str) -> bool:
    return zlib.crc32(key.encode()) % 100 < HELD_OUT_PERCENT


def keeping(folder: Path, encode: Encode) -> Encode:
    """The same function, keeping what it answered for long lists of texts in files named by their checksum."""

    def encode_or_load(texts: Sequence[str]) -> Vectors:
        path = folder / f"{len(texts)}-{zlib.crc32(chr(0).join(texts).encode()):08x}.npy"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            np.save(path, encode(texts))
        vectors: Vectors = np.load(path)
        return vectors

    return encode_or_load


def main() -> None:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description="Train the second round of the reranker that comes with Broadsheet.")
    parser.add_argument("--data", type=Path, required=True, help="folder with newsqueries, fnc1, squad_qg, …")
    parser.add_argument("--start", required=True, help="weights to go on from: those of the first round, or the base encoder")
    parser.add_argument("--work", type=Path, default=Path("build/reranker"), help="folder for vectors and checkpoints")
    parser.add_argument("--out", type=Path, default=Path("build/reranker/weights"), help="folder for the weights")
    parser.add_argument("--steps", type=int, default=RECIPE.steps, help="stop after so many steps")
    arguments = parser.parse_args()
    build(arguments.data, arguments.work, arguments.out, arguments.start, replace(RECIPE, steps=arguments.steps))


if __name__ == "__main__":
    main()
