"""How `docent doctor` prints findings: a line each, JSON on demand, and an exit status."""

from __future__ import annotations

import argparse
import json

import pytest

from bot.commands import doctor
from bot.findings import Finding, listed

LINK = "https://discord.com/oauth2/authorize?client_id=1573653661198843904&scope=bot+applications.commands"
FINE = Finding("Discord", True, "DISCORD_TOKEN is valid: Docent")
HINT = Finding("Discord message content", None, "off, and not needed")
FAULT = Finding("Discord servers", False, "in none", f"Open {LINK} and choose your server.")


async def printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *findings: Finding, as_json: bool = False
) -> tuple[int, str]:
    async def examine(*_settings: object) -> list[Finding]:
        return list(findings)

    monkeypatch.setattr(doctor, "examine", examine)
    status = await doctor.run(argparse.Namespace(json=as_json, bench=False))
    return status, capsys.readouterr().out


async def test_each_finding_is_a_line_however_long_with_its_remedy_below(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, output = await printed(monkeypatch, capsys, FINE, HINT, FAULT)
    assert status == 1
    assert output.splitlines() == [
        "✓ Discord: DISCORD_TOKEN is valid: Docent",
        "· Discord message content: off, and not needed",
        "✗ Discord servers: in none",
        f"  → Open {LINK} and choose your server.",
    ]


async def test_hints_are_no_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert (await printed(monkeypatch, capsys, FINE, HINT))[0] == 0


async def test_json_is_a_list_of_findings(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    status, output = await printed(monkeypatch, capsys, FINE, FAULT, as_json=True)
    assert status == 1
    assert json.loads(output) == [
        {"name": "Discord", "ok": True, "detail": "DISCORD_TOKEN is valid: Docent", "remedy": ""},
        {"name": "Discord servers", "ok": False, "detail": "in none", "remedy": f"Open {LINK} and choose your server."},
    ]


async def test_a_name_that_somebody_chose_cannot_break_out_of_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    named = Finding("Discord servers", True, "in 1: Ac\x1b[31mme\n✓ Slack: [bold]all is well\u202e")
    assert (await printed(monkeypatch, capsys, named))[1] == (
        "✓ Discord servers: in 1: Ac[31mme ✓ Slack: [bold]all is well\n"
    )


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (list("abcde"), "a, b, c and 2 more"),
    ],
)
def test_names_are_listed_as_people_do(names: list[str], text: str) -> None:
    assert listed(names, 3) == text
