"""The public names: few, sorted, documented, and loaded only when used."""

import inspect
import subprocess
import sys

import pytest

import archkit


def test_the_public_names_are_sorted_and_all_there():
    assert archkit.__all__ == sorted(archkit.__all__)
    assert set(archkit.__all__) <= set(dir(archkit))
    for name in archkit.__all__:
        assert getattr(archkit, name) is not None


@pytest.mark.parametrize("name", archkit.__all__)
def test_each_public_name_is_documented(name):
    thing = getattr(archkit, name)
    assert inspect.getdoc(thing), f"archkit.{name} has no docstring"
    assert name in (archkit.__doc__ or "")
    if inspect.isclass(thing):
        for member, value in vars(thing).items():
            if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                assert inspect.getdoc(getattr(thing, member)), f"{name}.{member} has no docstring"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'frontend'"):
        archkit.frontend  # noqa: B018


def test_importing_archkit_imports_none_of_the_slow_parts():
    code = (
        "import sys, archkit; print(sorted({'anthropic', 'pandas', 'duckdb', 'plotly', 'numpy', "
        "'tantivy', 'yaml', 'sqlglot', 'jsonschema', 'nbconvert'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
