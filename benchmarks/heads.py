"""What a head gains from a body of its own, and what from how it is trained: one head, one variant, its dev figures.

    python -m benchmarks.heads --data DIR --task sentiment --variant own [--base NAME] [--share S] [--json]

DIR holds the data sets of `python -m indexer.training.heads.shipped`, whose definitions of the tasks are used; the figures
stand beside those in the cards of the shipped heads, which share one body. Seconds are those of training and measuring.
"""

import argparse
import json
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from indexer.training.heads.evaluation import evaluate_head
from indexer.training.heads.examples import Example
from indexer.training.heads.frozen import train_frozen
from indexer.training.heads.own_body import SingleRecipe, Tuning
from indexer.training.heads.shipped.head import Shipped
from indexer.training.heads.shipped.tasks import shipped_head
from indexer.training.heads.single import train_single
from search.heads.card import Truncation
from search.heads.frozen import Pooling
from search.heads.network import Network
from search.models.device import placement
from search.settings import BASE_ENCODER

TASKS = ("sentiment", "acceptability", "topic", "tone", "paraphrase", "similarity", "stance", "nli")
TUNINGS: Mapping[str, Tuning] = {"own": Tuning.FULL, "frozen": Tuning.NONE, "adapter": Tuning.ADAPTERS}
FEATURES: Mapping[str, Pooling] = {"features-cls": "cls", "features-mean": "mean"}
TRUNCATIONS: Mapping[str, Truncation] = {
    "truncation-longest": "longest",
    "truncation-proportional": "proportional",
    "truncation-second": "second",
}
_TOKENS = 64  # of a pair whose truncation is compared: many are longer


def main() -> None:
    """Trains one variant and prints what it reaches, as a row of a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--variant", choices=[*TUNINGS, *FEATURES, *TRUNCATIONS], required=True)
    parser.add_argument("--base", default=BASE_ENCODER, help="model to start from")
    parser.add_argument("--share", type=float, default=1.0, help="of the training examples; less than 1 for a trial")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the row")
    arguments = parser.parse_args()
    if arguments.task == "similarity" and arguments.variant in FEATURES:
        parser.error("frozen features serve classification: take another task")
    result = run(shipped_head(arguments.data, arguments.task), arguments.variant, arguments.base, arguments.share)
    if arguments.json:
        print(json.dumps({"task": arguments.task, "variant": arguments.variant, **result}))
    else:
        print(f"| {arguments.task} | {arguments.variant} |", " | ".join(f"{name} {value:.4g}" for name, value in result.items()), "|")


def run(head: Shipped, variant: str, base: str, share: float) -> dict[str, float]:
    """The dev figures of one head by one variant; examples, seconds and peak memory in MB with them."""
    card = replace(head.card, published={})
    train = head.train[:: max(1, round(1 / share))]
    dev: Sequence[Example] = [example for each in head.dev.values() for example in each]
    if share < 1:
        dev = dev[:: max(1, round(1 / share))]
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        out = Path(folder) / card.task
        if variant in FEATURES:
            train_frozen(card, train, dev, base, FEATURES[variant], out)
        else:
            if variant in TRUNCATIONS:
                card = replace(card, truncation=TRUNCATIONS[variant], max_tokens=_TOKENS)
            recipe = SingleRecipe(base, TUNINGS.get(variant, Tuning.FULL), epochs=sum(head.epochs), batch_size=16)
            train_single(card, train, dev, recipe, out)
        seconds = time.monotonic() - began
        network = Network.load(out, placement("auto", "auto"))
        figures = {
            f"{name}: {measure}" if len(head.dev) > 1 else measure: round(value, 4)
            for name, each in head.dev.items()
            for measure, value in evaluate_head(network, each if share == 1 else each[:: max(1, round(1 / share))]).items()
        }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**figures, "examples": len(train), "seconds": round(seconds, 1), "peak_mb": round(peak)}


if __name__ == "__main__":
    main()
