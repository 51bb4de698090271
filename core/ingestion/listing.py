"""Lists the files of a folder that an ingest looks at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.errors import ConfigurationError, IngestionError
from core.ingestion.ignoring import Rules, is_ignored, read_rules


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder holds: relative paths with "/", and the folders that can't be listed, each with its reason.

    A folder's path ends without "/"; the root's is ".".
    """

    paths: tuple[str, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()


def list_folder(folder: Path, supported: frozenset[str]) -> Listing:
    """List the supported files in order; hidden files and folders stay out, and what `.docentignore` files name.

    Links to folders are not followed, links to files only where they stay inside the folder.
    Raises ConfigurationError when the folder isn't there or can't be read.
    """
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "isn't there"
        raise ConfigurationError(f"The folder {str(folder)!r} {what}; name the folder that holds the documents.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise ConfigurationError(f"The folder {str(folder)!r} can't be read; give this user the right to read it.")
    root = os.path.realpath(folder)
    paths: list[str] = []
    unreadable: list[tuple[str, str]] = []
    # Folders yet to be listed, the next one last: a stack of our own has no limit of depth.
    waiting: list[tuple[str, tuple[Rules, ...]]] = [("", ())]
    while waiting:
        place, rules = waiting.pop()
        try:
            own = read_rules(folder, place)
            rules = (*rules, own) if own else rules
            deeper: list[tuple[str, tuple[Rules, ...]]] = []
            for path, is_folder in _entries(folder, place, root, supported):
                if is_ignored(path, rules):
                    continue
                if is_folder:
                    deeper.append((path, rules))
                else:
                    paths.append(path)
            waiting.extend(reversed(deeper))
        except IngestionError as error:
            unreadable.append((place.rstrip("/") or ".", str(error)))
        except OSError as error:
            unreadable.append((place.rstrip("/") or ".", f"The folder can't be read ({error.strerror}); mend it."))
    return Listing(tuple(paths), tuple(unreadable))


def list_files(folder: Path, supported: frozenset[str]) -> tuple[str, ...]:
    """Give the paths of list_folder alone, for those who do not care what else there may be."""
    return list_folder(folder, supported).paths


def _entries(folder: Path, place: str, root: str, supported: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Yield what may belong in, in order, as (path, is a folder); a folder's path ends with "/"."""
    with os.scandir(folder / place) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield f"{place}{entry.name}/", True
        elif PurePosixPath(entry.name).suffix.lower() in supported and not (
            entry.is_symlink() and _leads_away(entry.path, root)
        ):
            yield f"{place}{entry.name}", False


def _leads_away(link: str, root: str) -> bool:
    """True for a link out of the folder or to a folder."""
    target = Path(os.path.realpath(link))  # Path.resolve raises RuntimeError for links that go in a circle
    return target.is_dir() or not target.is_relative_to(root)
