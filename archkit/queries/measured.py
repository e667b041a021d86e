"""The process of `archkit measure`: runs somebody's program as Python would, and counts.

`python -P -m archkit.queries.measured <settings as JSON> <script or module> [arguments]`.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import runpy
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from archkit.queries.every import Everything

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Run a program, and write what was counted when the process ends.

    Parameters
    ----------
    arguments
        The settings, then the program, then the program's own arguments. Of the settings `out` is
        the file for what was counted, `label` and `n` say what and of which size, `module` whether
        the program is one, `safe_path` whether its folder stays out of `sys.path`.

    Returns
    -------
    int
        1 when the program ended with an exception, 130 when it was interrupted, else 0; a program
        that calls `sys.exit` ends as it says.
    """
    settings, program, *rest = arguments
    told: dict[str, Any] = json.loads(settings)
    sys.argv = [program, *rest]
    if not told["safe_path"]:
        folder = Path.cwd() if told["module"] else Path(program).resolve().parent
        sys.path.insert(0, str(folder))
    run = _module if told["module"] else _script
    everything = Everything(told["label"], told["n"])
    process = os.getpid()

    def end() -> None:
        # A process that was forked off has no count of its own to tell.
        if os.getpid() != process:
            return
        answer = {"count": everything.end().as_json(), "trouble": everything.trouble}
        Path(told["out"]).write_text(json.dumps(answer), encoding="utf-8")

    # Registered first and so run last: after the program's threads and its own functions.
    atexit.register(end)
    everything.begin()
    return _plainly(run, program)


def _plainly(run: Callable[[str], None], program: str) -> int:
    """Run the program; what it raises is shown as Python shows it, without our frames."""
    try:
        run(program)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - it is shown, and becomes the exit code
        error = error.with_traceback(_of_the_program(error.__traceback__))
        sys.excepthook(type(error), error, error.__traceback__)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _script(path: str) -> None:
    with io.open_code(path) as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    main = types.ModuleType("__main__")
    main.__dict__.update(__file__=path, __builtins__=__builtins__)
    sys.modules["__main__"] = main
    exec(code, main.__dict__)


def _module(name: str) -> None:
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def _of_the_program(traceback: types.TracebackType | None) -> types.TracebackType | None:
    ours = {__file__, runpy.__file__, "<frozen runpy>"}
    while traceback is not None and traceback.tb_frame.f_code.co_filename in ours:
        traceback = traceback.tb_next
    return traceback


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
