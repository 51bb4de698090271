"""git pull as it really is: nothing is asked, nothing is run, and what fails is one line without secrets."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.watching.pulling import PullError, checkout_of, pull
from tests.integration.repositories import cloned, commit, git, pages, published


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return published(tmp_path / "remote", 1)


@pytest.fixture
def checkout(remote: Path, tmp_path: Path) -> Path:
    return cloned(remote, tmp_path / "checkout")


async def test_hooks_of_the_checkout_do_not_run(remote: Path, checkout: Path, tmp_path: Path) -> None:
    hook = checkout / ".git" / "hooks" / "post-merge"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    commit(remote, **pages(2))
    await pull(checkout)
    assert (checkout / "page-2.md").exists()
    assert not (tmp_path / "ran").exists()


async def test_a_remote_that_is_gone_is_told_in_a_line(remote: Path, checkout: Path) -> None:
    remote.rename(remote.with_name("moved"))
    with pytest.raises(PullError, match=r"does not appear to be a git repository|does not exist") as failure:
        await pull(checkout)
    assert "\n" not in str(failure.value)


async def test_a_server_that_wants_a_password_is_not_waited_for_and_secrets_are_not_told(checkout: Path) -> None:
    async def unauthorised(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\n'
            b"Content-Length: 0\r\nConnection: close\r\n\r\n"
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(unauthorised, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    git(checkout, "remote", "set-url", "origin", f"http://ann:secret@127.0.0.1:{port}/docs.git")
    async with server:
        with pytest.raises(PullError) as failure:
            await pull(checkout)
    assert "secret" not in str(failure.value)


async def test_a_server_that_never_answers_is_given_up(checkout: Path) -> None:
    asked = asyncio.Event()
    over = asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await over.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    git(checkout, "remote", "set-url", "origin", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/docs.git")
    with pytest.raises(PullError, match="took more than 3 s"):
        await pull(checkout, seconds=3)
    assert asked.is_set()
    over.set()
    server.close()


async def test_without_git_there_is_a_remedy(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(PullError, match="GIT_PULL=off"):
        await pull(checkout)


def test_a_checkout_is_found_above_the_folder_but_not_above_the_roots(checkout: Path, tmp_path: Path) -> None:
    inner = checkout / "docs" / "hr"
    inner.mkdir(parents=True)
    assert checkout_of(inner, [tmp_path.resolve()]) == checkout
    assert checkout_of(checkout, [checkout]) == checkout
    assert checkout_of(inner, [inner]) is None
    assert checkout_of(tmp_path, [tmp_path]) is None
