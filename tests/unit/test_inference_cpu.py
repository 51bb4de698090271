import os
from pathlib import Path

import pytest

from core.inference.cpu import (
    count_cores,
    multiplies_bfloat16,
    parse_quota,
    physical_cores,
    prepare_torch,
    shorten_spinning,
)

TWO_CORES_WITH_TWO_THREADS_EACH = "\n\n".join(
    f"processor\t: {processor}\nphysical id\t: 0\ncore id\t\t: {processor % 2}" for processor in range(4)
)
TWO_SOCKETS = "\n\n".join(
    f"processor\t: {processor}\nphysical id\t: {processor}\ncore id\t\t: 0" for processor in range(2)
)
ARM = "\n\n".join(f"processor\t: {processor}\nBogoMIPS\t: 50.00" for processor in range(4)) + "\n\nRevision : 1"


@pytest.mark.parametrize(
    ("cpuinfo", "allowed", "cores"),
    [
        (TWO_CORES_WITH_TWO_THREADS_EACH, {0, 1, 2, 3}, 2),
        (TWO_CORES_WITH_TWO_THREADS_EACH, {0, 2}, 1),
        (TWO_SOCKETS, {0, 1}, 2),
        (ARM, {0, 1, 2, 3}, 4),
        (ARM, {1, 3}, 2),
        ("", {0, 1, 2}, 3),
    ],
)
def test_hyper_threads_count_once_and_forbidden_processors_not_at_all(
    cpuinfo: str, allowed: set[int], cores: int
) -> None:
    assert count_cores(cpuinfo, allowed) == cores


def test_a_container_quota_is_rounded_up_to_whole_cores() -> None:
    assert parse_quota("max 100000\n") is None
    assert parse_quota("150000 100000\n") == 2
    assert parse_quota("50000 100000\n") == 1


def test_this_machine_has_at_least_one_core_and_no_more_than_it_has_processors() -> None:
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("flags", "has_them"),
    [
        ("flags\t\t: fpu avx2 avx512f avx512_bf16", True),
        ("flags\t\t: amx_bf16 amx_tile", True),
        ("flags\t\t: fpu avx512f", False),
    ],
)
def test_a_cpu_multiplies_bfloat16_when_it_says_so(tmp_path: Path, flags: str, has_them: bool) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{flags}\nbogomips\t: 4800\n")
    assert multiplies_bfloat16(tmp_path / "cpuinfo") == has_them
    assert not multiplies_bfloat16(tmp_path / "none of macOS")


def test_threads_spin_briefly_unless_a_person_decided_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    shorten_spinning()
    assert os.environ["GOMP_SPINCOUNT"] == "7"
    monkeypatch.delenv("GOMP_SPINCOUNT")
    shorten_spinning()
    assert os.environ["GOMP_SPINCOUNT"] == "300"
    monkeypatch.delenv("GOMP_SPINCOUNT")
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    shorten_spinning()
    assert "GOMP_SPINCOUNT" not in os.environ


def test_what_is_compiled_for_each_shape_is_kept_within_bounds_unless_a_person_decided_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", raising=False)
    prepare_torch()
    assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == "256"
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "9")
    prepare_torch()
    assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == "9"
