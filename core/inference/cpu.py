"""Owns how many threads the models use and how those threads wait for each other."""

from __future__ import annotations

import math
import os
from collections.abc import Collection
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def physical_cores() -> int:
    """Give the number of physical cores that this process may use, at least 1.

    Hyper-threads share the units that matrix products need, so a thread for each of them only adds waiting.
    Respects the CPU affinity of the process and a container's CPU quota (cgroup v2).
    """
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    cores = count_cores(CPUINFO.read_text(encoding="utf-8"), allowed) if CPUINFO.is_file() else len(allowed)
    quota = parse_quota(CPU_QUOTA.read_text(encoding="ascii")) if CPU_QUOTA.is_file() else None
    return max(1, min(cores, quota) if quota else cores)


def count_cores(cpuinfo: str, allowed: Collection[int]) -> int:
    """Count the distinct cores behind the allowed logical processors in the text of `/proc/cpuinfo`.

    Where the text names no cores (arm64), each logical processor is a core.
    """
    cores = set()
    for block in cpuinfo.split("\n\n"):
        fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in block.splitlines())}
        processor = fields.get("processor", "")
        if processor.isdigit() and int(processor) in allowed:
            cores.add((fields.get("physical id", ""), fields.get("core id", f"processor {processor}")))
    return len(cores) or len(allowed)


def multiplies_bfloat16(cpuinfo: Path = CPUINFO) -> bool:
    """Tell whether the CPU has instructions for products of bfloat16 numbers: x86 with AVX512-BF16 or AMX."""
    if not cpuinfo.is_file():
        return False
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(cpuinfo.read_text(encoding="utf-8", errors="replace").split())


def parse_quota(cpu_max: str) -> int | None:
    """Give the whole cores that the text of a cgroup's `cpu.max` grants (rounded up), or None for no limit."""
    quota, _, period = cpu_max.strip().partition(" ")
    return None if quota == "max" else math.ceil(int(quota) / int(period))


def prepare_torch() -> None:
    """Set what PyTorch reads when it is loaded; call it before. What a person has set stays.

    oneDNN, which multiplies bfloat16 numbers, keeps what it compiled for each shape, some 0.3 MB each and 1,024 of them
    unless told otherwise (https://uxlfoundation.github.io/oneDNN/dev_guide_primitive_cache.html).
    """
    shorten_spinning()
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")


def shorten_spinning() -> None:
    """Let OpenMP threads spin briefly at a barrier, then sleep; call it before a library with OpenMP is loaded.

    llama.cpp has a thread for every core, and by default one that waits for the others spins for milliseconds. As soon
    as anything else runs, the other models for instance, it keeps its core from the very thread that it waits for, and
    prompts are read about ten times slower. Never spinning (OMP_WAIT_POLICY=passive) costs a small model half its speed
    on a quiet machine. 300 rounds lose nothing there and little under load. GNU's OpenMP reads the variable, others
    ignore it; what a person has set stays.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "300")
