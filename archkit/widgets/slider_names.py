"""Sliders that say what they are: ipywidgets gives their handles neither name nor words."""

from __future__ import annotations

import anywidget

__all__ = ["SliderNames"]

_NAME = """
function name(slider) {
  const handle = slider.querySelector(".noUi-handle");
  const label = slider.querySelector("label, .widget-label");
  const readout = slider.querySelector(".widget-readout");
  if (!handle || !label) return;
  const wanted = { "aria-label": label.textContent };
  if (readout) wanted["aria-valuetext"] = readout.textContent;
  for (const [key, value] of Object.entries(wanted))
    if (handle.getAttribute(key) !== value) handle.setAttribute(key, value);
}
export default {
  render({ el }) {
    let watch = null;
    const timer = setTimeout(() => {
      const panel = el.closest(".archkit-panel");
      if (!panel) return;
      const all = () => panel.querySelectorAll(".widget-hslider").forEach(name);
      watch = new MutationObserver(all);
      const seen = { attributeFilter: ["aria-valuetext"], characterData: true };
      watch.observe(panel, { ...seen, childList: true, subtree: true });
      all();
    });
    return () => { clearTimeout(timer); if (watch) watch.disconnect(); };
  },
};
"""


class SliderNames(anywidget.AnyWidget):
    """Put into a panel, it has each slider there read out with its label and its value."""

    _esm = _NAME
