"""The page of the golden set, for admins."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot import wording
from bot.platforms.web.golden_page import add_golden
from bot.platforms.web.site import open_site
from bot.settings import BotSettings
from core.bootstrap import open_core
from core.evaluation.examination import examine
from core.evaluation.golden import GoldenAnswer
from tests.conftest import settings_for
from tests.fakes.chat_model import FakeChatModel
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import VACATION
from tests.integration.feedback_office import ASKED, Office

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def office(migrated_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    model = FakeChatModel("You get 30 vacation days [1].")
    async with open_core(settings_for(migrated_url), embedder=FakeEmbedder(), model=model) as core:
        opened = Office(core, model, tmp_path / "docs")
        await opened.open()
        yield opened
        await opened.desk.drain(0)


@pytest.fixture
async def client(office: Office) -> AsyncIterator[Client]:
    application = web.Application()
    add_golden(application, open_site(application, office.core.database, BotSettings()), office.core)
    async with TestClient(TestServer(application)) as opened:
        yield opened


async def page(client: Client, place: str = "/admin/golden") -> str:
    answer = await client.get(place)
    assert answer.status == 200
    return await answer.text()


async def send(client: Client, place: str, **fields: str) -> tuple[int, str]:
    """Send a form as the page does; gives the status and what is shown then."""
    token = re.search(r'name="csrf" value="([^"]+)"', await page(client))
    assert token is not None
    answer = await client.post(f"/admin/golden/{place}", data={"csrf": token[1], **fields})
    return answer.status, await answer.text()


async def test_without_golden_questions_the_page_says_how_to_get_some(client: Client) -> None:
    assert "No question is golden yet" in await page(client)


async def test_a_disliked_answer_is_put_right_and_that_is_audited(client: Client, office: Office) -> None:
    question = await office.ask()
    await office.press("down", reason="outdated")
    shown = await page(client)
    assert ASKED in shown
    assert wording.DOWN_REASONS["outdated"] in shown
    right = "<b>31</b> days a year."
    status, shown = await send(client, "correct", question=str(question), kind="answer", answer=right)
    assert (status, "not asked yet" in shown) == (200, True)
    assert "&lt;b&gt;31&lt;/b&gt; days a year." in shown
    assert "<b>31" not in shown
    (golden,) = await office.golden.all()
    assert (golden.question, golden.source, golden.collections) == (ASKED, "correction", ("default",))
    assert golden.right == GoldenAnswer("answer", right)
    audited = await office.rows("SELECT platform, action, allowed, detail FROM audit")
    assert audited == [("web", "golden correct", True, f"golden {golden.id}")]


async def test_an_answer_of_a_chat_is_corrected_from_its_own_link(client: Client, office: Office) -> None:
    question = await office.ask()
    assert f'name="question" value="{question}"' in await page(client, f"/admin/golden?question={question}")
    assert (await client.get("/admin/golden?question=99999999999999999999")).status == 200


async def test_a_golden_question_is_corrected_added_and_removed(client: Client, office: Office) -> None:
    await office.ask()
    await office.press("up")
    (golden,) = await office.golden.all()
    await send(client, "correct", golden=str(golden.id), kind="refusal")
    assert (await office.golden.all())[0].right == GoldenAnswer("refusal")
    await send(client, "correct", text="Who waters the plants?", kind="answer", answer="Ada does.")
    assert [one.question for one in await office.golden.all()] == [ASKED, "Who waters the plants?"]
    assert (await send(client, "remove", golden=str(golden.id)))[0] == 200
    assert [one.question for one in await office.golden.all()] == ["Who waters the plants?"]


@pytest.mark.parametrize(
    ("place", "fields", "status"),
    [
        ("correct", {"question": "1", "kind": "answer", "answer": " "}, 400),
        ("correct", {"question": "1", "kind": "answer", "answer": "x" * 4001}, 400),
        ("correct", {"text": "", "kind": "refusal"}, 400),
        ("correct", {"question": "77", "kind": "refusal"}, 404),
        ("correct", {"golden": "77", "kind": "refusal"}, 404),
        ("remove", {"golden": "77"}, 404),
        ("remove", {"golden": "drop table"}, 404),
    ],
)
async def test_what_can_not_be_kept_is_said(
    client: Client, office: Office, place: str, fields: dict[str, str], status: int
) -> None:
    await office.ask()
    answered, shown = await send(client, place, **fields)
    assert (answered, 'role="alert"' in shown) == (status, True)
    assert (await office.golden.all(), await office.rows("SELECT * FROM audit")) == ([], [])


async def test_the_page_says_what_the_last_examination_found(client: Client, office: Office) -> None:
    await office.ask()
    await office.press("up")
    await office.ingest(vacation=VACATION.replace("30", "31"))
    await examine(office.core.answerer, office.golden, office.runs, "c0ffee")
    shown = await page(client)
    assert "right before, not now" in shown
    assert wording.GOLDEN_DIFFERENCES["evidence"] in shown
    assert "Employees get 31 vacation days a year." in shown
    assert wording.golden_summary(1, 0, 1) in shown
