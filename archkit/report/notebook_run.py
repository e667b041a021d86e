"""A notebook run in a kernel of its own, which ends with it whatever happens."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.errors import ReportError
from archkit.report.notebook_processes import PATIENCE_S, Family
from archkit.report.notebook_tally import code_numbers, language_of
from archkit.report.notebook_words import plain_words

if TYPE_CHECKING:
    from nbclient import NotebookClient
    from nbformat import NotebookNode

__all__ = ["Failure", "Run", "run_notebook"]

_LONGEST_SOCKET = 90
_AROUND_S = 180.0  # for a kernel to start and to end, besides what its cells may take
_LINE = re.compile(r"Cell In ?\[\d+\],? line (\d+)")
_HAND_OVER = """
exec('''
import sys
from copy import deepcopy
figures = getattr(sys.modules.get("plotly.basewidget"), "BaseFigureWidget", ())
made = getattr(sys.modules.get("ipywidgets.widgets.widget"), "_instances", {})
for figure in [each for each in list(made.values()) if isinstance(each, figures)]:
    figure._trait_values["_widget_data"] = deepcopy(figure._data)
    figure._trait_values["_widget_layout"] = deepcopy(figure._layout_obj._props)
    figure.send_state(["_widget_data", "_widget_layout"])
''', {})
"""
# Plotly tells a page of a change, but leaves the state that is kept as it was when first shown.
_ASK_LINE = (
    "[n for f, n in __import__('traceback').walk_tb(__import__('sys').last_traceback) "
    "if f.f_globals is globals()][0]"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a run came to its end before the notebook did.

    Attributes
    ----------
    cell
        Its number among the code cells, from 1.
    index
        Its place among all cells, from 0.
    line
        The number of the line in it, from 1, where one is known, and the line.
    source
        That line; "" where none is known.
    error
        What went wrong, in a line; no secret and no absolute path.
    """

    cell: int
    index: int
    line: int | None
    source: str
    error: str

    @property
    def where(self) -> str:
        """Name the cell, and the line where it is known."""
        line = f", line {self.line}" if self.line is not None else ""
        return f"cell {self.cell}{line}"


@dataclass(frozen=True, slots=True)
class Run:
    """A notebook that was run.

    Attributes
    ----------
    notebook
        With the outputs, and the state of its widgets in its metadata.
    failure
        Where it ended early; None for a whole run.
    notes
        What its reader should know of the run.
    seconds
        How long it took.
    """

    notebook: NotebookNode
    failure: Failure | None
    notes: tuple[str, ...]
    seconds: float


def run_notebook(
    notebook: NotebookNode, folder: Path, *, timeout_s: float, say: Callable[[str], None]
) -> Run:
    """Run a notebook in a folder, cell by cell; the kernel and what it started end with the run.

    Parameters
    ----------
    notebook
        Its outputs are replaced.
    folder
        Where the kernel runs.
    timeout_s
        Seconds that all cells together may take.
    say
        Told which cell runs.

    Raises
    ------
    ReportError
        There is no kernel for it, or none starts.
    """
    name, notes = _kernel_of(notebook)
    runner = _Runner(notebook, folder, name, timeout_s, say)
    began = time.monotonic()
    thread = threading.Thread(target=runner.run, name="archkit-notebook", daemon=True)
    with _terminated_as_interrupted():
        thread.start()
        latest = began + timeout_s + _AROUND_S
        ended = False
        while not ended:
            # Of a join that Ctrl+C interrupts, Python 3.11 takes the thread for ended (bpo-45274).
            try:
                ended = runner.ended.wait(0.1)
                if not ended and time.monotonic() > latest:
                    latest = float("inf")
                    runner.stop(f"The time limit of {timeout_s:g} s was passed by far.")
            except KeyboardInterrupt:
                runner.stop()
    if runner.error is not None:
        raise runner.error
    return Run(notebook, runner.failure, (*notes, *runner.notes), time.monotonic() - began)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let a request to end (SIGTERM) end the run as Ctrl+C does, so that no kernel is left."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _kernel_of(notebook: NotebookNode) -> tuple[str | None, tuple[str, ...]]:
    """Return the kernel that a notebook names, or None for this interpreter, and what to say."""
    from jupyter_client.kernelspec import KernelSpecManager

    spec = notebook.metadata.get("kernelspec", {})
    name = spec.get("name")
    if not name or name in KernelSpecManager().find_kernel_specs():
        return name or None, ()
    language = language_of(notebook)
    if language != "python":
        raise ReportError(
            f"The notebook cannot be run: it needs the kernel {name!r}.",
            why=f"No such kernel is installed, and this interpreter does not run {language}.",
            mend="Install it (jupyter kernelspec list shows what there is), or choose another "
            "kernel in the notebook.",
        )
    said = f"The kernel {name!r} is not installed: Python {sys.version.split()[0]} ran it instead."
    return None, (said,)


