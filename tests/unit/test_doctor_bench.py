"""How fast the models are here, told by `docent doctor --bench`."""

import re

import pytest

from bot.cli import build_parser
from bot.doctor_bench import measure, speeds
from core.settings import CoreSettings, load_settings
from tests.fakes import FakeChatModel
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.reader import FakeReader


async def test_each_model_is_measured_and_none_is_a_failure() -> None:
    model = FakeChatModel("It is booked in the portal and the receipt is handed in.", piece_seconds=0.001)
    findings = await speeds(FakeEmbedder(), FakeReader(), model, 3)
    assert [finding.name.removeprefix("speed of the ") for finding in findings] == ["embedder", "reader", "chat model"]
    assert all(finding.ok is None for finding in findings)
    embedder, reader, chat = (finding.detail for finding in findings)
    assert re.search(r"embeds \d+ chunks/s of \d+ tokens", embedder)
    assert re.search(r"16 chunks, as many as for a question, in \d+ ms", reader)
    assert re.search(r"reads \d+ and writes \d+ tokens/s; an answer from \d+ tokens takes .* s, 3 at once .* s", chat)


async def test_what_is_not_configured_is_not_measured() -> None:
    assert [finding.name for finding in await speeds(FakeEmbedder(), None, None, 1)] == ["speed of the embedder"]


async def test_a_model_that_cannot_be_had_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDER", "./nowhere")
    [finding] = await measure(load_settings(CoreSettings))
    assert finding.ok is False
    assert "./nowhere" in finding.detail


def test_it_is_asked_for() -> None:
    assert build_parser().parse_args(["doctor", "--bench"]).bench
    assert not build_parser().parse_args(["doctor"]).bench
