"""Questions asked while another process ingests see each document whole, in its old version or in its new one."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from core.bootstrap import Core, open_core
from core.models import Question, RetrievedChunk
from core.retrieval.condense import condense
from tests.acceptance.conftest import Docent
from tests.acceptance.ingesting import commands
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder

CLUBS = {
    "falconry": ("leather gloves", "perches in the barn", "licences from the county", "feeding at dusk"),
    "sailing": ("anchors and chains", "life jackets", "the slipway gate", "storm warnings by radio"),
    "pottery": ("kilns on Mondays", "clay deliveries", "glaze recipes", "broken wheels"),
    "chess": ("clocks and boards", "the winter league", "beginners' evenings", "adjourned games"),
    "beekeeping": ("smokers and veils", "honey jars", "swarms in May", "mite treatment"),
    "theatre": ("the costume store", "lighting rehearsals", "ticket refunds", "stage weights"),
    "climbing": ("ropes and harnesses", "belay certificates", "the boulder wall", "night opening"),
    "astronomy": ("the dome motor", "red torches", "meteor nights", "mirror cleaning"),
}
# Two that are not only rewritten: one gets another name each time, the other another name and nothing else.
RENAMED, MOVED = "theatre", "astronomy"
QUESTIONS, VERSIONS = 100, 5


def write(folder: Path, version: int) -> None:
    """Write every club's document in a version that each of its sections carries."""
    folder.mkdir(exist_ok=True)
    for club, matters in CLUBS.items():
        told = "version 000" if club == MOVED else f"version {version:03}"
        sections = [f"## About {matter}\n\nThe {club} club has rules for {matter}: see {told}." for matter in matters]
        named = version if club in (RENAMED, MOVED) else 0
        for old in folder.glob(f"{club}-*.md"):
            old.rename(folder / f"{club}-{named}.md")
        (folder / f"{club}-{named}.md").write_text("\n\n".join([f"# The {club} club", *sections]), encoding="utf-8")


def check(found: Iterable[RetrievedChunk]) -> set[str]:
    """Assert that every club has one document, with all of its sections, in one version; give the versions."""
    documents: dict[str, list[RetrievedChunk]] = defaultdict(list)
    for one in found:
        documents[one.document].append(one)
    clubs: dict[str, list[int]] = defaultdict(list)
    seen = set()
    for document, chunks in documents.items():
        versions = {version_of(one) for one in chunks}
        assert len(versions) == 1, f"{document} is half written: {versions}"
        club = document.partition("-")[0]
        clubs[club] += [one.chunk.ordinal for one in chunks]
        seen |= versions if club != MOVED else set()
    for club in CLUBS:
        # One that changed and moved at once is a new one to the index. It comes before the old one goes, so both may be
        # there; of two sections that say nearly the same a search shows the better one.
        sections = clubs[club] if club != RENAMED else set(clubs[club])
        assert sorted(sections) == [0, 1, 2, 3], f"{club} has the sections {sorted(sections)}"
    return seen


def version_of(found: RetrievedChunk) -> str:
    (version,) = re.findall(r"version (\d{3})", found.chunk.text)
    return str(version)


async def ask(core: Core, number: int) -> set[str]:
    """Ask about one club: all of the index is searched and looked at, then the question is answered. Give versions."""
    club = list(CLUBS)[number % len(CLUBS)]
    matter = CLUBS[club][number % 3]
    question = f"What are the rules of the {club} club for {matter}?"
    versions = check(await core.retriever.retrieve(condense(question, ()), limit=100))
    answer = await core.answerer.answer(Question(question))
    assert answer.kind == "quoted", answer
    cited = {(one.chunk.document, version_of(one.chunk)) for one in answer.citations}
    assert any(document.startswith(club) for document, _ in cited)
    # Of the one that changes and moves at once the old and the new one may both be there, see `check`.
    assert len(cited) == len({document for document, _ in cited}), f"a document is cited in two versions: {cited}"
    return versions


async def test_a_hundred_questions_during_ingests_see_one_whole_version_of_each_document(
    migrated_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "clubs"
    seen: set[str] = set()
    asked = 0
    with commands(migrated_url, folder) as ingests:

        def ingest(version: int) -> None:
            write(folder, version)
            ingests.contents("ingest")

        await asyncio.to_thread(ingest, 0)
        versions = itertools.count(1)
        ingesting = asyncio.create_task(asyncio.to_thread(ingest, next(versions)))
        async with open_core(settings_for(migrated_url), embedder=FakeEmbedder()) as core:
            while asked < QUESTIONS or len(seen) < VERSIONS:
                seen |= await ask(core, asked)
                asked += 1
                if ingesting.done():
                    await ingesting
                    ingesting = asyncio.create_task(asyncio.to_thread(ingest, next(versions)))
        await ingesting


@pytest.mark.models
async def test_questions_during_docent_ingest_see_one_whole_version_of_each_document(
    fresh: Docent, tmp_path: Path
) -> None:
    folder = tmp_path / "clubs"
    write(folder, 0)
    fresh.json("ingest", str(folder))
    settings = settings_for("", docent_home=fresh.home, database_url=None)
    async with open_core(settings) as core:
        seen = await ask(core, 0)
        for version in (1, 2):
            write(folder, version)
            process = fresh.start("ingest", str(folder))
            for number in itertools.count():
                seen |= await ask(core, number)
                if process.poll() is not None:
                    break
            assert process.wait() == 0
        seen |= await ask(core, 0)
    assert seen == {"000", "001", "002"}
