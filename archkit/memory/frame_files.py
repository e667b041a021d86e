"""A frame as a Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_parquet"]


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame to a Parquet file: lists as lists, instants with their zone, as UTC.

    Parameters
    ----------
    frame
        Its columns hold numbers, texts, instants, or lists of one of these.
    path
        The file; one that is there is replaced.

    Raises
    ------
    OSError
        It cannot be written there.
    """
    # One file handle at a time, and no other file is read: nothing of a frame is a name of one.
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        try:
            connection.from_df(frame).write_parquet(str(path), compression="zstd")
        except duckdb.IOException as error:
            raise OSError(str(error)) from error
