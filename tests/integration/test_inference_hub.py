"""Downloads from a hub over real sockets."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from core.errors import ConfigurationError
from core.inference.hub import fetch_model_file
from tests.fakes.hub import FakeHub

CONTENT = os.urandom(3_000_000)


@pytest.fixture
async def hub(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeHub]:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    async with FakeHub(CONTENT) as running:
        yield running


async def fetch(hub: FakeHub, folder: Path, repository: str = "owner/name", **options: Any) -> Path:
    options = {"endpoint": hub.url} | options
    return await asyncio.to_thread(fetch_model_file, repository, "small.gguf", folder, **options)


def partial(folder: Path) -> Path:
    return folder / "owner--name" / "small.gguf.part"


async def test_a_file_is_fetched_over_the_redirect_with_progress(hub: FakeHub, tmp_path: Path) -> None:
    steps: list[tuple[int, int | None]] = []
    path = await fetch(hub, tmp_path, progress=lambda done, total: steps.append((done, total)))
    assert path == tmp_path / "owner--name" / "small.gguf"
    assert path.read_bytes() == CONTENT
    assert steps == sorted(steps)
    assert len(steps) > 1
    assert steps[-1] == (len(CONTENT), len(CONTENT))
    assert list(path.parent.iterdir()) == [path]


async def test_a_second_call_uses_the_file_without_network(hub: FakeHub, tmp_path: Path) -> None:
    path = await fetch(hub, tmp_path)
    assert await fetch(hub, tmp_path, endpoint="http://[::1]:1") == path
    assert len(hub.hub_headers) == 1


async def test_the_token_goes_to_the_hub_and_to_nobody_else(hub: FakeHub, tmp_path: Path) -> None:
    await fetch(hub, tmp_path, token="hf_secret")
    assert hub.hub_headers[0]["Authorization"] == "Bearer hf_secret"
    assert "Authorization" not in hub.content_headers[0]


async def test_a_renamed_repository_is_followed(hub: FakeHub, tmp_path: Path) -> None:
    path = await fetch(hub, tmp_path, repository="old/name", token="hf_secret")
    assert path.read_bytes() == CONTENT
    assert hub.hub_headers[0]["Authorization"] == "Bearer hf_secret"


async def test_a_broken_download_goes_on_where_it_stopped(hub: FakeHub, tmp_path: Path) -> None:
    hub.cut_after = 2_000_000
    with pytest.raises(ConfigurationError, match="goes on where it stopped"):
        await fetch(hub, tmp_path)
    there = partial(tmp_path).stat().st_size
    assert 0 < there < len(CONTENT)
    assert (await fetch(hub, tmp_path)).read_bytes() == CONTENT
    assert hub.content_headers[-1]["Range"] == f"bytes={there}-"


async def test_a_server_that_ignores_ranges_sends_all_of_it_again(hub: FakeHub, tmp_path: Path) -> None:
    partial(tmp_path).parent.mkdir()
    partial(tmp_path).write_bytes(CONTENT[:1000])
    hub.ignores_range = True
    assert (await fetch(hub, tmp_path)).read_bytes() == CONTENT


async def test_a_complete_part_needs_only_the_check(hub: FakeHub, tmp_path: Path) -> None:
    partial(tmp_path).parent.mkdir()
    partial(tmp_path).write_bytes(CONTENT)
    assert (await fetch(hub, tmp_path)).read_bytes() == CONTENT


@pytest.mark.parametrize("size", [1000, len(CONTENT), len(CONTENT) + 1])
async def test_a_part_of_another_file_is_fetched_anew(hub: FakeHub, tmp_path: Path, size: int) -> None:
    partial(tmp_path).parent.mkdir()
    partial(tmp_path).write_bytes(b"x" * size)
    assert (await fetch(hub, tmp_path)).read_bytes() == CONTENT


async def test_a_wrong_checksum_leaves_no_file(hub: FakeHub, tmp_path: Path) -> None:
    hub.etag = "0" * 64
    with pytest.raises(ConfigurationError, match="wrong checksum"):
        await fetch(hub, tmp_path)
    assert list((tmp_path / "owner--name").iterdir()) == []


@pytest.mark.parametrize(
    ("status", "code", "hint"),
    [
        (401, "GatedRepo", "is gated.*HF_TOKEN"),
        (403, "GatedRepo", "is gated.*HF_TOKEN"),
        (401, "RepoNotFound", "no such repository or file, or it is private"),
        (404, "EntryNotFound", "no such file"),
        (404, "", "no such repository or file"),
        (503, "", "answers 503.*try again later"),
    ],
)
async def test_each_refusal_says_what_to_do(hub: FakeHub, tmp_path: Path, status: int, code: str, hint: str) -> None:
    hub.status, hub.error = status, code
    with pytest.raises(ConfigurationError, match=hint) as caught:
        await fetch(hub, tmp_path)
    assert "hf:owner/name/small.gguf" in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_file_that_the_disk_cannot_hold_is_not_begun(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(free=len(CONTENT)))
    with pytest.raises(ConfigurationError, match=r"small\.gguf needs 0\.0 GB more.*DOCENT_HOME"):
        await fetch(hub, tmp_path)
    assert not partial(tmp_path).exists()


async def test_without_network_there_is_one_line(hub: FakeHub, tmp_path: Path, unused_tcp_port: int) -> None:
    with pytest.raises(ConfigurationError, match=r"could not be fetched.*Check the network"):
        await fetch(hub, tmp_path, endpoint=f"http://127.0.0.1:{unused_tcp_port}")


async def test_offline_means_offline(hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ConfigurationError, match="HF_HUB_OFFLINE"):
        await fetch(hub, tmp_path)
    assert hub.hub_headers == []


@pytest.mark.parametrize("repository", ["name", "a/b/c", "../name", "owner/.."])
async def test_only_owner_and_name_make_a_repository(hub: FakeHub, tmp_path: Path, repository: str) -> None:
    with pytest.raises(ConfigurationError, match="hf:OWNER/NAME/FILE"):
        await fetch(hub, tmp_path, repository=repository)


async def test_an_endpoint_is_an_http_address(hub: FakeHub, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="HF_ENDPOINT 'file:///etc'"):
        await fetch(hub, tmp_path, endpoint="file:///etc")
