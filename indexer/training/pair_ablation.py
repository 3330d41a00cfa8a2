"""What mined negatives bring a cross-encoder over random ones, with the same queries, pairs and steps.

    python -m indexer.training.pair_ablation --data DIR --negatives mined|random [--groups N] [--work DIR]

Trains the bundled encoder with a fresh head on known-item queries and headlines of the training splits, five passages to
a group, and reranks the candidates of queries that are held out from them. DIR is as in docs/reranker.md; `--work` keeps
vectors between runs. Prints one line of JSON.
"""

import argparse
import json
import random
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from indexer.training import sources
from indexer.training.calibration import calibrate, mean_ndcg, ndcg_at_10
from indexer.training.cross_encoder import Recipe, StepReport, train
from indexer.training.first_stage import Bm25, Passages
from indexer.training.groups import Collection, GroupShape
from indexer.training.mining import RULES, PairNegatives
from indexer.training.pair_model import load_base
from indexer.training.shipped_reranker import SEED, Source, judge, keeping, make_plan, training_groups
from search.models.encoder import SentenceEncoder
from search.ranking import CombinationWeights
from search.settings import BASE_ENCODER

RECIPE = Recipe(seed=SEED, groups_per_step=8, learning_rate=1e-4, prior_weight=12.0, cool_down_steps=60)


def measure(data: Path, work: Path, negatives: PairNegatives, count: int) -> dict[str, float | str]:
    """Trains with these negatives; nDCG@10 of the held-out queries by set, alone and combined, and what it took."""
    rng = random.Random(SEED)
    encode = keeping(work, SentenceEncoder.load(BASE_ENCODER).encode_passages)
    documents = sources.read_documents(data / "newsqueries")
    passages = Passages.from_documents(documents)
    news = Collection(passages, encode(passages.texts()), Bm25(documents))
    plan = make_plan(data, documents, rng)
    asked = [query for source in plan.sources if source.name in ("known item", "headline to story") for query in source.queries]
    source = Source("ablation", asked, count, GroupShape(size=5), RULES[negatives])
    groups = training_groups(replace(plan, sources=(source,)), news, encode, rng)
    model, tokenizer = load_base(BASE_ENCODER, RECIPE.seed, RECIPE.frozen_layers)
    reports: list[StepReport] = []
    began = time.monotonic()
    train(model, tokenizer, groups, RECIPE, on_step=reports.append)
    seconds = time.monotonic() - began
    held_out = judge(plan, news, encode, model, tokenizer, RECIPE, depth=16)
    slope, intercept = calibrate(held_out)
    found: dict[str, float | str] = {"negatives": negatives.value, "groups": len(groups), "pairs": reports[-1].pairs}
    for name, lists in held_out.items():
        found[f"{name}: hybrid"] = round(mean_ndcg(lists, CombinationWeights(0.0, 0.0), slope, intercept), 4)
        found[f"{name}: alone"] = round(float(np.mean([ndcg_at_10(each.gains, each.logits, each.ideal) for each in lists])), 4)
        found[f"{name}: combined"] = round(mean_ndcg(lists, CombinationWeights(), slope, intercept), 4)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return found | {"seconds": round(seconds, 1), "pairs_per_second": round(reports[-1].pairs / seconds, 1), "peak_gib": round(peak, 2)}


def main() -> None:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description="Random against mined negatives for the cross-encoder.")
    parser.add_argument("--data", type=Path, required=True, help="folder with newsqueries, fnc1, …")
    parser.add_argument("--negatives", type=PairNegatives, choices=list(PairNegatives), required=True)
    parser.add_argument("--groups", type=int, default=1000, help="queries to train on, with five passages each")
    parser.add_argument("--work", type=Path, default=Path("build/reranker/vectors"), help="folder for vectors")
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.data, arguments.work, arguments.negatives, arguments.groups)))


if __name__ == "__main__":
    main()
