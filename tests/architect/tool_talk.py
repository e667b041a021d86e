"""A conversation over the scripted server with a tool box in it: what the model did, and heard."""

from scripted_client import NOW, Remembered, Server

from archkit.architect.card import read_card
from archkit.architect.client import choose_client
from archkit.architect.conversation import Conversation
from archkit.architect.dialogue import ToolCall
from archkit.architect.limits import Limits
from archkit.architect.loop import portal
from archkit.architect.tool import ToolFailedError
from archkit.architect.tools import ToolBox

CARD = "---\nname: {name}\ndescription: d\n{fields}---\n\nYou design.\n"


def card_of(tmp_path, tools=None, name="tester", **fields):
    """Write and read a card with these tools."""
    given = ({"tools": tools} if tools is not None else {}) | fields
    lines = "".join(f"{key}: {value}\n" for key, value in given.items())
    path = tmp_path / f"{name}.md"
    path.write_text(CARD.format(name=name, fields=lines), encoding="utf-8")
    return read_card(path)


def shop_in(tmp_path):
    folder = tmp_path / "shop"
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "src" / "posts.py").write_text("one = 1\ntwo = 1\n", encoding="utf-8")
    return folder


class Talk:
    """A box, a scripted server, and a conversation between them."""

    def __init__(self, tmp_path, tools, *answers, memory=None, card=None, given=None, **settings):
        self.folder = shop_in(tmp_path)
        self.server, self.memory, self.said = Server(*answers), memory or Remembered(), []
        env = {"ARCHKIT_MODEL": "claude-sonnet-5-5"}
        chosen = choose_client(env, model="x", client=self.server.client(**(given or {})))
        self.box = ToolBox(
            card or card_of(tmp_path, tools),
            self.folder,
            self.memory,
            session_id="parent",
            now=lambda: NOW,
            client=chosen,
            project="shop",
            **settings,
        )
        self.conversation = Conversation(
            chosen,
            self.box,
            system=[],
            keep=self.said.append,
            limits=Limits(),
            spent_usd=lambda: None,
        )

    def ask(self, text="Go on."):
        return self.conversation.ask([{"type": "text", "text": text}])

    @property
    def calls(self):
        return [said for said in self.said if isinstance(said, ToolCall)]

    def results(self, request=-1):
        """Return what the model was told in a request, by the use's id."""
        content = self.server.bodies[request]["messages"][-1]["content"]
        return {b["tool_use_id"]: b for b in content if b["type"] == "tool_result"}


def run(box, tool_name, /, **given):
    """Run one tool as a turn does: the permission first."""
    tool = box.offered[tool_name]

    async def call():
        await box.permitted(tool, given)
        said = tool.run(given)
        return said if isinstance(said, str) else await said

    return portal().call(call)


def refusal(box, tool_name, /, **given):
    """Return the error that a use of a tool ends with."""
    try:
        said = run(box, tool_name, **given)
    except ToolFailedError as error:
        return error
    raise AssertionError(f"it ran: {said}")
