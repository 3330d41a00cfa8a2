"""Where a model runs and in which arithmetic."""

from typing import TYPE_CHECKING, Literal, NamedTuple

from search.errors import BadInput

if TYPE_CHECKING:
    import torch

DeviceName = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "fp32", "bf16", "fp16"]


class Placement(NamedTuple):
    """A device and the type that the weights have on it."""

    device: "torch.device"
    dtype: "torch.dtype"


def placement(device: DeviceName, precision: Precision) -> Placement:
    """The device and the type to try: of "auto", the fastest that this machine has.

    That is a CUDA device in bf16 (fp16 before compute capability 8), else the CPU, in bf16 where it multiplies bf16 in
    hardware. On a CPU, "auto" is a wish: who loads a model checks that bf16 ranks like fp32, and else takes fp32.
    """
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise BadInput("The device is 'cuda', but torch finds no CUDA device: choose 'auto' or 'cpu'.", field="device")
    chosen = torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")
    types = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    if chosen.type == "cpu" and precision == "fp16":
        raise BadInput("The precision 'fp16' needs a CUDA device: choose 'auto', 'bf16' or 'fp32' on a CPU.", field="precision")
    if precision != "auto":
        return Placement(chosen, types[precision])
    if chosen.type == "cuda":
        return Placement(chosen, torch.bfloat16 if torch.cuda.get_device_capability(chosen) >= (8, 0) else torch.float16)
    return Placement(chosen, torch.bfloat16 if cpu_multiplies_bf16() else torch.float32)


def cpu_multiplies_bf16() -> bool:
    """Whether the CPU has bf16 dot products or matrix tiles; without them bf16 is emulated and slower than fp32.

    torch.cpu.get_capabilities() came with torch 2.9; before, the same question had private names.
    """
    import torch

    if hasattr(torch.cpu, "get_capabilities"):
        found = torch.cpu.get_capabilities()
        return bool(found.get("avx512_bf16") or found.get("amx_bf16") or found.get("bf16"))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
