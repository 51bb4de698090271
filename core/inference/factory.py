"""Builds the models that the settings name; nothing is loaded before its first use."""

from __future__ import annotations

from pathlib import Path

from core.errors import ConfigurationError
from core.inference.cross_encoder import CrossEncoderReader
from core.inference.hub import Progress
from core.inference.llama_cpp import LlamaCppChatModel
from core.inference.model_files import (
    BUNDLED_EMBEDDER,
    BUNDLED_READER,
    find_adapter,
    find_chat_model,
    find_embedder,
    merged_place,
)
from core.inference.reader import WEIGHTS as READER_WEIGHTS
from core.inference.reader import EvidenceReader
from core.inference.sentence_transformers import SentenceTransformerEmbedder
from core.ports import ChatModel, Embedder, Reader
from core.settings import CoreSettings

INSTRUCTION_TOKENS = 512  # room for the instructions, the question and the template
SMALLEST_CONTEXT = 2048


def build_chat_model(settings: CoreSettings, progress: Progress | None = None) -> ChatModel | None:
    """Build what CHAT_MODEL names, or None for `none`. Fetches an `hf:` model first: then it blocks, with progress.

    Raises ConfigurationError when there is no such model.
    """
    if settings.chat_model == "none":
        return None
    if settings.chat_model.startswith("openai:"):
        # Imported late: it brings an HTTP client along.
        from core.inference.openai_compatible import OpenAICompatibleChatModel

        base_url, _, model = settings.chat_model.removeprefix("openai:").rpartition("#")
        if not base_url or not model:
            raise ConfigurationError(f"CHAT_MODEL {settings.chat_model!r} is incomplete; write openai:URL#MODEL.")
        return OpenAICompatibleChatModel(
            base_url,
            model,
            settings.openai_api_key.get_secret_value() if settings.openai_api_key else None,
            context_limit=context_needed(settings),
            parallel=settings.parallel,
            queue_size=settings.queue_size,
            answer_seconds=settings.answer_seconds,
        )
    return LlamaCppChatModel(
        find_chat_model(settings, progress),
        threads=settings.threads,
        context_limit=context_needed(settings),
        parallel=settings.parallel,
        queue_size=settings.queue_size,
        answer_seconds=settings.answer_seconds,
        lora_path=find_adapter(settings),
        merged_path=merged_place(settings),
    )


def build_embedder(settings: CoreSettings) -> Embedder:
    """Build what EMBEDDER names. Raises ConfigurationError when it is a path without a model."""
    name, source = find_embedder(settings)
    return SentenceTransformerEmbedder(source, name=name)


def build_reader(settings: CoreSettings) -> Reader | None:
    """Build what RERANKER names, or None for `none`. Raises ConfigurationError when it is a path without a model."""
    wanted = settings.reranker
    if wanted == "none":
        return None
    if wanted == "bundled":
        return EvidenceReader(BUNDLED_READER, BUNDLED_EMBEDDER.path.parent)
    path = Path(wanted).expanduser()
    if path.is_dir() and (path / READER_WEIGHTS).is_file():
        return EvidenceReader(path, BUNDLED_EMBEDDER.path.parent)
    if not path.is_dir() and wanted.startswith((".", "/", "~")):
        raise ConfigurationError(
            f"RERANKER {wanted!r} is no folder; give `bundled`, `none`, a folder or name of a CrossEncoder."
        )
    return CrossEncoderReader(str(path) if path.is_dir() else wanted)


def context_needed(settings: CoreSettings) -> int:
    """Give the tokens of context that the longest prompt and answer take, in steps of 256 as llama.cpp allocates.

    The key-value cache is allocated for all of them, so a model's own limit (often 32,768 and more) would waste memory.
    """
    parts = (
        settings.context_tokens,
        settings.history_tokens,
        settings.question_characters // 3,
        settings.max_tokens,
        INSTRUCTION_TOKENS,
    )
    return max(SMALLEST_CONTEXT, -(-sum(parts) // 256) * 256)
