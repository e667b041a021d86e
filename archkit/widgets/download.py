"""A file handed to the reader's browser: nothing of it stays on the machine of the kernel."""

from __future__ import annotations

import anywidget

__all__ = ["Download"]

_GIVE = """
export default {
  initialize({ model }) {
    const give = (message, buffers) => {
      if (message.kind !== "file") return;
      const address = URL.createObjectURL(new Blob(buffers, { type: message.type }));
      const link = document.createElement("a");
      link.href = address;
      link.download = message.name;
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(address), 60000);
    };
    model.on("msg:custom", give);
    return () => model.off("msg:custom", give);
  },
};
"""


class Download(anywidget.AnyWidget):
    """Gives files to the browser, which keeps them where it keeps downloads."""

    _esm = _GIVE

    def give(self, name: str, content: bytes, kind: str = "text/html") -> None:
        """Hand a file over; `kind` is its media type."""
        self.send({"kind": "file", "name": name, "type": kind}, buffers=[content])
