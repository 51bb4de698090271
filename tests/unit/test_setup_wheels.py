"""A compiled wheel is used again exactly where it fits, and never where it has crashed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.setup.wheels import WheelFolder, cache_home, wheel_key

SAME = {
    "package": "llama-cpp-python",
    "version": "0.3.36",
    "flags": ("-DGGML_AVX2=ON",),
    "abi": "cp311",
    "system": "linux-x86_64-glibc2.36",
}


@pytest.mark.parametrize(
    "change",
    [
        {"version": "0.3.37"},
        {"flags": ("-DGGML_AVX2=OFF",)},
        {"flags": ("-DGGML_AVX2=ON", "-DGGML_FMA=ON")},
        {"abi": "cp312"},
        {"system": "linux-aarch64-glibc2.36"},
        {"system": "linux-x86_64-glibc2.31"},
    ],
)
def test_a_difference_that_matters_is_another_folder(change: dict[str, object]):
    assert wheel_key(**SAME | change) != wheel_key(**SAME)


def test_the_same_build_is_the_same_folder_in_every_clone():
    assert wheel_key(**SAME) == wheel_key(**SAME)
    assert wheel_key(**SAME).startswith("llama-cpp-python-0.3.36-cp311-linux-x86_64-glibc2.36-")


def test_wheels_are_kept_in_the_cache_of_the_person():
    assert cache_home({"XDG_CACHE_HOME": "/caches"}) == Path("/caches/docent/wheels")
    assert cache_home({}) == Path.home() / ".cache/docent/wheels"
    assert cache_home({"XDG_CACHE_HOME": ""}) == Path.home() / ".cache/docent/wheels"


def test_a_kept_wheel_is_found_again_under_its_own_name(tmp_path: Path):
    built = tmp_path / "llama_cpp_python-0.3.36-py3-none-any.whl"
    built.write_bytes(b"wheel")
    folder = WheelFolder(tmp_path / "cache" / "key")
    assert folder.wheel() is None

    kept = folder.keep(built)

    assert folder.wheel() == kept
    assert (kept.name, kept.read_bytes()) == (built.name, b"wheel")
    assert [path.name for path in folder.path.iterdir()] == [built.name]


def test_a_wheel_that_crashed_is_gone_and_remembered(tmp_path: Path):
    built = tmp_path / "llama_cpp_python-0.3.36-py3-none-any.whl"
    built.write_bytes(b"wheel")
    folder = WheelFolder(tmp_path / "key")
    folder.keep(built)
    assert not folder.crashed()

    folder.mark_crashed("SIGILL")

    assert folder.crashed()
    assert folder.wheel() is None
