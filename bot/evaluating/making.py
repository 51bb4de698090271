"""Tells what an evaluation was made with: settings without secrets, versions, and a challenger's changed settings."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import get_args

from pydantic import SecretStr, ValidationError

import core
from bot import __version__
from core.errors import ConfigurationError
from core.settings import CoreSettings

# They say where things are or how long they are kept, not how a question is answered.
_OF_NO_MATTER = frozenset({"docent_home", "docs_dir", "hf_endpoint", "retention_days", "reuse_answers"})
_PACKAGES = ("llama-cpp-python", "torch", "sentence-transformers", "numpy")
_PROMPTS = "answering/prompts"


def told_settings(settings: CoreSettings) -> dict[str, str]:
    """Give the settings that an answer can depend on, by their names in the environment; no secret is among them."""
    names = [name for name in type(settings).model_fields if name not in _OF_NO_MATTER and not _is_secret(name)]
    return {name.upper(): _without_account(str(getattr(settings, name))) for name in names}


@cache
def versions() -> Mapping[str, str]:
    """Give the versions of Docent and of what it computes with, and fingerprints of its code and of its prompts."""
    told = {"docent": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            told[package] = version(package)
        except PackageNotFoundError:
            told[package] = "-"
    root = Path(core.__file__).parent
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and path.suffix != ".pyc"]
    told["core code and weights"] = fingerprint(root, files)
    told["prompts"] = fingerprint(root, [path for path in files if path.is_relative_to(root / _PROMPTS)])
    return told


def fingerprint(root: Path, files: Iterable[Path]) -> str:
    """Give 12 hexadecimal digits that change with the files' names below root or contents."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as opened:
            content = hashlib.file_digest(opened, "sha256").hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()[:12]


def changed(settings: CoreSettings, changes: Sequence[str]) -> CoreSettings:
    """Give settings with some changed, each as "NAME=VALUE". Raises ConfigurationError for one that can't be."""
    values = settings.model_dump()
    for change in changes:
        name, equals, value = change.partition("=")
        field = name.strip().lower()
        if not equals or field not in values:
            known = ", ".join(known.upper() for known in values)
            raise ConfigurationError(f"--challenger takes NAME=VALUE with one of {known}; it was given {name!r}.")
        # An empty value counts as unset, as in the environment.
        values[field] = value if value else type(settings).model_fields[field].get_default()
    try:
        return type(settings).model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"]).upper()
        raise ConfigurationError(f"--challenger {place}: {fault['msg']}; .env.example says what it may be.") from None


def told_changes(changes: Sequence[str]) -> str:
    """Give a challenger's changes as text, secrets hidden."""
    parts = [change.partition("=") for change in changes]
    return " ".join(
        f"{name.strip().upper()}={'***' if _is_secret(name.strip().lower()) else _without_account(value)}"
        for name, _, value in parts
    )


def _without_account(text: str) -> str:
    """Leave out the name and password of an address, such as that of an openai: server."""
    return re.sub(r"//[^/@]*@", "//", text)


def _is_secret(field: str) -> bool:
    annotation = CoreSettings.model_fields[field].annotation
    return SecretStr in (annotation, *get_args(annotation))
