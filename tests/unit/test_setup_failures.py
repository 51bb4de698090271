"""Each failure that people meet on a fresh machine is answered with what to do about it."""

from __future__ import annotations

import signal

import pytest

from bot.setup.failures import AGAIN, REMEDIES, compiler_remedy, crash_name, remedy

# What the tools print, shortened, and a word of the remedy.
FAILURES = {
    "The virtual environment was not created successfully because ensurepip is not\navailable.": "python3-venv",
    "/usr/bin/python3: No module named venv": "python3-venv",
    "ERROR: Could not find a version that satisfies the requirement cuda-toolkit[cublas]==13.0.3; platform_system == "
    '"Linux" (from torch) (from versions: 13.0.3.0)\nERROR: No matching distribution found for cuda-toolkit[cublas]':
        "https://download.pytorch.org/whl/cpu",
    "ERROR: Cannot install torch==2.13.0 because these package versions have conflicting dependencies.\n"
    "    torch 2.13.0 depends on triton==3.6.0\n    The user requested (constraint) triton<0":
        "https://download.pytorch.org/whl/cpu",
    "ERROR: No matching distribution found for torch==2.13.0": "make PYTHON=python3.12",
    "INFO: pip is looking at multiple versions of <Python from Requires-Python> to determine\n"
    "ERROR: ResolutionImpossible: for help": "make PYTHON=python3.12",
    "ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/":
        "make lock",
    "xcrun: error: invalid active developer path (/Library/Developer/CommandLineTools)": "xcode-select --install",
    "cc: error: unrecognized command-line option '-mavx512bf16'": "GCC 11",
    "CMake Error at CMakeLists.txt:3 (project):\n  No CMAKE_CXX_COMPILER could be found.": "build-essential",
    "OSError: libgomp.so.1: cannot open shared object file: No such file or directory": "libgomp1",
    "c++: fatal error: Killed signal terminated program cc1plus": "CMAKE_BUILD_PARALLEL_LEVEL=1",
    "OSError: [Errno 28] No space left on device": "disk",
    "SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed')": "global.cert",
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.": "pip cache purge",
    "NewConnectionError('<pip._vendor.urllib3.connection>: Failed to establish a new connection: "
    "[Errno -3] Temporary failure in name resolution')\nERROR: No matching distribution found for torch==2.13.0":
        "HTTPS_PROXY",
    "PermissionError: [Errno 13] Permission denied: '/home/anna/docent/.venv'": "chown",
}  # fmt: skip


@pytest.mark.parametrize(("log", "word"), FAILURES.items(), ids=range(len(FAILURES)))
def test_a_known_failure_gets_its_own_remedy(log: str, word: str):
    assert word in remedy(f"$ pip install something\nCollecting something\n{log}\n")


def test_every_remedy_has_an_example_here():
    given = {remedy(log) for log in FAILURES}
    assert [advice for _, advice in REMEDIES if f"{advice} {AGAIN}" not in given] == []


def test_the_output_of_a_healthy_install_looks_like_no_failure():
    healthy = "Collecting torch==2.13.0\n  Downloading torch-2.13.0+cpu.whl (190 MB)\nRequires-Dist: sympy\n"
    assert remedy(healthy).startswith("The lines above")


def test_an_unknown_failure_points_to_the_log():
    assert "full log" in remedy("Segmentation fault in the coffee machine")


def test_a_missing_compiler_is_explained_for_the_system():
    assert "apt-get install build-essential" in compiler_remedy("Linux")
    assert "xcode-select --install" in compiler_remedy("Darwin")


def test_a_crash_has_a_name_and_an_ordinary_exit_has_none():
    assert crash_name(-signal.SIGILL) == "SIGILL"
    assert crash_name(-signal.SIGSEGV) == "SIGSEGV"
    assert crash_name(0) is None
    assert crash_name(1) is None
    assert crash_name(-signal.SIGTERM) is None, "stopped by a person, not by the CPU"
