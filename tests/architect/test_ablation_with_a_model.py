"""The ablation runs with any client, unchanged: here with a scripted server behind the real SDK."""

from scripted_client import PROPOSAL, Server, answer, asking, card, text

from archkit.ablation import ARMS, Score, Trial, ablate
from archkit.memory.memory import Memory


def test_a_model_is_tried_in_every_arm_and_told_of_the_memory_only_where_there_is_one(tmp_path):
    said = (asking("scale"), text(PROPOSAL), text("I leave it as it is."))
    server = Server(*(answer(block) for _ in ARMS for block in said))
    folder = tmp_path / "shop"
    folder.mkdir()
    with Memory(tmp_path / "own" / "archkit.duckdb") as memory:
        result = ablate(
            [Trial("posts", "Stop the N+1 queries", answers={"scale": "50 posts", "other": "x"})],
            memory,
            lambda trial, session: Score(bool(session.proposal), chosen="dataloader"),
            client=server.client(),
            card=card(tmp_path),
            workspace=folder,
        )
        events = memory.sql("SELECT count(*) n FROM event WHERE kind = 'session_started'")
    assert result.frame["good"].all()
    assert set(result.frame["client"]) == {"claude"}
    assert result.comparisons()["difference"].tolist() == [0, 0, 0]
    assert events["n"][0] == 0
    assert len(server.bodies) == 9
    assert all("50 posts" in str(body["messages"]) for body in server.bodies[1::3])
    offered = [{tool["name"] for tool in body["tools"]} for body in server.bodies[0::3]]
    asks_memory = ["query_patterns" in names for names in offered]
    assert asks_memory == [True, False, True]
