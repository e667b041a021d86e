"""How a turn runs tools: in order, each with its result, whatever a tool does."""

import json
import threading

import pytest
from scripted_client import answer, text, use
from tool_talk import Talk

from archkit.architect.tool import Tool, ToolFailedError, schema


def talk_with(tmp_path, runs, *answers):
    talk = Talk(tmp_path, "Read", *answers)
    tools = {name: Tool(name, "A tool for a test.", schema(), run) for name, run in runs.items()}
    talk.box.offered |= tools
    return talk


def failing(error):
    def run(_):
        raise error

    return run


async def later(_):
    return "later"


RUNS = {
    "gives_text": (lambda _: "text", "text"),
    "gives_text_later": (later, "later"),
    "gives_a_dict": (lambda _: {"a": 1, "b": [2]}, '{"a": 1, "b": [2]}'),
    "gives_a_list": (lambda _: [{"type": "x"}], '[{"type": "x"}]'),
    "gives_nothing": (lambda _: None, "null"),
    "gives_half_a_letter": (lambda _: "\ud800", "?"),
}
FAILS = {
    "fails": (failing(ToolFailedError("It is so.")), "It is so.", False),
    "may_not": (failing(ToolFailedError("It may not.", refused=True)), "It may not.", True),
    "breaks": (failing(RuntimeError("broken")), "RuntimeError: broken", False),
    "says_nothing": (failing(KeyError()), "KeyError: ", False),
    "has_no_end": (failing(RecursionError("deep")), "RecursionError: deep", False),
}


def test_parallel_uses_each_get_their_result_in_order(tmp_path):
    ran = []
    runs = {name: run for name, (run, *_) in (RUNS | FAILS).items()}
    spied = {
        name: (lambda given, run=run, name=name: ran.append(name) or run(given))
        for name, run in runs.items()
        if run is not later
    } | {"gives_text_later": later}
    uses = [use(name, f"u{n}") for n, name in enumerate(runs)]
    again = use("gives_text", "again")
    talk = talk_with(
        tmp_path, spied, answer(*uses, again, use("unheard_of", "x")), answer(text("Done."))
    )
    assert talk.ask().text == "Done."
    assert ran == [name for name in [*runs, "gives_text"] if name != "gives_text_later"]
    results = talk.results()
    assert list(results) == [*(u["id"] for u in uses), "again", "x"]
    expected = [said for _, said in RUNS.values()] + [said for _, said, _ in FAILS.values()]
    assert [result["content"] for result in results.values()][:-2] == expected
    errors = [result.get("is_error", False) for result in results.values()]
    assert errors == [False] * len(RUNS) + [True] * len(FAILS) + [False, True]
    refused = {call.tool for call in talk.calls if call.refused}
    assert refused == {"may_not", "unheard_of"}
    assert [call.n for call in talk.calls] == sorted(call.n for call in talk.calls)
    assert [call.tool_use_id for call in talk.calls][:-1] == [u["id"] for u in uses] + ["again"]


@pytest.mark.parametrize("given", [["a"], "a", 3, None])
def test_input_that_is_no_object_is_made_one_and_misses_what_is_needed(tmp_path, given):
    wrong = {"type": "tool_use", "id": "w", "name": "Read", "input": given}
    talk = Talk(tmp_path, "Read", answer(wrong), answer(text("Done.")))
    assert talk.ask().text == "Done."
    assert talk.calls[0].is_error
    assert talk.results()["w"]["content"] == "'file_path' must be a text that is not empty."
    uses = [b for m in talk.server.bodies[1]["messages"] for b in m["content"]]
    assert [isinstance(b["input"], dict) for b in uses if b["type"] == "tool_use"] == [True]


def test_no_result_holds_a_place_of_this_machine_or_a_secret(tmp_path):
    key = "sk-ant-" + "a1B2" * 8

    def breaks(_):
        raise OSError(2, "No such file", str(tmp_path / "shop" / "x"))

    runs = {"tells": lambda _: f"{tmp_path}/shop/a {key}", "breaks": breaks}
    talk = talk_with(
        tmp_path, runs, answer(use("tells", "a"), use("breaks", "b")), answer(text("Done."))
    )
    talk.ask()
    said = json.dumps(talk.server.bodies[1]["messages"]) + str(talk.calls)
    assert str(tmp_path) not in said
    assert key not in said
    assert "./a [hidden: Anthropic Key]" in said


def test_a_tool_that_blocks_leaves_the_loop_free(tmp_path):
    reached, leave = threading.Event(), threading.Event()

    def blocks(_):
        reached.set()
        leave.wait(20)
        return "done"

    slow = talk_with(tmp_path, {"blocks": blocks}, answer(use("blocks")), answer(text("Slow.")))
    quick = Talk(tmp_path, "Read", answer(text("Quick.")))
    said = []
    thread = threading.Thread(target=lambda: said.append(slow.ask().text))
    thread.start()
    assert reached.wait(20)
    assert quick.ask().text == "Quick."
    leave.set()
    thread.join(20)
    assert said == ["Slow."]
