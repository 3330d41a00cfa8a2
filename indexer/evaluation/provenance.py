"""Where figures come from: the code, the libraries and the machine that they were measured with."""

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

_LIBRARIES = ("torch", "transformers", "sentence-transformers", "faiss-cpu", "faiss-gpu", "tantivy", "numpy", "scipy", "ir-measures")


class Code(BaseModel):
    """The version of Broadsheet; in a git checkout also the commit, and whether tracked files differ from it."""

    model_config = ConfigDict(frozen=True)

    version: str
    commit: str | None = None
    modified: bool | None = None


class Hardware(BaseModel):
    """``cores`` are those that the process may use; None where the system does not tell."""

    model_config = ConfigDict(frozen=True)

    cpu: str
    cores: int
    memory_bytes: int | None
    gpu: str | None


def code() -> Code:
    """What is running now."""
    root = Path(__file__).parents[2]
    commit = _git(root, "rev-parse", "HEAD") if (root / ".git").exists() else None
    status = _git(root, "status", "--porcelain", "--untracked-files=no") if commit else None
    return Code(version=version("broadsheet"), commit=commit, modified=bool(status) if status is not None else None)


@cache
def hardware() -> Hardware:
    """The machine that this process runs on."""
    import torch

    return Hardware(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None,
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    )


def libraries() -> dict[str, str]:
    """Versions of Python and of the installed libraries on which rankings or times depend."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # of the two builds of FAISS only one is there
    return found


def _git(root: Path, *arguments: str) -> str | None:
    """What git says; None where git is not installed or refuses."""
    try:
        answer = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def _cpu() -> str:
    """The model's name where the system tells it, else the architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
