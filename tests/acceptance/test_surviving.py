"""The whole way of `make run`, with and without a terminal, and what the doctor says of it."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.acceptance.conftest import SAMPLE, Docent

pytestmark = pytest.mark.models


def test_quickstart_proves_itself_then_serves_until_it_is_stopped(fresh: Docent) -> None:
    process = fresh.start("quickstart", WEB_PORT="0")
    try:
        output = ""
        assert process.stdout is not None
        for line in process.stdout:
            output += line
            if "Discord:" in line:
                break
        assert "[1] " in output, "an answer with a footnote"
        address = next(word for word in output.split() if word.startswith("http://127.0.0.1:"))
        with urllib.request.urlopen(address, timeout=10) as response:
            assert "<h1>" in response.read().decode(), "the page"
        with urllib.request.urlopen(f"{address}/healthz", timeout=10) as response:
            health = json.load(response)
        assert health["ok"] is True
        assert health["documents"] == len([path for path in SAMPLE.rglob("*") if path.is_file()])
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_terminal_gets_a_chat_that_remembers(sample: Docent) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "chat"],
        cwd=sample.home,
        env=sample.environment(TERM="dumb"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)

    def read_until(text: str) -> str:
        seen = ""
        deadline = time.monotonic() + 120
        while text not in seen:
            assert time.monotonic() < deadline, seen
            seen += os.read(ours, 4096).decode(errors="replace")
        return seen

    read_until("> ")
    os.write(ours, b"How many vacation days do employees get?\n")
    assert "vacation-and-leave.md" in read_until("[1] people/vacation-and-leave.md")
    read_until("\n> ")
    os.write(ours, b"and for contractors?\n")
    assert "ontractor" in read_until("\n> ")
    os.write(ours, b"/forget\n")
    read_until("Forgotten: 2 turns.")
    os.write(ours, b"\n")
    assert process.wait(timeout=30) == 0
    os.close(ours)


def test_help_needs_no_model_and_no_database(fresh: Docent) -> None:
    done = fresh.run("--help")
    assert done.returncode == 0
    assert "ingest" in done.stdout
    assert not list(fresh.home.iterdir())


def test_the_doctor_finds_nothing_wrong(sample: Docent) -> None:
    findings = {finding["name"]: finding for finding in sample.json("doctor")}
    assert all(finding["ok"] is not False for finding in findings.values())
    assert "tokens/s" in findings["llama.cpp build"]["detail"]


def test_the_doctor_says_how_to_mend_a_token(sample: Docent) -> None:
    done = sample.run("doctor", "--json", SLACK_BOT_TOKEN="xoxp-wrong-kind-of-token", DISCORD_TOKEN="short")
    assert done.returncode == 1
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert "SLACK_BOT_TOKEN" in findings["Slack"]["detail"]
    assert findings["Slack"]["remedy"]
    assert findings["Discord"]["ok"] is False
    assert "xoxp" not in done.stdout
