"""Where a model runs, and in which arithmetic."""

from pathlib import Path

import pytest
import torch

from search.errors import BadInput
from search.models.device import cpu_multiplies_bf16, placement


def test_what_is_asked_for_is_taken() -> None:
    assert placement("cpu", "fp32") == (torch.device("cpu"), torch.float32)
    assert placement("cpu", "bf16") == (torch.device("cpu"), torch.bfloat16)


def test_auto_takes_bf16_only_where_the_cpu_multiplies_it() -> None:
    assert placement("cpu", "auto").dtype is (torch.bfloat16 if cpu_multiplies_bf16() else torch.float32)


@pytest.mark.skipif(not Path("/proc/cpuinfo").is_file(), reason="the kernel's list of CPU features is the oracle")
def test_bf16_is_found_where_the_kernel_finds_it() -> None:
    flags = set(Path("/proc/cpuinfo").read_text().split())
    assert cpu_multiplies_bf16() == bool(flags & {"avx512_bf16", "amx_bf16", "bf16"})


def test_fp16_on_a_cpu_is_refused() -> None:
    with pytest.raises(BadInput, match="'fp16' needs a CUDA device"):
        placement("cpu", "fp16")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_cuda_device_is_named() -> None:
    with pytest.raises(BadInput, match="no CUDA device"):
        placement("cuda", "auto")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_auto_prefers_cuda_in_half_precision() -> None:
    device, dtype = placement("auto", "auto")
    assert device.type == "cuda"
    assert dtype in (torch.bfloat16, torch.float16)
