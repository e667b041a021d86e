import gc
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from scripted_client import answer, text, use
from tool_talk import Talk, refusal, run

from archkit.architect.shell import Shell, clean_environment
from archkit.errors import SessionError

pytestmark = pytest.mark.skipif(
    not Path("/bin/bash").exists(), reason="there is no /bin/bash on this machine"
)


@pytest.fixture(autouse=True)
def _at_home(monkeypatch):
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def box(tmp_path):
    box = Talk(tmp_path, "Bash", permissions={"Bash"}).box
    yield box
    box.close()


def alive(pid):
    """Whether a process still runs; one that is dead and not yet collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def gone(*pids):
    """Wait for processes that were killed to be gone: the kernel takes a moment."""
    waiting = threading.Event()
    for _ in range(500):
        if not any(map(alive, pids)):
            return True
        waiting.wait(0.01)
    return False


def test_a_command_runs_in_the_workspace_and_the_shell_remembers(box, tmp_path):
    assert run(box, "Bash", command="ls") == "src"
    run(box, "Bash", command="cd src && export WHERE=here")
    assert run(box, "Bash", command="ls; echo $WHERE") == "posts.py\nhere"
    assert run(box, "Bash", command="echo out; echo err >&2; false") == "out\nerr\n[exit code 1]"
    assert box.cleaned(run(box, "Bash", command="pwd")) == "./src"


def test_no_secret_reaches_a_command(box, monkeypatch):
    for name in ("ANTHROPIC_API_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"):
        monkeypatch.setenv(name, "hush")
    monkeypatch.setenv("DATABASE_URL", "postgres://u:hush@h/d")
    assert "hush" not in run(box, "Bash", command="env; set")
    assert "hush" not in str(clean_environment(os.environ))
    assert clean_environment({"PATH": "/bin", "LC_ALL": "C", "SSH_AUTH_SOCK": "/s"}).keys() == {
        *("PATH", "LC_ALL", "PAGER", "GIT_PAGER", "GIT_TERMINAL_PROMPT", "TERM")
    }


@pytest.mark.parametrize(
    "command",
    ["echo 'open", "echo $(", "if true", "} ; echo", "((", "echo \\"],
)
def test_half_a_command_is_not_run(box, command):
    assert "no whole command" in refusal(box, "Bash", command=command).text
    assert not box._shell.running
    assert run(box, "Bash", command="echo well") == "well"


@pytest.mark.parametrize("command", ["cat <<E\nno end", "echo \\\\", "# nothing", "echo 1 #"])
def test_a_command_with_an_open_end_does_not_swallow_the_next(box, command):
    run(box, "Bash", command=command)
    assert run(box, "Bash", command="echo well") == "well"


def test_a_command_gets_no_input(box):
    assert run(box, "Bash", command="cat; read x; echo $?") == "1"


def test_a_shell_that_ended_is_followed_by_a_new_one(box):
    assert "the shell ended" in run(box, "Bash", command="echo bye; exit 3")
    assert run(box, "Bash", command="echo again") == "again"


def test_what_takes_too_long_is_ended_with_all_it_started(box, tmp_path):
    said = refusal(box, "Bash", command="sleep 300 & echo $! >pid; sleep 300", timeout=4000)
    assert said.text == "Bash: not done after 4 seconds; the shell was ended."
    assert gone(int((tmp_path / "shop" / "pid").read_text()))
    assert run(box, "Bash", command="echo again") == "again"


def test_a_long_output_keeps_its_end(box):
    said = run(box, "Bash", command="seq 1 20000")
    assert said.endswith("20000")
    assert said.startswith("[the first ")
    assert len(said) < 31_000


@pytest.mark.parametrize(
    "given",
    [{}, {"command": " "}, {"command": 3}, {"command": "a\0b"}, {"command": "ls", "timeout": 0}]
    + [{"command": "ls", "timeout": value} for value in ("1", True, -1, float("nan"))],
)
def test_wrong_input_is_said(box, given):
    assert refusal(box, "Bash", **given).text


def test_the_user_sees_the_whole_of_a_command(tmp_path):
    asked = []
    box = Talk(tmp_path, "Bash", permissions=lambda *g: asked.append(g) or False).box
    refusal(box, "Bash", command="ls\n\u202erm " + "x" * 600)
    refusal(box, "Bash", command="ls")
    assert asked[0][2].startswith("Run: ls\\n\\u202erm xxx")
    assert asked[0][2].endswith("… (607 characters in all)")
    assert asked[0][1]["command"].endswith("x" * 600)
    assert asked[1] == ("Bash", {"command": "ls"}, "Run: ls")


def test_in_a_ci_job_no_command_is_run(tmp_path, monkeypatch):
    monkeypatch.setenv("CI", "true")
    talk = Talk(tmp_path, "Bash, Read", permissions={"Bash"})
    assert "Bash" not in talk.box.offered
    assert talk.box.withheld == {"Bash": "no command is run in a CI job"}
    assert Shell.why_not({"CI": "false"}) == ""


def test_the_shell_ends_with_the_session(tmp_path, capfd):
    talk = Talk(
        tmp_path,
        "Bash",
        answer(use("Bash", "b", command="sleep 300 & echo $! $$ >pids; echo up")),
        answer(text("Done.")),
        permissions={"Bash"},
    )
    assert talk.ask().text == "Done."
    assert talk.calls[0].output == "up"
    pids = [int(pid) for pid in (talk.folder / "pids").read_text().split()]
    assert all(map(alive, pids))
    talk.conversation.close()
    assert gone(*pids)
    talk.conversation.close()
    assert capfd.readouterr() == ("", "")


def test_a_cancelled_turn_ends_its_command(tmp_path):
    talk = Talk(
        tmp_path,
        "Bash",
        answer(use("Bash", "b", command="echo $$ >pid; touch up; sleep 300")),
        answer(text("Then not.")),
        permissions={"Bash"},
    )
    failed = []

    def turn():
        try:
            talk.ask()
        except SessionError as error:
            failed.append(error)

    thread = threading.Thread(target=turn)
    thread.start()
    waiting = threading.Event()
    while not (talk.folder / "up").exists():
        waiting.wait(0.02)
    pid = int((talk.folder / "pid").read_text())
    talk.conversation.cancel()
    thread.join(20)
    assert failed[0].why == "It was cancelled."
    assert gone(pid)
    assert talk.calls[0].output == "interrupted"
    assert talk.ask().text == "Then not."
    talk.conversation.close()


def test_the_shell_of_a_session_thrown_away_unclosed_ends(tmp_path):
    box = Talk(tmp_path, "Bash", permissions={"Bash"}).box
    pid = int(run(box, "Bash", command="echo $$"))
    assert alive(pid)
    del box
    gc.collect()
    assert gone(pid)


def test_no_shell_outlives_the_process(tmp_path):
    shop = tmp_path / "shop"
    shop.mkdir()
    (tmp_path / "c.md").write_text("---\nname: c\ndescription: d\ntools: Bash\n---\nx\n")
    script = """
        import sys
        from pathlib import Path
        from archkit.architect.card import read_card
        from archkit.architect.loop import portal
        from archkit.architect.tools import ToolBox

        card, shop = read_card(Path(sys.argv[1])), Path(sys.argv[2])
        box = ToolBox(card, shop, None, session_id="s", permissions={"Bash"})
        tool, given = box.offered["Bash"], {"command": "sleep 300 & echo $! $$"}

        async def call():
            await box.permitted(tool, given)
            return await tool.run(given)

        print(portal().call(call))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "c.md"), str(shop)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2
    assert gone(*pids)
