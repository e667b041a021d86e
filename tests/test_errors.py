"""Errors say what, why and how to mend, in three lines, without a stack in notebooks."""

import pickle

import pytest

from archkit import errors
from archkit.errors import ArchkitError


@pytest.fixture
def error():
    return errors.StoreError("It is locked.", why="Process 12 holds it.", mend="Close it there.")


def test_an_error_is_three_lines(error):
    assert str(error).splitlines() == [
        "It is locked.",
        "Why: Process 12 holds it.",
        "Mend: Close it there.",
    ]


def test_what_another_library_says_in_many_lines_stays_one():
    error = errors.StoreError("It is\nlocked.", why="IO Error:\n\nLINE 1\n  ^", mend="Close\tit.")
    assert str(error).splitlines() == [
        "It is locked.",
        "Why: IO Error: LINE 1 ^",
        "Mend: Close it.",
    ]


def test_a_notebook_shows_the_three_lines_without_a_stack(error):
    assert error._render_traceback_() == str(error).splitlines()


def test_an_error_survives_pickling(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.what, again.why, again.mend) == (
        errors.StoreError,
        error.what,
        error.why,
        error.mend,
    )


def test_every_kind_is_an_archkit_error():
    kinds = [getattr(errors, name) for name in errors.__all__]
    assert all(issubclass(kind, ArchkitError) for kind in kinds)
