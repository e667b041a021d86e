import subprocess
import sys
import threading

from archkit.architect.permission import Permissions, Verdict
from archkit.widgets.permission_desk import PermissionDesk

SOON_S = 10.0


class Asking:
    """Asks in a thread of its own, as a session does; `came` is released at each change."""

    def __init__(self):
        self.came = threading.Semaphore(0)
        self.desk = PermissionDesk(self.came.release)
        self.said = []
        self.threads = []

    def ask(self, tool):
        def wait():
            self.said.append((tool, self.desk.ask(tool, {"content": "x"}, f"{tool} it")))

        self.threads.append(threading.Thread(target=wait))
        self.threads[-1].start()
        assert self.came.acquire(timeout=SOON_S)

    def end(self):
        for thread in self.threads:
            thread.join(SOON_S)
        assert not any(thread.is_alive() for thread in self.threads)


def test_a_tool_waits_until_the_user_has_answered():
    asking = Asking()
    asking.ask("Write")
    assert [(r.tool, r.summary, dict(r.given)) for r in asking.desk.waiting] == [
        ("Write", "Write it", {"content": "x"})
    ]
    asking.desk.answer(Verdict(True))
    asking.end()
    assert asking.said == [("Write", Verdict(True))]
    assert asking.desk.waiting == ()


def test_several_are_answered_in_the_order_they_came():
    asking = Asking()
    asking.ask("Write")
    asking.ask("Bash")
    asking.desk.answer(Verdict(True, always=True))
    asking.threads[0].join(SOON_S)
    asking.desk.answer(Verdict(False, "not here"))
    asking.end()
    assert asking.said == [
        ("Write", Verdict(True, always=True)),
        ("Bash", Verdict(False, "not here")),
    ]


def test_a_stopped_turn_lets_nobody_wait():
    asking = Asking()
    asking.ask("Write")
    asking.ask("Bash")
    asking.desk.dismiss()
    asking.end()
    assert {verdict for _, verdict in asking.said} == {Verdict(False, "the turn was stopped")}


def test_an_answer_that_nobody_waits_for_is_lost():
    desk = PermissionDesk(lambda: None)
    desk.answer(Verdict(True))
    desk.dismiss()
    assert desk.waiting == ()


def test_rules_are_kept_and_the_rest_is_asked():
    desk = PermissionDesk(lambda: None)
    ruled = desk.permissions({"Edit(docs/**)"})
    assert [str(rule) for rule in ruled.rules] == ["Edit(docs/**)"]
    assert ruled.policy == "ask"
    assert desk.permissions("ask").policy == "ask"
    assert desk.permissions("read_only") == "read_only"
    own = Permissions()
    assert desk.permissions(own) is own
    assert desk.permissions(print) is print


def test_each_session_gets_permissions_that_remember_nothing():
    desk = PermissionDesk(lambda: None)
    assert desk.permissions("ask") is not desk.permissions("ask")


def test_a_process_that_ends_does_not_wait_for_its_user():
    code = (
        "import threading; from archkit.widgets.permission_desk import PermissionDesk; "
        "desk = PermissionDesk(lambda: None); "
        "threading.Thread(target=desk.ask, args=('Write', {}, 's')).start()"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    assert done.returncode == 0
