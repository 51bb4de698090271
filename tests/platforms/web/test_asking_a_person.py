"""The button "Ask a person" on the page: it tells whom to ask, because nobody else reads there."""

from __future__ import annotations

from pathlib import Path

from bot import wording
from tests.platforms.web.browser import browser
from tests.platforms.web.conftest import Serve
from tests.platforms.web.test_page_conversation import asked, press

UNKNOWN = "Does the garage mend a bicycle?"


async def test_under_a_refusal_it_names_the_owner_of_the_nearest_document(serve: Serve, handbook: Path) -> None:
    (handbook / "CODEOWNERS").write_text("* Ada\\ <b>Lovelace")
    process = await serve()
    async with browser(process.address) as visitor:
        page = await asked(process, visitor, UNKNOWN)
        assert wording.NOT_FOUND in page.words
        page = await press(visitor, page, "human")
    (said,) = page.xpath("//div[@class='said']")
    assert "owns it: please ask there" in said.text_content()
    assert "Ada <b>Lovelace" in said.text_content()


async def test_after_a_thumb_down_it_is_offered_under_any_answer(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await asked(process, visitor)
        assert page.xpath("//button[@value='human']") == []
        page = await press(visitor, page, "down")
        assert len(page.xpath("//button[@value='human']")) == 1
        page = await press(visitor, page, "human")
    assert wording.no_owner(()) in page.words
