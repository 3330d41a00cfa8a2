"""A report says truthfully what it was measured with."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import torch

from indexer.evaluation.provenance import code, hardware, libraries

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(not (ROOT / ".git").exists() or shutil.which("git") is None, reason="not a git checkout")
def test_the_commit_is_the_one_that_is_checked_out() -> None:
    head = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert code().commit == head
    assert code().modified in (True, False)


def test_the_machine_is_described() -> None:
    found = hardware()
    assert found.cpu
    assert 1 <= found.cores <= (os.cpu_count() or 1)
    assert found.memory_bytes is None or found.memory_bytes > 2**28
    assert (found.gpu is None) == (not torch.cuda.is_available())


def test_the_libraries_are_those_that_are_imported() -> None:
    assert libraries()["torch"] == torch.__version__.split("+")[0] or libraries()["torch"] == torch.__version__
    assert {"python", "numpy", "tantivy", "ir-measures"} <= libraries().keys()
