"""Torch comes from PyTorch's CPU index where that answers, and a CUDA build never comes in by accident."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bot.setup.failures import remedy
from bot.setup.installation import HERE
from bot.setup.torch_index import answers


class Index(BaseHTTPRequestHandler):
    """Answers HEAD as a package index does."""

    def do_HEAD(self):
        self.send_response(200 if self.path == "/torch/" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def index() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_index_that_answers_is_used(index: str):
    assert answers(f"{index}/torch/", 5)


def test_an_index_without_torch_is_not_used(index: str):
    assert not answers(f"{index}/elsewhere/", 5)


def test_an_index_that_never_answers_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not answers(f"http://127.0.0.1:{silent.getsockname()[1]}/torch/", 0.2)


def test_an_index_that_refuses_is_given_up_at_once():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not answers(f"http://127.0.0.1:{port}/torch/", 60)


def pip_chooses(folder: Path, *constraints: str | Path) -> subprocess.CompletedProcess[str]:
    options = [option for file in constraints for option in ("--constraint", str(file))]
    return subprocess.run(
        [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--isolated", "--no-index",
         "--find-links", folder, *options, "torch==2.13.0"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def wheel(folder: Path, name: str, version: str, *requirements: str) -> None:
    """Write an empty wheel that only has its metadata."""
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(
            f"{info}/METADATA", "\n".join([*lines, *(f"Requires-Dist: {one}" for one in requirements)]) + "\n"
        )
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")


@pytest.mark.parametrize("package", ["cuda-toolkit", "triton"])
def test_pip_refuses_a_cuda_build_and_the_remedy_names_the_cpu_index(tmp_path: Path, package: str):
    wheel(tmp_path, "torch", "2.13.0", f"{package}==13.0")
    wheel(tmp_path, package.replace("-", "_"), "13.0")
    refused = pip_chooses(tmp_path, HERE / "no-cuda.txt")
    assert refused.returncode == 1
    assert "https://download.pytorch.org/whl/cpu" in remedy(refused.stdout + refused.stderr)


def test_pip_takes_a_cpu_build(tmp_path: Path):
    wheel(tmp_path, "torch", "2.13.0+cpu", "sympy")
    wheel(tmp_path, "sympy", "1.14.0")
    assert pip_chooses(tmp_path, HERE / "no-cuda.txt").returncode == 0
