"""What a person can set for the core, read once from the environment and `.env`, then passed down."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigurationError

Settings = TypeVar("Settings", bound=BaseSettings)

SETTINGS_CONFIG = SettingsConfigDict(
    env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, frozen=True, extra="ignore", case_sensitive=False
)


class CoreSettings(BaseSettings):
    """Settings of the core; an empty variable counts as unset. Field descriptions are the reference text."""

    model_config = SETTINGS_CONFIG

    docent_home: Path = Field(Path(".docent"), description="where Docent keeps its data")
    database_url: SecretStr | None = Field(None, description="a Postgres with pgvector; empty: the embedded one")
    docs_dir: Path = Field(Path("examples/handbook"), description="the folder that `make run` ingests")
    ingest_roots: str = Field("", description="folders, comma-separated, under which chats may have folders ingested")
    max_file_mb: Annotated[int, Field(ge=1)] = Field(50, description="megabytes of a file, and of its text, at most")
    file_seconds: Annotated[float, Field(gt=0)] = Field(60.0, description="time limit of reading one file")
    search_language: str = Field("english", description="Postgres text search configuration")

    embedder: str = Field("bundled", description="bundled | a sentence-transformers name or path")
    reranker: str = Field("bundled", description="bundled | none | a sentence-transformers CrossEncoder name or path")
    chat_model: str = Field("bundled", description="bundled | none | PATH.gguf | hf:REPO/FILE.gguf | openai:URL#MODEL")
    chat_adapter: str = Field("bundled", description="bundled (for the bundled chat model) | none | LORA.gguf")
    openai_api_key: SecretStr | None = Field(None, description="key for an openai: server that wants one")
    hf_endpoint: str = Field("https://huggingface.co", description="where hf: models are fetched from")
    hf_token: SecretStr | None = Field(None, description="token for gated hf: models")

    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    top_k: Annotated[int, Field(ge=0)] = 40
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.95
    min_p: Annotated[float, Field(ge=0, le=1)] = 0.05
    seed: int = 0
    max_tokens: Annotated[int, Field(ge=1)] = Field(120, description="tokens of one answer at most")
    context_tokens: Annotated[int, Field(ge=64)] = Field(600, description="tokens of documents in one prompt at most")
    history_tokens: Annotated[int, Field(ge=0)] = Field(200, description="tokens of conversation in one prompt at most")
    threads: Annotated[int, Field(ge=0)] = Field(0, description="threads of the chat model; 0: the physical cores")
    parallel: Annotated[int, Field(ge=1, le=64)] = Field(4, description="answers that the chat model makes at a time")
    answer_seconds: Annotated[float, Field(gt=0)] = Field(120.0, description="time limit of one answer")
    queue_size: Annotated[int, Field(ge=1)] = Field(32, description="questions that may wait for the model")
    question_characters: Annotated[int, Field(ge=1)] = Field(4000, description="longest question that is accepted")
    reuse_answers: Literal["on", "off"] = Field("on", description="give an answer again while what it cites stands")
    retention_days: Annotated[int, Field(ge=0)] = Field(90, description="days that answers are kept; 0: for ever")

    @property
    def roots(self) -> list[Path]:
        """The folders of INGEST_ROOTS; none where it is unset."""
        return [Path(root.strip()).expanduser() for root in self.ingest_roots.split(",") if root.strip()]


def load_settings(kind: type[Settings]) -> Settings:
    """Read one settings class from the environment, or raise ConfigurationError naming each bad variable."""
    try:
        return kind()
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']} (got {fault['input']!r})"
            for fault in error.errors()
        )
        raise ConfigurationError(f"Wrong settings: {faults}. See .env.example for what each may be.") from None
