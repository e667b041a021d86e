"""Whether the page is light or dark: a figure cannot follow a style sheet."""

from __future__ import annotations

from collections.abc import Callable

import anywidget
import traitlets

__all__ = ["PageTheme"]

_WATCH = """
export default {
  render({ model }) {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const look = () => {
      const said = document.body.dataset.jpThemeLight;
      const theme = (said === undefined ? dark.matches : said === "false") ? "dark" : "light";
      if (theme === model.get("theme")) return;
      model.set("theme", theme);
      model.save_changes();
    };
    const watch = new MutationObserver(look);
    watch.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    dark.addEventListener("change", look);
    look();
    return () => { watch.disconnect(); dark.removeEventListener("change", look); };
  },
};
"""


class PageTheme(anywidget.AnyWidget):
    """Follows JupyterLab's theme, or the browser's where no JupyterLab is around the page.

    `theme` is `light` or `dark`.
    """

    _esm = _WATCH
    theme = traitlets.Enum(("light", "dark"), "light").tag(sync=True)

    def follow(self, draw: Callable[[str], None]) -> None:
        """Call `draw` with the theme whenever it changes."""
        self.observe(lambda change: draw(change["new"]), names="theme")
