"""Reranking 32 passages: ours against ``CrossEncoder.predict`` with its defaults and the same weights.

    python -m benchmarks.reranking [--json]

The two run in turn, so that whatever else the machine does falls on both; of each, the fastest run counts. Before the
bundled reranker has been trained, the head is drawn at random, which costs the same time.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from search.models.bundled import bundled_encoder_folder
from search.models.delta import load_with_delta, save_delta
from search.models.loading import quietly
from search.models.reranker import BUNDLED, CrossEncoderReranker

PAIRS = 32
PASSAGE_WORDS = 150
RUNS = 7
QUERY = "how the drought affects grain prices in Europe"
VOCABULARY = (
    "the of to a in and said on for that was its is with by from at he it be as would this year market government company percent "
    "prices minister officials country report month people trade against after bank million new first two last week group shares "
    "harvest wheat drought exporters farmers rainfall yields ministry forecast shipments silos brokers futures drought-stricken"
)


def main() -> None:
    """Prints milliseconds of both and their ratio, as a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        result = measure(Path(folder))
    if arguments.json:
        print(json.dumps(result))
        return
    print(f"{PAIRS} pairs, {result['tokens_per_pair']:.0f} tokens each before cutting, {torch.get_num_threads()} threads")
    print(f"  ours                   {result['ours_ms']:8.0f} ms   ({result['precision']}, at most {result['max_tokens']} tokens)")
    print(f"  CrossEncoder.predict   {result['predict_ms']:8.0f} ms")
    print(f"  ratio                  {result['ratio']:8.2f}      (at most 0.40 is asked for)")


def measure(folder: Path) -> dict[str, float | str]:
    """Milliseconds of both, their ratio, and what was run."""
    from sentence_transformers import CrossEncoder

    delta = trained_or_random(folder)
    base = bundled_encoder_folder()
    tokenizer = AutoTokenizer.from_pretrained(base)
    with quietly():
        load_with_delta(AutoModelForSequenceClassification, base, delta).save_pretrained(folder / "whole")
        tokenizer.save_pretrained(folder / "whole")
        ours = CrossEncoderReranker.load(str(delta), device="cpu")
        theirs = CrossEncoder(str(folder / "whole"), device="cpu")
    pairs = [(QUERY, passage) for passage in passages()]
    ours_ms, predict_ms = fastest([lambda: ours.relevance(pairs), lambda: theirs.predict(pairs)])
    return {
        "pairs": PAIRS,
        "tokens_per_pair": float(np.mean([len(ids) for ids in tokenizer(*map(list, zip(*pairs, strict=True)))["input_ids"]])),
        "max_tokens": ours.max_tokens,
        "precision": ours.precision,
        "ours_ms": ours_ms,
        "predict_ms": predict_ms,
        "ratio": ours_ms / predict_ms,
    }


def trained_or_random(folder: Path) -> Path:
    """The bundled weights, or, before there are any, the base with a random head."""
    if (BUNDLED / "delta.safetensors").is_file():
        return BUNDLED
    base = bundled_encoder_folder()
    with quietly():
        model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1)
    save_delta(model, base, folder / "delta", {"max_length": 256})
    return folder / "delta"


def passages() -> list[str]:
    """Texts of a title and 150 words of English frequency, the same in every run."""
    random = np.random.default_rng(0)
    return ["Drought pushes up grain prices\n" + " ".join(random.choice(VOCABULARY.split(), PASSAGE_WORDS)) for _ in range(PAIRS)]


def fastest(functions: list[Callable[[], object]]) -> list[float]:
    """The milliseconds of the fastest run of each, the functions taking turns after one run to warm up."""
    times: list[list[float]] = [[] for _ in functions]
    for run in range(RUNS + 1):
        for function, measured in zip(functions, times, strict=True):
            started = time.perf_counter()
            function()
            if run:
                measured.append(1000 * (time.perf_counter() - started))
    return [min(measured) for measured in times]


if __name__ == "__main__":
    main()