class _Runner:
    """One run in a thread with a loop of its own, so that it works where a loop runs already."""

    def __init__(
        self,
        notebook: NotebookNode,
        folder: Path,
        kernel: str | None,
        timeout_s: float,
        say: Callable[[str], None],
    ) -> None:
        self.failure: Failure | None = None
        self.error: BaseException | None = None
        self.notes: list[str] = []
        self.ended = threading.Event()
        self._notebook, self._folder, self._kernel = notebook, folder, kernel
        self._timeout_s, self._say = timeout_s, say
        self._ends = 0.0
        self._at = 0
        self._stopped = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._family = Family()
        self._numbers = code_numbers(notebook)
        self._language = language_of(notebook)

    def run(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:  # noqa: BLE001 it is raised again where the thread is awaited
            self.error = error
        finally:
            self.ended.set()

    def stop(self, why: str = "It was stopped.") -> None:
        """End the run from another thread; what ran so far is kept."""
        self._stopped = why
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # the loop has just ended by itself
                self._loop.call_soon_threadsafe(self._task.cancel)

    async def _run(self) -> None:
        with tempfile.TemporaryDirectory(prefix="ak") as room:
            client = self._client(Path(room))
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.ensure_future(self._cells(client, Path(room)))
            if self._stopped:
                self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            if self.failure is None and self._stopped:
                self.failure = self._failed(self._stopped)

    def _client(self, room: Path) -> NotebookClient:
        from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager
        from jupyter_client.manager import AsyncKernelManager
        from nbclient import NotebookClient

        address: dict[str, Any] = {"connection_file": str(room / "kernel.json")}
        if len(str(room)) < _LONGEST_SOCKET:  # else no socket can be called so
            address |= {"transport": "ipc", "ip": str(room / "k")}
        if self._kernel is None:  # this interpreter, whatever is installed under the name
            address["kernel_spec_manager"] = KernelSpecManager(kernel_dirs=[])
        manager = AsyncKernelManager(kernel_name=self._kernel or NATIVE_KERNEL_NAME, **address)
        return NotebookClient(
            self._notebook,
            km=manager,
            store_widget_state=True,
            timeout_func=lambda _: max(1, round(self._ends - time.monotonic())),
            resources={"metadata": {"path": str(self._folder)}},
        )

    async def _cells(self, client: NotebookClient, room: Path) -> None:
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
        from nbformat import ValidationError

        client.reset_execution_trackers()
        log = room / "kernel.log"
        looking = asyncio.ensure_future(_look_for_replies(client))
        try:
            with log.open("wb") as heard:
                await self._start(client, heard)
            self._ends = time.monotonic() + self._timeout_s
            for place, cell in enumerate(list(self._notebook.cells)):
                self._at = place
                await self._cell(client, cell)
            await self._hand_over(client)
        except CellExecutionError as error:
            line = await self._line(client)
            await self._hand_over(client)
            self.failure = self._failed(f"{error.ename}: {error.evalue}", line)
        except CellTimeoutError:
            self.failure = self._failed(f"The time limit of {self._timeout_s:g} s was reached.")
        except ValidationError as error:
            said = f"It put out what no notebook can hold: {error.message}"
            self.failure = self._failed(said)
        except (DeadKernelError, asyncio.CancelledError):
            said = self._stopped or f"The kernel died.{_last_line(log)}"
            self.failure = self._failed(said)
        finally:
            looking.cancel()
            await asyncio.shield(self._end(client))

    async def _start(self, client: NotebookClient, heard: Any) -> None:
        try:
            await client.async_start_new_kernel(
                stderr=heard, stdout=heard, env=self._family.environment
            )
            await client.async_start_new_kernel_client()
        except (OSError, RuntimeError) as error:
            raise ReportError(
                "The notebook cannot be run: its kernel does not start.",
                why=plain_words(str(error), self._folder),
                mend="Try it in JupyterLab, or choose another kernel in the notebook.",
            ) from error

    async def _cell(self, client: NotebookClient, cell: NotebookNode) -> None:
        if number := self._numbers.get(self._at):
            self._say(f"cell {number} of {max(self._numbers.values())}")
        await client.async_execute_cell(cell, self._at)

    async def _hand_over(self, client: NotebookClient) -> None:
        """Have each figure on a widget say how it looks now."""
        from nbformat.v4 import new_code_cell

        if self._language != "python" or not client.widget_state:
            return
        cell = new_code_cell(_HAND_OVER)  # type: ignore[no-untyped-call]
        self._notebook.cells.append(cell)
        place = len(self._notebook.cells) - 1
        try:
            await client.async_execute_cell(cell, place, store_history=False)
        except Exception:  # noqa: BLE001 whatever the reason, it is said
            self.notes.append("figures on widgets are as they were first shown")
        self._notebook.cells.pop()

    async def _line(self, client: NotebookClient) -> int | None:
        """Find the line of the cell that failed, though its error may show no stack."""
        for output in self._notebook.cells[self._at].outputs:
            found = _LINE.search(plain_words("\n".join(output.get("traceback", ())), self._folder))
            if found:
                return int(found[1])
        asked: Any = client.kc
        with suppress(Exception):  # another language, or a kernel that has gone: no line, then
            reply = await asked.execute(
                "", silent=True, user_expressions={"line": _ASK_LINE}, reply=True, timeout=5
            )
            return int(reply["content"]["user_expressions"]["line"]["data"]["text/plain"])
        return None

    def _failed(self, error: str, line: int | None = None) -> Failure:
        lines = self._notebook.cells[self._at].source.splitlines() if self._notebook.cells else []
        source = lines[line - 1].strip() if line and line <= len(lines) else ""
        words = plain_words(error, self._folder)
        cell = max((n for at, n in self._numbers.items() if at <= self._at), default=1)
        return Failure(cell, self._at, line, plain_words(source, self._folder), words)

    async def _end(self, client: NotebookClient) -> None:
        """Let the kernel end: its own way first, then by force, with all that it started."""
        client.set_widgets_metadata()
        manager: Any = client.km  # none where the kernel did not start
        self._family.look(getattr(manager, "provisioner", None))
        try:
            with suppress(Exception):  # it may be dead, or deaf; it is ended below in any case
                if self.failure is not None and await manager.is_alive():
                    await manager.interrupt_kernel()
                await asyncio.wait_for(client._async_cleanup_kernel(), PATIENCE_S)
        finally:  # also where the run is stopped once more meanwhile
            self._family.end()


async def _look_for_replies(client: NotebookClient) -> None:
    """Look each second whether a reply is there that whoever waits for it was not told of.

    What an Output widget has captured is sent back past asyncio, which takes the sign of a reply
    that has just come with it: its cell would be waited for until the time is up.
    """
    while True:
        await asyncio.sleep(1)
        channel: Any = client.kc and client.kc.shell_channel
        if channel:
            await channel.socket.poll(1)


def _last_line(log: Path) -> str:
    """Give the last thing that a kernel said before it died, as a sentence's rest."""
    with suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip() and "encryption" not in line]
        if said:
            return f" Its last words: {said[-1][:200]}"
    return ""
