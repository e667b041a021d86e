"""The views of what the offline architect proposes: each says all that the text says."""

import json
import re

import pytest
from offline_cases import examples, proposal_of
from openapi_spec_validator import OpenAPIV31SpecValidator

from archkit.proposal.document import read_proposal
from archkit.proposal.services import services_in


@pytest.fixture(scope="module", params=sorted(examples()))
def proposal(request):
    return read_proposal(proposal_of(request.param))


def test_the_openapi_document_is_valid_and_leaves_nothing_open(proposal):
    document = proposal.openapi()
    OpenAPIV31SpecValidator(json.loads(document.to_json())).validate()
    assert sum(map(len, document["paths"].values())) == len(proposal.contracts) > 0
    assert "x-archkit-notes" not in document.to_json()
    assert "default" not in {
        code
        for path in document["paths"].values()
        for operation in path.values()
        for code in operation["responses"]
    }


def test_every_table_of_the_text_is_drawn(proposal):
    named = re.findall(r"CREATE TABLE (\w+)", proposal.text)
    assert [table.name for table in proposal.schema.tables] == named
    assert proposal.schema.unchecked == ()
    for name in named:
        assert f'["{name}"]' in proposal.er_diagram().source


def test_every_service_is_drawn_and_has_a_connection(proposal):
    source = proposal.component_diagram().source
    lines = source.splitlines()
    for service in services_in(proposal):
        (node,) = (line for line in lines if f'"{service.name}"' in line and "-->" not in line)
        number = re.match(r"\s+(c\d+)", node)[1]
        assert re.search(rf"^  {number} -->|--> ?(\|[^|]*\|)? {number}$", source, re.M), (
            service.name
        )


def test_every_choice_has_a_row_that_says_it_all(proposal):
    assert len(proposal.stack) == len(proposal.choices) > 0
    assert not proposal.stack.isna().any().any()


def test_a_proposal_compared_with_itself_and_with_nothing(proposal):
    assert proposal.diff(proposal.text).is_same
    changes = read_proposal("").diff(proposal).changes
    assert set(changes["change"]) == {"added"}
    assert set(changes["kind"]) == {"service", "endpoint", "table", "choice"}
