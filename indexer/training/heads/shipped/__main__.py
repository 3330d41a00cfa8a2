"""Makes the heads that come with Broadsheet, from raw data to the files in the package.

    python -m indexer.training.heads.shipped --data DIR [--work DIR] [--out DIR] [--share S]

DIR holds one folder per data set, as described in docs/heads.md. `--work` keeps checkpoints, so that an interrupted run
goes on. The dev figures go into each head's card.
"""

import argparse
from pathlib import Path

from indexer.training.heads.shared_body import Recipe
from indexer.training.heads.shipped.build import build

OUT = Path(__file__).parents[4] / "search" / "models" / "weights" / "heads"


def main() -> None:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description="Train the heads that come with Broadsheet.")
    parser.add_argument("--data", type=Path, required=True, help="folder with sst2, cola, ag_news, snli_dev, sick, …")
    parser.add_argument("--work", type=Path, default=Path("build/heads"), help="folder for checkpoints and the log")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for the weights")
    parser.add_argument("--share", type=float, default=1.0, help="of the steps; less than 1 for a trial")
    arguments = parser.parse_args()
    build(arguments.data, arguments.work, arguments.out, Recipe(share=arguments.share))


if __name__ == "__main__":
    main()
