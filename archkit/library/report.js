"use strict";
/* Draws the figures of a report from the JSON blocks beside them; follows the reader's theme. */
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const swap = read("archkit-colours");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const config = { responsive: true, displayModeBar: false };

  const recoloured = (value) => {
    if (typeof value === "string") {
      return Object.hasOwn(swap, value) ? swap[value] : value;
    }
    if (Array.isArray(value)) {
      return value.map(recoloured);
    }
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, recoloured(item)]));
    }
    return value;
  };

  const draw = async (plot) => {
    const figure = read(plot.dataset.figure);
    const shown = dark.matches ? recoloured(figure) : figure;
    await window.Plotly.react(plot, shown.data, shown.layout, config);
  };

  const prepareForPrint = async (plot) => {
    const { data, layout } = read(plot.dataset.figure);
    const size = { format: "svg", width: 680, height: layout.height };
    plot.nextElementSibling.src = await window.Plotly.toImage({ data, layout }, size);
  };

  const each = async (act) => {
    for (const plot of document.querySelectorAll("[data-figure]")) {
      await act(plot);
    }
  };

  dark.addEventListener("change", () => each(draw));
  each(draw)
    .then(() => each(prepareForPrint))
    .then(() => document.documentElement.setAttribute("data-drawn", "all"));
})();
