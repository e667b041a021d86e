"""A proposal that reached the longest answer allowed: what is asked, joined, and said of it."""

import httpx2
from scripted_client import NOW, SECTIONS, Remembered, Server, answer, asking, card, text

from archkit.architect.continuing import MAX_CONTINUATIONS, continued
from archkit.architect.conversation import Reply
from archkit.architect.session import Session
from archkit.proposal.document import read_proposal

PARTS = [f"## {n}. {title}\n\nSaid of {title.lower()}." for n, title in enumerate(SECTIONS, 1)]
WHOLE = "# Shop\n\n" + "\n\n".join(PARTS)
CUT = "# Shop\n\n" + "\n\n".join(PARTS[:5]).removesuffix("of data schema.")
CUT_OFF = "The proposal was cut off: it reached the longest answer allowed"


class Asked:
    """Answers in order; `requests` are the texts it was asked."""

    def __init__(self, *replies):
        self.replies, self.requests = list(replies), []

    def __call__(self, request):
        self.requests.append(request[0]["text"])
        return self.replies.pop(0)


def cut(*parts):
    return Reply("\n\n".join(parts), "max_tokens")


def test_whole_answer_is_left_alone():
    reply, notices = Reply(WHOLE, "complete"), []
    assert continued(reply, Asked(), notices) is reply
    assert notices == []


def test_section_that_was_cut_is_written_again_and_the_missing_ones_follow():
    asked, notices = Asked(Reply("\n\n".join(PARTS[4:]), "complete")), []
    reply = continued(Reply(CUT, "max_tokens"), asked, notices)
    assert (reply.text.strip(), reply.ended) == (WHOLE, "complete")
    assert notices == [f"{CUT_OFF}, and was gone on with once."]
    (request,) = asked.requests
    assert request.startswith('<request stage="continue">\n<section>"Data Schema"</section>')
    listed = '<missing>["Technology Stack Rationale", "Key Considerations"]</missing>'
    assert listed in request


def test_one_that_is_cut_again_is_gone_on_with_again():
    asked, notices = Asked(cut(*PARTS[4:6]), Reply("\n\n".join(PARTS[5:]), "complete")), []
    reply = continued(Reply(CUT, "max_tokens"), asked, notices)
    assert reply.text.strip() == WHOLE
    assert '<section>"Technology Stack Rationale"</section>' in asked.requests[1]
    assert notices == [f"{CUT_OFF}, and was gone on with 2 times."]


def test_it_goes_on_so_often_at_most_and_says_what_is_missing():
    short = "# Shop\n\n" + PARTS[0]
    asked = Asked(*(cut(PARTS[n], PARTS[n + 1]) for n in range(MAX_CONTINUATIONS + 1)))
    notices = []
    reply = continued(Reply(short, "max_tokens"), asked, notices)
    assert len(asked.requests) == MAX_CONTINUATIONS
    assert reply.ended == "max_tokens"
    assert notices == [f"{CUT_OFF}; missing: {', '.join(SECTIONS[3:])}."]


def test_answer_without_sections_and_one_that_brings_nothing_end_it():
    for start in (Reply("Let me think about", "max_tokens"), Reply(CUT, "max_tokens")):
        asked, notices = Asked(Reply("I have nothing to add.", "complete")), []
        assert continued(start, asked, notices) == start
        assert notices[-1].startswith(CUT_OFF)


def session_on(tmp_path, *answers):
    (tmp_path / "shop").mkdir()
    memory, server = Remembered(), Server(answer(asking("users")), *answers)
    given = {"client": server.client(), "workspace": tmp_path / "shop", "now": lambda: NOW}
    session = Session(card(tmp_path), memory, max_repairs=0, **given)
    session.brief("Sell posts")
    return session, server, memory


def test_session_goes_on_and_keeps_one_version(tmp_path):
    rest = answer(text("\n\n".join(PARTS[4:])))
    session, server, memory = session_on(
        tmp_path, answer(text(CUT), stop_reason="max_tokens"), rest
    )
    assert session.propose().missing == ()
    assert [kept["text"].strip() for kept in memory.of_kind("proposal")] == [WHOLE]
    assert [m["stop_reason"] for m in memory.of_kind("message") if m["role"] == "assistant"] == [
        *("tool_use", "max_tokens", "end_turn"),
    ]
    assert [m["role"] for m in server.bodies[-1]["messages"]][-3:] == ["user", "assistant", "user"]


def test_going_on_that_breaks_off_leaves_what_there_is_and_names_what_is_missing(tmp_path):
    broken = answer(text(PARTS[4]), until=4, fault=httpx2.RemoteProtocolError("gone"))
    session, _, memory = session_on(tmp_path, answer(text(CUT), stop_reason="max_tokens"), broken)
    proposal = session.propose()
    assert proposal.text == CUT
    told = f"{CUT_OFF}; missing: {', '.join(SECTIONS[5:])}."
    assert session.notices[-1].startswith(f"{told} Going on with it broke off: RemoteProtocolError")
    assert memory.of_kind("message")[-1]["status"] == "interrupted"
    assert read_proposal(CUT).missing == tuple(SECTIONS[5:])
