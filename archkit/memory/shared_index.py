"""A memory's patterns, indexed: in this process if they are few, else in a folder beside the file.

The folder is shared by all processes and derived from the rows: whatever it lacks or has too much
is found by key when the memory is opened, so a killed process leaves nothing wrong behind.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import compress
from pathlib import Path

import numpy as np

from archkit.memory.catalogue import Catalogue, Wording, Wordings
from archkit.memory.reading import PATTERNS, PAYLOADS, pattern_of, wordings_of
from archkit.memory.retrieval import FIELD_WEIGHTS, WEIGHED, PatternIndex
from archkit.memory.store import Store
from archkit.records import Pattern

__all__ = ["IN_PROCESS", "index_folder", "open_catalogue"]

IN_PROCESS = 2_000
"""Up to so many patterns are indexed by each process for itself: measured, 0.2 s at opening."""

_PORTION = 5_000


def index_folder(path: Path) -> Path:
    """Return where a large memory's index is kept; to delete it is harmless."""
    return path.with_name(f"{path.name}.index")


def open_catalogue(store: Store, wordings: Wordings) -> Catalogue:
    """Return the patterns of a memory, the index brought up to date with them.

    Parameters
    ----------
    store
        Where they are read from.
    wordings
        Their latest wordings, as the file has them.
    """
    folder = index_folder(store.path)
    if len(wordings[0]) > IN_PROCESS:
        for _ in range(2):
            try:
                return _synced(store, wordings, PatternIndex(folder=_made(folder)))
            except ValueError:  # tantivy's word for a folder that is damaged or gone
                shutil.rmtree(folder, ignore_errors=True)
            except OSError:  # not writable: each process for itself
                break
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return _synced(store, wordings, PatternIndex())


def _synced(store: Store, wordings: Wordings, index: PatternIndex) -> Catalogue:
    keys = np.array(wordings[0], dtype=np.uint64)
    there, times = np.unique(index.keys(), return_counts=True)
    strange = ~np.isin(there, keys, assume_unique=True)
    if strange.any():  # outdated, or put in by another process since the wordings were read
        [now] = store.columns(PATTERNS)
        strange &= ~np.isin(there, np.array(wordings_of(now)[0], dtype=np.uint64))
    wrong = strange | ((times > 1) & np.isin(there, keys, assume_unique=True))
    if wrong.any():
        index.update(removed=there[wrong].tolist())
        there = there[~wrong]
    kept = np.isin(keys, there, assume_unique=True)
    if kept.all():
        return Catalogue(index, wordings)
    catalogue = Catalogue(
        index, tuple(list(compress(column, kept.tolist())) for column in wordings)
    )
    missing = [Wording(*(column[row] for column in wordings)) for row in np.flatnonzero(~kept)]
    for start in range(0, len(missing), _PORTION):
        catalogue.put(_read(store, missing[start : start + _PORTION]))
    return catalogue


def _read(store: Store, wordings: Sequence[Wording]) -> Iterator[tuple[Wording, Pattern]]:
    """Give wordings with their patterns; those that can be none are left out."""
    [rows] = store.columns(PAYLOADS, ids=[wording.event_id for wording in wordings])
    payloads = dict(zip(rows["event_id"].tolist(), rows["payload"].tolist(), strict=True))
    for wording in wordings:
        pattern = pattern_of(payloads.get(wording.event_id, ""))
        if pattern is not None:
            yield wording, pattern


def _made(folder: Path) -> Path:
    """Return the folder for an index of our shape; one of another archkit's shape is removed."""
    shape = repr((version("tantivy"), FIELD_WEIGHTS, WEIGHED))
    ours = folder / hashlib.sha256(shape.encode()).hexdigest()[:12]
    if not ours.is_dir():
        shutil.rmtree(folder, ignore_errors=True)
        ours.mkdir(parents=True, exist_ok=True)
    return ours
