"""The composition root: the only place that builds adapters and puts the core together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from core.answering.answerer import Answerer, Limits
from core.answering.choosing import EvidenceChooser
from core.answering.configuration import configuration_of
from core.answering.reuse import ReusingAnswerer
from core.inference.factory import build_chat_model, build_embedder, build_reader
from core.inference.hub import Progress
from core.inference.remembering import RememberingEmbedder
from core.ingestion.ingest import Ingester
from core.ingestion.loaders.files import MEGABYTE
from core.ingestion.loaders.guarded import Loader
from core.models import Sampling
from core.ports import ChatModel, Embedder, Reader
from core.retrieval.retriever import Retriever
from core.settings import CoreSettings
from core.storage.access_store import AccessStore
from core.storage.answer_store import AnswerStore
from core.storage.batch_store import BatchStore
from core.storage.conversation_store import ConversationStore
from core.storage.database import Database
from core.storage.index_store import IndexStore
from core.storage.run_store import RunStore
from core.storage.search_store import SearchStore

if TYPE_CHECKING:
    from core.storage.worker import Worker, WorkerTimes


@dataclass(frozen=True, slots=True)
class Core:
    """Everything a front end needs; models load at their first use.

    answerer: always answers anew. reusing: gives a kept answer again. kept: those answers. configuration: gives what
    names the present configuration (core.answering.configuration).
    """

    settings: CoreSettings
    database: Database
    access: AccessStore
    embedder: Embedder
    model: ChatModel | None
    index: IndexStore
    runs: RunStore
    conversations: ConversationStore
    retriever: Retriever
    ingester: Ingester
    answerer: Answerer
    reusing: ReusingAnswerer
    kept: AnswerStore
    configuration: Callable[[], str]


@asynccontextmanager
async def open_core(
    settings: CoreSettings,
    *,
    migrate: bool = False,
    with_model: bool = True,
    fetching: Progress | None = None,
    embedder: Embedder | None = None,
    model: ChatModel | None = None,
    reader: Reader | None = None,
) -> AsyncIterator[Core]:
    """Open the database, check the schema and build the core; everything is closed on the way out.

    migrate: bring an older schema up to date instead of refusing it.
    with_model: False leaves the chat model out. fetching: told of the bytes while an hf: model is fetched.
    embedder, model, reader: given ones take the place of those that the settings name.
    Raises ConfigurationError or StoreError with one helpful line.
    """
    embedder = embedder or build_embedder(settings)
    reader = reader or build_reader(settings)
    if model is None and with_model:
        model = build_chat_model(settings, fetching)
    loader = Loader(max_bytes=settings.max_file_mb * MEGABYTE, seconds=settings.file_seconds)
    database = await Database.open(settings)
    try:
        await database.ensure_schema(migrate=migrate)
        language = settings.search_language
        index = IndexStore(database)
        runs = RunStore(database)
        remembering = RememberingEmbedder(embedder)
        retriever = Retriever(SearchStore(database), remembering)
        answerer = Answerer(
            retriever,
            EvidenceChooser(remembering, reader, language),
            model,
            Sampling(
                temperature=settings.temperature,
                top_k=settings.top_k,
                top_p=settings.top_p,
                min_p=settings.min_p,
                seed=settings.seed,
                max_tokens=settings.max_tokens,
            ),
            Limits(settings.question_characters, settings.context_tokens, settings.history_tokens),
            language,
        )
        kept = AnswerStore(database, settings.retention_days)

        @cache
        def configuration() -> str:
            return configuration_of(settings, [model.name if model else "none", embedder.name, type(reader).__name__])

        yield Core(
            settings=settings,
            database=database,
            access=AccessStore(database),
            embedder=embedder,
            model=model,
            index=index,
            runs=runs,
            conversations=ConversationStore(database, configuration),
            retriever=retriever,
            ingester=Ingester(index, runs, embedder, language, loader.load, settings.file_seconds),
            answerer=answerer,
            reusing=ReusingAnswerer(answerer, kept, configuration, enabled=settings.reuse_answers == "on"),
            kept=kept,
            configuration=configuration,
        )
    finally:
        if model is not None:
            await model.close()
        loader.close()
        await database.close()


def build_worker(core: Core, times: WorkerTimes | None = None) -> Worker:
    """Give what takes ingest work off the queue in this process; nothing is opened or loaded before it runs."""
    # Imported late: most commands take nothing off the queue.
    from core.ingestion.sharing import SharedRuns
    from core.storage.worker import Worker

    return Worker(core.database, SharedRuns(core.ingester, core.runs, BatchStore(core.database)), times)
