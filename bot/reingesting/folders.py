"""Which folder a chat means: only folders under the roots, whatever links, dots and slashes its name holds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import wording
from core.errors import ConfigurationError
from core.settings import CoreSettings
from core.storage.index_store import CollectionStatus


class FolderRefusedError(ConfigurationError):
    """A folder that may not be ingested from a chat; the message is what its asker is told."""


@dataclass(frozen=True, slots=True)
class Target:
    """A folder, without links in its path, and the collection that mirrors it."""

    folder: Path
    collection: str


class Folders:
    """The folders under some roots. known: collection -> the folder that it mirrors. Their paths are without links."""

    def __init__(self, roots: Sequence[Path], known: Mapping[str, Path]) -> None:
        """Follows the links in both, so that everything after compares places and not names."""
        self.roots = [_real(root) for root in roots]
        self.known = {name: _real(folder) for name, folder in known.items()}

    @classmethod
    def of(cls, settings: CoreSettings, collections: Iterable[CollectionStatus]) -> Folders:
        """Give what may be ingested: under INGEST_ROOTS, or without it in DOCS_DIR and what is mirrored already."""
        known = {entry.name: Path(entry.folder) for entry in collections}
        return cls(settings.roots or [settings.docs_dir, *known.values()], known)

    def all(self) -> list[Target]:
        """Give every known collection. Raises FolderRefusedError when one lies outside of the roots."""
        return [self._checked(Target(folder, name)) for name, folder in self.known.items()]

    def choose(self, name: str) -> Target:
        """Give what a name means: a collection, its folder's name, or a folder under a root, which may be new.

        Raises FolderRefusedError with a sentence.
        """
        mirroring = [known for known, folder in self.known.items() if folder.name == name]
        if name in self.known:
            return self._checked(Target(self.known[name], name))
        if len(mirroring) == 1:
            return self._checked(Target(self.known[mirroring[0]], mirroring[0]))
        if "\0" in name:
            raise FolderRefusedError(wording.folder_outside(name))
        places = [_real(root / name) for root in self.roots] + [root for root in self.roots if root.name == name]
        inside = [place for place in places if self._is_inside(place)]
        if not inside:
            raise FolderRefusedError(wording.folder_outside(name))
        found = next((place for place in inside if _is_folder(place)), None)
        if found is None:
            raise FolderRefusedError(wording.no_such_folder(name, self.names()))
        return self._new(found)

    def names(self) -> list[str]:
        """Give the names that can be chosen: collections, then folders directly under the roots."""
        mirrored = set(self.known.values())
        beneath = {
            place.name
            for root in self.roots
            for place in _folders_in(root)
            if (real := _real(place)) not in mirrored and self._is_inside(real)
        }
        return [*self.known, *sorted(beneath - self.known.keys())]

    def _new(self, folder: Path) -> Target:
        for name, known in self.known.items():
            if known == folder:
                return Target(folder, name)
        root = next(root for root in self.roots if folder.is_relative_to(root))
        collection = folder.relative_to(root).as_posix() if folder != root else root.name
        if collection in self.known:
            raise FolderRefusedError(wording.folder_name_taken(collection, self.known[collection]))
        return Target(folder, collection)

    def _checked(self, target: Target) -> Target:
        if not self._is_inside(target.folder):
            raise FolderRefusedError(wording.folder_outside(target.collection))
        return target

    def _is_inside(self, place: Path) -> bool:
        """Tell whether a place may be ingested: under a root, and in no hidden folder there."""
        return any(
            place.is_relative_to(root) and not any(part.startswith(".") for part in place.relative_to(root).parts)
            for root in self.roots
        )


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _is_folder(path: str | Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  Path.is_dir raises for loops of links and for names that are too long


def _folders_in(root: Path) -> list[Path]:
    try:
        with os.scandir(root) as entries:
            names = [entry.path for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return []  # a root that isn't there has nothing to offer
    return [Path(name) for name in names if _is_folder(name)]
