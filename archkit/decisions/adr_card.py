"""A decision record as agent cards show it: JSON as JavaScript writes it, or strict JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from archkit.errors import ArchkitError
from archkit.records import Decision, Outcome

__all__ = ["read_decision_record"]

_TOKEN = re.compile(
    r"(?P<string>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)"
    r"|(?P<comment>//[^\r\n]*|/\*.*?\*/)|(?P<colon>:)|(?P<tab>\t)",
    re.S,
)
_FENCED = re.compile(r"\A\s*(?:```|~~~)[^\n]*\n(.*?)\n\s*(?:```|~~~)\s*\Z", re.S)
_LARGEST = 1_000_000


def read_decision_record(text: str) -> tuple[Decision, Outcome | None]:
    """Read the card's decision record: ``{agent: …, decision: {…}, outcome: {…}}``.

    Parameters
    ----------
    text
        Strict JSON, or as JavaScript has it: keys without quotes, single quotes, comments, a comma
        after the last item; with or without a fence around it.

    Returns
    -------
    tuple
        The decision, unknown keys in its `extra`; and the outcome it reports, if it does.

    Raises
    ------
    ArchkitError
        It cannot be read, or is no decision record.

    Examples
    --------
    >>> decision, _ = read_decision_record('{agent: "a", decision: {chosenApproach: "REST"}}')
    >>> decision.chosen
    'REST'
    """
    fenced = _FENCED.match(text)
    record = _value(fenced[1] if fenced else text)
    if not isinstance(record, Mapping) or not isinstance(record.get("decision"), Mapping):
        raise _refusal("It has no `decision: {…}`.")
    if not record["decision"].get("chosenApproach"):
        raise _refusal("Its decision names no `chosenApproach`.")
    for key in ("context", "outcome"):
        holder = record if key == "outcome" else record["decision"]
        if not isinstance(holder.get(key, {}), Mapping):
            raise _refusal(f"Its `{key}` is no list of fields.")
    if not isinstance(record["decision"].get("alternativesConsidered", ()), list | tuple):
        raise _refusal("Its `alternativesConsidered` is no list.")
    decision = Decision.from_card(record)
    if not record.get("outcome"):
        return decision, None
    return decision, Outcome.from_card(record, decision_id=decision.decision_id)


def _value(text: str) -> Any:
    if len(text) > _LARGEST:
        raise _refusal("It is longer than a megabyte.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        # YAML's flow style is JSON with unquoted keys; aliases (`*a`) have no place in it.
        plain = _TOKEN.sub(_as_yaml, text)
        return json.loads(json.dumps(yaml.load(plain, Loader=_JsonLoader)))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise _refusal(f"It is no JSON, not even as JavaScript writes it{where}.") from error


def _as_yaml(m: re.Match[str]) -> str:
    if m["string"]:
        if m["string"][0] == '"':
            return m["string"].replace("\\'", "'")
        inner = re.sub(r"\\(['`])", r"\1", m["string"][1:-1])
        return json.dumps(re.sub(r"\\n", "\n", inner))
    if m["comment"]:
        return " "
    return ": " if m["colon"] else " "


class _JsonLoader(yaml.SafeLoader):
    """Numbers, true, false and null as JSON has them; all else is text; no aliases."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # as the base class has it

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)


for _tag, _shape, _first in (
    ("bool", r"(?:true|false)$", "tf"),
    ("null", r"(?:null|undefined)$", "nu"),
    ("int", r"-?(?:0|[1-9]\d*)$", "-0123456789"),
    ("float", r"-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$", "-.0123456789"),
):
    _JsonLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_shape), list(_first))


def _refusal(why: str) -> ArchkitError:
    return ArchkitError(
        "The decision record cannot be read.",
        why=why,
        mend="Give it as the card shows it: {agent: …, decision: {type: …, context: {…}, "
        "chosenApproach: …, rationale: {…}, alternativesConsidered: […]}, outcome: {…}}.",
    )
