import threading

from archkit.errors import ArchkitError
from archkit.widgets.worker import PAUSE_S, Worker, fault

SOON_S = 10.0


class Stage:
    """A worker whose painter rests until the test lets it go on."""

    def __init__(self):
        self.painted, self.stops, self.rests = threading.Semaphore(0), 0, []
        self.go_on, self.go, self.stopped = threading.Event(), threading.Event(), threading.Event()
        self.paints = 0
        self.worker = Worker(self.paint, self.stop, rest=self.rest)

    def paint(self):
        self.paints += 1
        self.painted.release()

    def stop(self):
        self.stops += 1
        if self.stops > 2:  # the first calls come between two requests, where nothing listens
            self.stopped.set()
            self.go.set()

    def rest(self, rested, seconds):
        self.rests.append(seconds)
        if not rested.is_set():
            self.go_on.wait(SOON_S)


def test_what_arrives_is_painted_at_once_and_then_after_a_rest():
    stage = Stage()
    assert stage.worker.start(lambda: stage.go.wait(SOON_S))
    stage.worker.changed()
    assert stage.painted.acquire(timeout=SOON_S)
    for _ in range(50):
        stage.worker.changed()
    assert not stage.painted.acquire(blocking=False)  # it rests
    stage.go_on.set()
    assert stage.painted.acquire(timeout=SOON_S)
    stage.go.set()
    stage.worker.join()
    assert stage.paints <= 3
    assert set(stage.rests) == {PAUSE_S}
    assert PAUSE_S >= 0.1


def test_what_cannot_wait_ends_the_rest():
    stage = Stage()
    real = threading.Event.wait
    stage.worker._rest = lambda rested, _: real(rested, SOON_S)
    stage.worker.start(lambda: stage.go.wait(SOON_S))
    stage.worker.changed()
    assert stage.painted.acquire(timeout=SOON_S)
    stage.worker.changed(at_once=True)
    assert stage.painted.acquire(timeout=SOON_S / 2)
    stage.go.set()
    stage.worker.join()


def test_a_second_step_is_not_begun_while_one_runs():
    stage = Stage()
    ran = []
    stage.go_on.set()
    assert stage.worker.start(lambda: stage.go.wait(SOON_S))
    assert stage.worker.busy
    assert not stage.worker.start(lambda: ran.append("second"))
    stage.go.set()
    stage.worker.join()
    assert not stage.worker.busy
    assert stage.worker.start(lambda: ran.append("third"))
    stage.worker.join()
    assert ran == ["third"]


def test_cancel_is_repeated_until_the_step_has_stopped():
    stage = Stage()
    stage.go_on.set()
    stage.worker.start(lambda: stage.go.wait(SOON_S))
    stage.worker.cancel()
    assert stage.stopped.wait(SOON_S)
    stage.worker.join()
    assert stage.stops >= 3


def test_cancel_of_nothing_stops_nothing():
    stage = Stage()
    stage.worker.cancel()
    assert stage.stops == 0


def test_no_thread_is_left_when_a_step_has_ended():
    stage = Stage()
    stage.go_on.set()
    stage.worker.start(lambda: None)
    stage.worker.join()
    names = {thread.name for thread in threading.enumerate()}
    assert not {name for name in names if name.startswith("archkit-panel")}


def test_a_fault_in_a_program_is_said_in_three_lines():
    told = fault("brief", KeyError("x"))
    assert isinstance(told, ArchkitError)
    assert told.what == "The step 'brief' failed by a fault in a program."
    assert told.why == "KeyError: 'x'"


def test_resting_ends_with_the_step():
    done = threading.Event()
    done.set()
    assert Worker(lambda: None, lambda: None)._rest(done, 60.0) is True
