from hypothesis import given
from hypothesis import strategies as st

from archkit.widgets.live_text import LiveText


def shown(live):
    return "".join(live.parts())


def test_text_and_tool_calls_stand_in_the_order_they_came():
    live = LiveText()
    live.add_text("One ")
    live.add_text("two")
    live.add_line("queried memory: 4 patterns, 2 ms")
    live.add_text("three")
    assert shown(live) == (
        '<div class="ak-live">One two</div>'
        '<div class="ak-tool">queried memory: 4 patterns, 2 ms</div>'
        '<div class="ak-live">three</div>'
    )
    assert live.arrived == 4


def test_nothing_written_is_nothing_shown():
    assert LiveText().parts() == ("",)


def test_what_a_model_writes_is_text_whatever_it_is():
    live = LiveText()
    live.add_text("<script>alert(1)</script>")
    live.add_line('Bash: "><img src=x>')
    assert "<script" not in shown(live)
    assert "<img" not in shown(live)


@given(st.lists(st.text(alphabet="ab \n", max_size=700), max_size=30))
def test_parts_before_the_last_never_change_and_the_last_stays_short(pieces):
    live, before = LiveText(), ()
    for piece in pieces:
        live.add_text(piece)
        parts = live.parts()
        assert parts[: len(before) - 1] == before[:-1]
        assert len(parts[-1]) < 3800
        before = parts
    inner = shown(live).replace('<div class="ak-live">', "").replace("</div>", "")
    assert inner == "".join(pieces)
