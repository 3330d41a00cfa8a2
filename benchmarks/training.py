"""What each kind of negatives brings: the same bi-encoder, trained on the same queries, measured on data not trained on.

    python -m benchmarks.training --data DIR --variant in-batch-32 [--work DIR] [--json]

DIR holds newsqueries, clef2020 and trecqa. Every variant sees the same 1,500 known-item queries of newsqueries once; what
differs is what their positives are told apart from. `--work` keeps the base model's vectors between variants. nDCG@10 is
that of dense search over a few hundred articles, the judged ones of the queries among them.
"""

import argparse
import json
import random
import resource
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from indexer.training import sources
from indexer.training.bi_encoder import Material, Recipe, StepReport, open_base, train
from indexer.training.checkpoint import Checkpoint
from indexer.training.encoder_tuning import Miner, Trial, served
from indexer.training.labelled import read_folder
from indexer.training.negatives import Mining
from indexer.training.objective import Objective
from indexer.training.progress import TrainingProgress
from indexer.training.shipped_reranker import keeping, make_plan
from indexer.training.sources import LabelledSet
from search.models.bundled import bundled_encoder_folder
from search.models.encoder import SentenceEncoder
from search.protocols import Encoder
from search.settings import BASE_ENCODER

QUERIES, SEED = 1500, 17
BASE = Recipe(seed=SEED, queries_per_step=32, max_tokens=80, frozen_layers=2, learning_rate=5e-5)
VARIANTS: Mapping[str, Recipe | None] = {
    "none": None,
    **{f"sampled-{count}": replace(BASE, objective=Objective(sampled=1.0), noise=count) for count in (1, 5, 20)},
    "in-batch-32": replace(BASE, objective=Objective(in_batch=1.0), negatives=0),
    "in-batch-256": replace(BASE, objective=Objective(in_batch=1.0), negatives=0, queries_per_step=256, cached=True, learning_rate=1.5e-4),
    "hard": replace(BASE, objective=Objective(in_batch=1.0), negatives=1),
    "hard-corpus": replace(BASE, objective=Objective(in_batch=1.0, corpus=1.0), negatives=1),
    "hard-distilled": replace(BASE, objective=Objective(in_batch=1.0, distilled=1.0), negatives=1),
}
SETS = (  # folder, split, queries, articles
    ("newsqueries", "dev", 60, 600),
    ("newsqueries", "dev_known_item", 100, 300),
    ("clef2020", "train", 200, 1500),
    ("trecqa", "dev", 100, 1500),
)


class Kept:
    """An encoder whose passages' vectors are kept in files."""

    def __init__(self, encoder: SentenceEncoder, folder: Path) -> None:
        self.fingerprint, self.dimension = encoder.fingerprint, encoder.dimension
        self.encode_queries = encoder.encode_queries
        self.encode_passages = keeping(folder, encoder.encode_passages)


def main() -> None:
    """Trains one variant and prints what it reaches, as a row of a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--variant", choices=[*VARIANTS], required=True)
    parser.add_argument("--work", type=Path, default=Path("build/ablation"), help="folder for vectors")
    parser.add_argument("--queries", type=int, default=QUERIES, help="queries to train on")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the row")
    arguments = parser.parse_args()
    result = run(arguments.data, VARIANTS[arguments.variant], arguments.work, arguments.queries)
    if arguments.json:
        print(json.dumps({"variant": arguments.variant, **result}))
    else:
        print(f"| {arguments.variant} |", " | ".join(f"{value:.4g}" for value in result.values()), "|")


def run(data: Path, recipe: Recipe | None, work: Path, queries: int) -> dict[str, float]:
    """nDCG@10 per set after training; examples, seconds of training and peak memory with it."""
    base = SentenceEncoder.load(BASE_ENCODER)
    if recipe is None:
        return measured(data, base)
    material, shown = material_for(data, recipe, Kept(base, work / "vectors"), queries)
    model = open_base(str(bundled_encoder_folder()), recipe)
    losses: list[float] = []

    def hear(report: StepReport) -> None:
        losses.append(report.loss or 0.0)

    with TemporaryDirectory() as folder:
        began, busy = time.monotonic(), time.process_time()
        train(model, material, recipe, Checkpoint(Path(folder), every=10_000), on_step=hear)
        spent = {"seconds": time.monotonic() - began, "cpu_seconds": time.process_time() - busy}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        tuned = served(model, Path(folder))
        return {**measured(data, tuned), "examples": float(shown), "steps": float(len(losses)), **spent, "peak_mb": peak}


def material_for(data: Path, recipe: Recipe, encoder: Encoder, queries: int) -> tuple[Material, int]:
    """The examples of a variant, and how many are shown in all passes."""
    documents = sources.read_documents(data / "newsqueries")
    plan = make_plan(data, documents, random.Random(SEED))
    known = next(source.queries for source in plan.sources if source.name == "known item")
    chosen = random.Random(SEED).sample(list(known), queries)
    rows = sorted({row for query in chosen for row in query.relevance})
    place = {row: position for position, row in enumerate(rows)}
    moved = tuple(replace(query, relevance={place[row]: value for row, value in query.relevance.items()}) for query in chosen)
    training = LabelledSet("newsqueries", tuple(documents[row] for row in rows), moved)
    mining = Mining(negatives=8 if recipe.negatives else 0, candidates=32 if recipe.objective.distilled else 0)
    with TrainingProgress(Console(stderr=True)) as progress:
        material = Miner(training, mining, None, SEED).mine(encoder, progress)
    return material, recipe.epochs * len(material.examples)


def measured(data: Path, encoder: Encoder) -> dict[str, float]:
    """nDCG@10 of dense search on every set."""
    figures = {}
    for name, split, queries, articles in SETS:
        labelled = _answered(data) if name == "trecqa" else read_folder(data / name, split)
        figures[f"{name} {split}"] = Trial(labelled, articles=articles, queries=queries).ndcg(encoder)
    return figures


def _answered(data: Path) -> LabelledSet:
    """The questions of trecqa's dev split that have an answer: three have none."""
    folder = data / "trecqa"
    documents, texts = sources.read_documents(folder), sources.read_query_texts(folder)
    rows = {document.key: row for row, document in enumerate(documents)}
    queries = [
        sources.LabelledQuery(texts[query], {rows[key]: float(grade) for key, grade in judged.items()})
        for query, judged in sources.read_qrels(folder / "qrels" / "dev.tsv").items()
        if any(judged.values())
    ]
    return LabelledSet("trecqa", documents, tuple(queries))


if __name__ == "__main__":
    main()
