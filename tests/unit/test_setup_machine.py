"""The chat library is compiled for what the CPU has, by name, and never with AMX or the compiler's own guess."""

from __future__ import annotations

import pytest

from bot.setup.machine import (
    Machine,
    baseline_flags,
    compile_flags,
    cpu_features,
    instruction_sets,
    portable_flags,
    this_machine,
)

SANDY_BRIDGE = "fpu vme sse sse2 ssse3 sse4_1 sse4_2 popcnt aes xsave avx"
HASWELL = SANDY_BRIDGE + " f16c rdrand fma bmi1 avx2 bmi2"
SKYLAKE_SERVER = HASWELL + " avx512f avx512dq avx512cd avx512bw avx512vl"
SAPPHIRE_RAPIDS = (
    SKYLAKE_SERVER + " avx512ifma avx512vbmi avx512_vnni avx512_bf16 avx_vnni amx_bf16 amx_tile amx_int8 avx512_fp16"
)
XEON_PHI = HASWELL + " avx512f avx512pf avx512er avx512cd"

RASPBERRY_PI_4 = "fp asimd evtstrm crc32 cpuid"
GRAVITON_2 = RASPBERRY_PI_4 + " aes atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp ssbs"
GRAVITON_3 = GRAVITON_2 + " sve bf16 i8mm svebf16 svei8mm"


def cpuinfo(flags: str, cores: int = 2, name: str = "flags\t\t") -> str:
    """Write /proc/cpuinfo as Linux does."""
    core = "processor\t: {}\nmodel name\t: A CPU: fast\n{}: {}\nbugs\t\t: spectre_v1\n\n"
    return "".join(core.format(number, name, flags) for number in range(cores))


def x86(flags: str) -> tuple[str, ...]:
    return compile_flags(Machine("Linux", "x86_64", cpu_features(cpuinfo(flags))))


def arm(features: str) -> tuple[str, ...]:
    return compile_flags(Machine("Linux", "arm64", cpu_features(cpuinfo(features, name="Features\t"))))


def switched_on(flags: tuple[str, ...]) -> set[str]:
    return {flag.removeprefix("-DGGML_").removesuffix("=ON") for flag in flags if flag.endswith("=ON")}


def test_a_cpu_without_avx2_gets_what_it_has():
    assert switched_on(x86(SANDY_BRIDGE)) == {"SSE42", "AVX"}


def test_a_cpu_with_avx2_gets_avx2_and_its_companions():
    assert switched_on(x86(HASWELL)) == {"SSE42", "AVX", "AVX2", "FMA", "F16C", "BMI2"}


def test_a_cpu_with_avx512_gets_only_the_parts_that_it_reports():
    assert switched_on(x86(SKYLAKE_SERVER)) == switched_on(x86(HASWELL)) | {"AVX512"}


def test_a_cpu_with_amx_gets_all_of_avx512_and_no_amx():
    flags = x86(SAPPHIRE_RAPIDS)
    parts = {"AVX512", "AVX512_VNNI", "AVX512_VBMI", "AVX512_BF16"}
    assert switched_on(flags) == switched_on(x86(HASWELL)) | parts
    assert {"-DGGML_AMX_TILE=OFF", "-DGGML_AMX_INT8=OFF", "-DGGML_AMX_BF16=OFF"} <= set(flags)


def test_half_an_avx512_is_none():
    assert switched_on(x86(XEON_PHI)) == switched_on(x86(HASWELL))


def test_parts_of_avx512_are_off_without_avx512_itself():
    assert "AVX512_VNNI" not in switched_on(x86(HASWELL + " avx512_vnni"))


@pytest.mark.parametrize("flags", [SANDY_BRIDGE, HASWELL, SAPPHIRE_RAPIDS])
def test_every_option_is_named_so_that_no_environment_decides(flags: str):
    assert {flag.partition("=")[0] for flag in x86(flags)} == {flag.partition("=")[0] for flag in x86("")}


@pytest.mark.parametrize("system", ["Linux", "Darwin"])
@pytest.mark.parametrize("architecture", ["x86_64", "arm64", "riscv64"])
def test_the_compiler_never_guesses(system: str, architecture: str):
    machine = Machine(system, architecture)
    for flags in (compile_flags(machine), baseline_flags(machine), portable_flags(machine)):
        assert "-DGGML_NATIVE=OFF" in flags


def test_a_feature_counts_only_when_every_core_has_it():
    assert cpu_features(cpuinfo("avx avx2", cores=1) + cpuinfo("avx", cores=1)) == {"avx"}


def test_a_machine_that_tells_nothing_gets_the_plainest_flags():
    assert cpu_features("") == frozenset()
    assert x86("") == baseline_flags(Machine("Linux", "x86_64", frozenset(HASWELL.split())))


def test_an_arm_core_with_dot_products_is_named_with_its_extensions():
    assert arm(GRAVITON_2)[-1] == "-DGGML_CPU_ARM_ARCH=armv8.2-a+dotprod+fp16"
    assert arm(GRAVITON_3)[-1] == "-DGGML_CPU_ARM_ARCH=armv8.2-a+dotprod+fp16+i8mm"


def test_an_old_arm_core_keeps_the_default_of_the_compiler():
    assert not any("ARM_ARCH" in flag for flag in arm(RASPBERRY_PI_4))


def test_a_mac_keeps_the_default_of_the_compiler():
    assert not any("ARM_ARCH" in flag or "AVX" in flag for flag in compile_flags(Machine("Darwin", "arm64")))


def test_a_portable_build_is_the_same_on_every_cpu():
    old, new = (Machine("Linux", "x86_64", frozenset(flags.split())) for flags in (SANDY_BRIDGE, SAPPHIRE_RAPIDS))
    assert portable_flags(old) == portable_flags(new) == x86(HASWELL)


def test_people_read_the_instruction_sets_without_option_names():
    assert instruction_sets(x86(SANDY_BRIDGE)) == "SSE42 AVX"
    assert instruction_sets(arm(GRAVITON_2)) == "dotprod fp16"
    assert instruction_sets(x86("")) == "plain"


def test_this_machine_is_read():
    machine = this_machine()
    assert machine.architecture in {"x86_64", "arm64"}
    assert machine.system in {"Linux", "Darwin"}
