"""Fetches one model file from a Hugging Face hub: resumed, checked against its checksum, complete or not there at all.

What the hub answers stands in huggingface_hub's `file_download.py`: a redirect to the host that holds the file, with
the file's SHA-256 and size in `X-Linked-ETag` and `X-Linked-Size`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from core.errors import ConfigurationError

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and all bytes (None when the hub doesn't say)."""

BLOCK = 1024**2
SPARE_DISK = 64 * 1024**2  # bytes of disk that a download leaves free
SECONDS_OF_SILENCE = 60.0
MOST_REDIRECTS = 5


def fetch_model_file(
    repository: str,
    file: str,
    folder: Path,
    *,
    endpoint: str = "https://huggingface.co",
    token: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Give the path of a file of a hub repository (`owner/name`) below folder, fetched unless it is there. Blocks.

    A partial download is resumed. The token goes to the endpoint's own host only. Raises ConfigurationError when
    the file can't be had: no network, no such file, access refused, disk full, wrong checksum.
    """
    source = f"hf:{repository}/{file}"
    target = model_file_place(repository, file, folder)
    if target.is_file():
        return target
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        raise ConfigurationError(f"{source} is not in {folder}, and HF_HUB_OFFLINE forbids to fetch it; unset it.")
    if urlsplit(endpoint).scheme not in {"http", "https"}:
        raise ConfigurationError(f"HF_ENDPOINT {endpoint!r} is no http(s) address.")
    url = f"{endpoint.rstrip('/')}/{quote(repository)}/resolve/main/{quote(file)}"
    partial = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        resumed = partial.exists()
        intact = _download(url, token, partial, progress)
        if not intact and resumed:  # the file on the hub may have changed since its first part was fetched
            intact = _download(url, token, partial, progress)
    except HTTPError as error:
        with closing(error):
            raise ConfigurationError(_explain(error, source, f"{endpoint}/{repository}")) from None
    except (HTTPException, OSError) as error:  # no connection, time-outs, a connection that breaks off, no permission
        reason = error.reason if isinstance(error, URLError) else error
        raise ConfigurationError(
            f"{source} could not be fetched from {endpoint}: {reason or type(error).__name__}. "
            "Check the network and run it again: it goes on where it stopped."
        ) from None
    if not intact:
        raise ConfigurationError(
            f"{source} arrived with a wrong checksum and was deleted; run it again, and if that fails too, "
            f"see what stands between you and {endpoint}."
        )
    partial.replace(target)
    return target


def model_file_place(repository: str, file: str, folder: Path) -> Path:
    """Give the path below folder at which a file of a hub repository is kept, whether it is there yet or not.

    Raises ConfigurationError for names that are none on a hub.
    """
    if len(PurePosixPath(repository).parts) != 2 or ".." in PurePosixPath(repository, file).parts:
        raise ConfigurationError(f"hf:{repository}/{file} names no file on the hub; write hf:OWNER/NAME/FILE.gguf.")
    return folder / repository.replace("/", "--") / file


def file_sha256(path: Path) -> str:
    """Give the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(slots=True)
class _RemoteFile:
    """What the hub says of a file: its checksum, its size in bytes, and its address (maybe on another host)."""

    url: str
    sha256: str | None = None
    size: int | None = None


class _NoRedirects(HTTPRedirectHandler):
    """Leaves redirects to us: the checksum is in the hub's answer, and the token is not for the next host."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> Request | None:
        return None


_opener = build_opener(_NoRedirects)


def _download(url: str, token: str | None, partial: Path, progress: Progress | None) -> bool:
    """Bring the partial file to its full length and check it; a wrong one is deleted, and the answer is False."""
    remote = _RemoteFile(url)
    start = partial.stat().st_size if partial.exists() else 0
    response = _open(remote, token, start)
    if response:
        with response:
            _receive(response, remote, partial, start, progress)
    if remote.sha256 is None or file_sha256(partial) == remote.sha256:
        return True
    partial.unlink()
    return False


def _open(remote: _RemoteFile, token: str | None, start: int) -> HTTPResponse | None:
    """Follow redirects to the file's bytes from start on, noting what the hub says; None when there are no more."""
    hub = urlsplit(remote.url)[:2]
    for _ in range(MOST_REDIRECTS):
        at_hub = urlsplit(remote.url)[:2] == hub
        request = Request(remote.url, headers={"User-Agent": "docent", "Accept-Encoding": "identity"})  # noqa: S310
        if start:
            request.add_header("Range", f"bytes={start}-")
        if token and at_hub:
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        try:
            response: HTTPResponse = _opener.open(request, timeout=SECONDS_OF_SILENCE)
        except HTTPError as error:
            if at_hub:
                _note(remote, error.headers)
            if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and start:
                error.close()
                return None
            if not (300 <= error.code < 400 and "Location" in error.headers):
                raise
            error.close()
            remote.url = urljoin(remote.url, error.headers["Location"])
            if urlsplit(remote.url).scheme not in {"http", "https"}:
                raise URLError(f"redirected to {remote.url}") from None
        else:
            if at_hub:
                _note(remote, response.headers)
            return response
    raise URLError(f"more than {MOST_REDIRECTS} redirects")


def _note(remote: _RemoteFile, headers: Message) -> None:
    """Keep the checksum and size from an answer of the hub; the ETag of another host means something else."""
    etag = (headers.get("X-Linked-ETag") or headers.get("ETag") or "").removeprefix("W/").strip('"')
    if re.fullmatch(r"[0-9a-f]{64}", etag):  # a file in git itself has a shorter one
        remote.sha256 = etag
    size = headers.get("X-Linked-Size", "")
    if size.isdigit():
        remote.size = int(size)


def _receive(response: HTTPResponse, remote: _RemoteFile, partial: Path, start: int, progress: Progress | None) -> None:
    """Write the response behind what is there, or from the beginning when the server ignored the range."""
    done = start if response.status == HTTPStatus.PARTIAL_CONTENT else 0
    length = response.headers.get("Content-Length")
    total = remote.size if remote.size is not None else done + int(length) if length else None
    free = shutil.disk_usage(partial.parent).free
    if total is not None and total - done > free - SPARE_DISK:
        raise ConfigurationError(
            f"{partial.with_suffix('').name} needs {(total - done) / 1e9:.1f} GB more in {partial.parent}, but "
            f"{free / 1e9:.1f} GB are free; make room or set DOCENT_HOME to another disk."
        )
    with partial.open("ab" if done else "wb") as file:
        while block := response.read(BLOCK):
            file.write(block)
            done += len(block)
            if progress:
                progress(done, total)
    if total is not None and done < total:
        raise ConnectionError(f"the connection broke off after {done} of {total} bytes")


def _explain(error: HTTPError, source: str, page: str) -> str:
    """Say in one line what an HTTP status of the hub means and what to do."""
    code = error.headers.get("X-Error-Code", "")
    if code == "GatedRepo" or error.code == HTTPStatus.FORBIDDEN:
        return f"{source} is gated ({error.code}); accept its terms at {page} and set HF_TOKEN to a token of yours."
    if code == "EntryNotFound":
        return f"{source}: the repository has no such file ({error.code}); see the file names at {page}."
    if error.code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:  # the hub answers 401 for what it may not show
        return f"{source}: no such repository or file, or it is private ({error.code}); check {page} and HF_TOKEN."
    return f"{source} could not be fetched: {page} answers {error.code} {error.reason}; try again later."
