"""The tuned encoder that comes with Broadsheet, from raw data to the files in the package.

    python -m indexer.training.shipped_encoder --data DIR [--work DIR] [--out DIR]

DIR holds one folder per data set, as described in docs/training.md. `--work` keeps vectors and checkpoints, so that an
interrupted run goes on; `--out` is where the weights go. The queries that the reranker's script holds out are held out
here, too, and nothing is trained on that a measuring split judges relevant.
"""

import argparse
import csv
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer

from indexer.training import sources
from indexer.training.bi_encoder import Example, Material, Pool, Recipe, open_base, train
from indexer.training.checkpoint import Checkpoint
from indexer.training.first_stage import Bm25, Passages
from indexer.training.groups import Collection
from indexer.training.made_queries import QueryMaker
from indexer.training.made_queries import Recipe as QueryRecipe
from indexer.training.negatives import Mining, bank_of, make_examples, pool_of
from indexer.training.objective import Objective
from indexer.training.progress import TrainingProgress
from indexer.training.shipped_reranker import keeping, make_plan
from indexer.training.sources import Document, LabelledQuery, LabelledSet
from search.models.bundled import bundled_encoder_folder
from search.models.delta import save_delta
from search.models.encoder import SentenceEncoder
from search.settings import BASE_ENCODER

Vectors = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

SEED = 17
RECIPE = Recipe(
    Objective(in_batch=1.0, distilled=1.0), SEED, queries_per_step=64, steps=300, max_tokens=112, frozen_layers=2, learning_rate=5e-5
)
SHARE = 0.6
"""How far the weights go from the base towards the trained ones (Wortsman et al. 2022, WiSE-FT)."""
MINING = Mining(candidates=32)


@dataclass(frozen=True)
class Part:
    """Examples over a collection."""

    name: str
    examples: Sequence[Example]
    collection: Collection


def build(data: Path, work: Path, out: Path, recipe: Recipe) -> None:
    """Reads, mines, trains and writes the package data."""
    encode = keeping(work / "vectors", SentenceEncoder.load(BASE_ENCODER).encode_passages)
    material = mix(collect(data, encode))
    model = open_base(str(bundled_encoder_folder()), recipe)
    with TrainingProgress(Console(stderr=True)) as progress:
        progress.stage("Training")
        train(model, material, recipe, Checkpoint(work / "checkpoint", repr(recipe)), on_step=progress.step)
    save(model, SHARE, out, {"examples": len(material.examples), "recipe": asdict(recipe)})


def save(model: SentenceTransformer, share: float, out: Path, fields: dict[str, object]) -> None:
    """Writes the difference between the base and the point so far from it towards the tuned model, and moves the model there."""
    base = bundled_encoder_folder()
    bert: Any = model[0].model
    untuned = load_file(base / "model.safetensors")
    with torch.no_grad():
        for name, tensor in bert.state_dict().items():
            if name in untuned and tensor.is_floating_point():
                tensor.copy_(torch.lerp(untuned[name].float(), tensor, share))
    save_delta(bert, base, out, {"model_type": "bert", "base": BASE_ENCODER, "share": share, **fields})


def collect(data: Path, encode: Encode) -> Iterator[Part]:
    """All that is trained on, mined with the base model."""
    rng = random.Random(SEED)
    documents = sources.read_documents(data / "newsqueries")
    plan = make_plan(data, documents, rng)
    queries = {source.name: source.queries for source in plan.sources}
    for_measuring = {row for row, document in enumerate(documents) if document.key.startswith("masakhanews:dev-")}
    forbidden = plan.forbidden | for_measuring
    passages = Passages.from_documents(documents)
    news = Collection(passages, encode(passages.texts()), Bm25(documents))
    kinds = {
        "known item": (queries["known item"], MINING),
        "graded": (queries["graded"], replace(MINING, positives=3)),
        "headline to story": (queries["headline to story"], replace(MINING, positives=2)),
        "lead to story": (queries["lead to story"], MINING),
        **{kind: (made, MINING) for kind, made in made_queries(documents, forbidden, rng).items()},
    }
    examples: list[Example] = []
    for asked, mining in kinds.values():
        examples += make_examples(news, asked, encode([query.text for query in asked]), mining, forbidden=forbidden, seed=SEED)
    yield Part("news", examples, news)
    for labelled, count in other_sets(data):
        own = Passages.from_documents(labelled.documents)
        collection = Collection(own, encode(own.texts()), Bm25(labelled.documents))
        asked = rng.sample(labelled.queries, min(count, len(labelled.queries)))
        yield Part(labelled.name, make_examples(collection, asked, encode([query.text for query in asked]), MINING, seed=SEED), collection)


