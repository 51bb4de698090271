"""What machine this is, and the flags with which the chat model's library is compiled for it.

llama.cpp's own choice (`GGML_NATIVE`, the compiler's `-march=native`) dies with SIGILL on machines whose CPU reports
AMX without letting programs use it, so every instruction set is switched on or off by name, and AMX never on.
"""

from __future__ import annotations

import platform
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

Flags = tuple[str, ...]

CPUINFO = Path("/proc/cpuinfo")

ALWAYS: Flags = (
    "-DGGML_NATIVE=OFF",
    "-DGGML_AMX_TILE=OFF",
    "-DGGML_AMX_INT8=OFF",
    "-DGGML_AMX_BF16=OFF",
    "-DLLAVA_BUILD=OFF",  # pictures
    "-DMTMD_BUILD=OFF",
)

# option of llama.cpp -> what /proc/cpuinfo has to list for it
X86_OPTIONS: dict[str, frozenset[str]] = {
    "GGML_SSE42": frozenset({"sse4_2"}),
    "GGML_AVX": frozenset({"avx"}),
    "GGML_AVX2": frozenset({"avx2"}),
    "GGML_FMA": frozenset({"fma"}),
    "GGML_F16C": frozenset({"f16c"}),
    "GGML_BMI2": frozenset({"bmi2"}),
    "GGML_AVX512": frozenset({"avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"}),
    "GGML_AVX512_VNNI": frozenset({"avx512_vnni"}),
    "GGML_AVX512_VBMI": frozenset({"avx512vbmi"}),
    "GGML_AVX512_BF16": frozenset({"avx512_bf16"}),
}
X86_64_V3 = frozenset({"sse4_2", "avx", "avx2", "fma", "f16c", "bmi2"})

# what /proc/cpuinfo lists -> the compiler's name for it; SVE and SME stay off, as AMX does
ARM_EXTENSIONS = {"asimddp": "dotprod", "asimdhp": "fp16", "i8mm": "i8mm"}
ARM_PORTABLE = frozenset({"asimddp", "asimdhp"})  # servers since 2018, but no Raspberry Pi 4


@dataclass(frozen=True)
class Machine:
    """A kind of machine: `system` as `uname -s` says it, `architecture` x86_64 or arm64, `features` of the CPU."""

    system: str
    architecture: str
    features: frozenset[str] = frozenset()


def this_machine() -> Machine:
    """Read what this machine is; macOS has no /proc/cpuinfo and needs no features, see `compile_flags`."""
    architecture = {"amd64": "x86_64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine())
    features = cpu_features(CPUINFO.read_text(encoding="utf-8", errors="replace")) if CPUINFO.exists() else frozenset()
    return Machine(platform.system(), architecture, features)


def cpu_features(cpuinfo: str) -> frozenset[str]:
    """Give the features that every core in the text of /proc/cpuinfo has (small and big cores may differ)."""
    cores = [
        frozenset(value.split())
        for name, _, value in (line.partition(":") for line in cpuinfo.splitlines())
        if name.strip() in ("flags", "Features")
    ]
    return frozenset.intersection(*cores) if cores else frozenset()


def compile_flags(machine: Machine) -> Flags:
    """Give the CMake flags that use what this CPU has and nothing else."""
    if machine.architecture == "x86_64":
        return ALWAYS + x86_flags(machine.features)
    if machine.architecture == "arm64" and machine.system == "Linux":
        return ALWAYS + arm_flags(machine.features)
    # Apple's compiler takes the oldest Apple core as its target, which has all that ARM_EXTENSIONS would add for it.
    return ALWAYS


def baseline_flags(machine: Machine) -> Flags:
    """Give the plainest flags, for a machine that crashes with its own: no instruction set beyond the first CPUs'."""
    return compile_flags(Machine(machine.system, machine.architecture))


def portable_flags(machine: Machine) -> Flags:
    """Give flags for an image that runs elsewhere too: x86-64-v3 (since 2013), or ARMv8.2 with dot products."""
    features = X86_64_V3 if machine.architecture == "x86_64" else ARM_PORTABLE
    return compile_flags(Machine(machine.system, machine.architecture, features))


def x86_flags(features: Collection[str]) -> Flags:
    """Switch each x86 option on or off by name: what isn't named depends on the environment of the build."""
    wanted = {option for option, needed in X86_OPTIONS.items() if needed <= set(features)}
    if "GGML_AVX512" not in wanted:
        wanted = {option for option in wanted if not option.startswith("GGML_AVX512_")}
    return tuple(f"-D{option}={'ON' if option in wanted else 'OFF'}" for option in X86_OPTIONS)


def arm_flags(features: Collection[str]) -> Flags:
    """Name the ARM architecture for a core with dot products; an older core gets the compiler's default, ARMv8."""
    if "asimddp" not in features:
        return ()
    extensions = "".join(f"+{name}" for feature, name in ARM_EXTENSIONS.items() if feature in features)
    return (f"-DGGML_CPU_ARM_ARCH=armv8.2-a{extensions}",)


def instruction_sets(flags: Flags) -> str:
    """Name what the flags switch on, for people: `AVX2 FMA ...`, `dotprod fp16`, or `plain`."""
    names = [flag.removeprefix("-DGGML_").removesuffix("=ON") for flag in flags if flag.endswith("=ON")] + [
        name for flag in flags if "ARM_ARCH" in flag for name in flag.split("+")[1:]
    ]
    return " ".join(names) or "plain"
