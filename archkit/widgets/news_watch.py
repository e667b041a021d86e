"""A page that asks from time to time whether there is anything new, while it is looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

__all__ = ["NewsWatch"]

_WATCH = """
export default {
  render({ model, el }) {
    let waiting = false;
    const done = () => { waiting = false; };
    model.on("change:looked", done);
    const timer = setInterval(() => {
      if (waiting || document.hidden || model.get("every_s") <= 0) return;
      waiting = true;
      model.send({ kind: "look" });
    }, 1000 * Math.max(1, model.get("every_s")));
    return () => { clearInterval(timer); model.off("change:looked", done); };
  },
};
"""


class NewsWatch(anywidget.AnyWidget):
    """Asks every few seconds; the next time only when the last was answered.

    Nothing runs in the kernel between two questions, and none is asked of a page that is closed
    or in the background.
    """

    _esm = _WATCH
    every_s = traitlets.Float(4.0).tag(sync=True)
    looked = traitlets.Int(0).tag(sync=True)

    def ask(self, look: Callable[[], None]) -> None:
        """Call `look` whenever the page asks."""

        def asked(_: Any, content: Any, __: Any) -> None:
            if isinstance(content, dict) and content.get("kind") == "look":
                try:
                    look()
                finally:
                    self.looked += 1

        self.on_msg(asked)