def mix(parts: Iterable[Part]) -> Material:
    """Several collections as one: passages, vectors and articles are numbered through."""
    examples: list[Example] = []
    texts: list[str] = []
    articles: list[npt.NDArray[np.int64]] = []
    untitled: list[npt.NDArray[np.bool_]] = []
    bank: list[Vectors] = []
    articles_before = 0
    for part in parts:
        pool = pool_of(part.collection)
        examples += [_moved(example, len(texts), articles_before) for example in part.examples]
        texts += pool.texts
        articles.append(pool.article + articles_before)
        untitled.append(pool.untitled)
        bank.append(bank_of(part.collection))
        articles_before += int(pool.article.max()) + 1
    return Material(examples, Pool(tuple(texts), np.concatenate(articles), np.concatenate(untitled)), np.concatenate(bank))


def made_queries(documents: Sequence[Document], forbidden: frozenset[int], rng: random.Random) -> dict[str, list[LabelledQuery]]:
    """Keywords, crops and questions made from the articles' own text, 2,500 of each."""
    maker = QueryMaker(documents, QueryRecipe(headlines=False))
    made: dict[str, list[LabelledQuery]] = {}
    for row, document in enumerate(documents):
        if row not in forbidden:
            for query in maker.queries(document):
                made.setdefault(query.kind, []).append(LabelledQuery(query.text, {row: 1.0}))
    return {kind: rng.sample(queries, min(2500, len(queries))) for kind, queries in made.items()}


def other_sets(data: Path) -> list[tuple[LabelledSet, int]]:
    """Questions and claims for sentences and paragraphs that are not (all) news, and how many of them."""
    return [
        (sources.squad_sentences(data), 8000),
        (sources.squad_paragraphs(data / "squadshifts" / "new_wiki.json"), 2500),
        (sources.causal_news(data), 1000),
        (claims(data / "rte" / "train.tsv", "hypothesis", "premise", "entailment"), 1000),
        (claims(data / "msrp" / "train.tsv", "sentence1", "sentence2", "1"), 2500),
    ]


def claims(path: Path, query: str, text: str, label: str) -> LabelledSet:
    """Sentences for the text that entails or repeats them; the other texts are there to be told apart."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    place: dict[str, int] = {}
    for row in rows:
        place.setdefault(row[text].strip(), len(place))
    relevance: dict[str, dict[int, float]] = {}
    for row in rows:
        if row["label"] == label:
            relevance.setdefault(row[query].strip(), {})[place[row[text].strip()]] = 1.0
    return LabelledSet(
        path.parent.name,
        tuple(Document(str(number), "", each) for each, number in place.items()),
        tuple(LabelledQuery(each, judged) for each, judged in relevance.items()),
    )


def _moved(example: Example, passages: int, articles: int) -> Example:
    return replace(
        example,
        positive=example.positive + passages,
        relevant=frozenset(row + articles for row in example.relevant),
        negatives=tuple(row + passages for row in example.negatives),
        candidates=tuple(row + passages for row in example.candidates),
    )


def main() -> None:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description="Train the encoder that comes with Broadsheet.")
    parser.add_argument("--data", type=Path, required=True, help="folder with newsqueries, fnc1, squad_qg, …")
    parser.add_argument("--work", type=Path, default=Path("build/encoder"), help="folder for vectors and checkpoints")
    parser.add_argument("--out", type=Path, default=Path("build/encoder/weights"), help="folder for the weights")
    parser.add_argument("--steps", type=int, default=None, help="so many steps instead of all")
    arguments = parser.parse_args()
    recipe = replace(RECIPE, steps=arguments.steps or RECIPE.steps)
    build(arguments.data, arguments.work, arguments.out, recipe)


if __name__ == "__main__":
    main()
