"use strict";
/* Draws the figures of a report from the JSON blocks beside them; follows the reader's theme.
   Plotly comes packed; its script runs because the page's policy names its hash. */
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const swap = read("archkit-colours");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const NARROWEST = 540;
  const SCROLLS = "The figure, wider than the page";
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

  /* As archkit.figures.style.elided: a long name is cut in its middle. */
  const elided = (text, width) => {
    const name = text.trim().split(/\s+/).join(" ");
    if (name.length <= width) {
      return name;
    }
    const head = Math.floor(((width - 1) * 3) / 5);
    return `${name.slice(0, head).trimEnd()}…${name.slice(head + 1 - width).trimStart()}`;
  };
  const escaped = (text) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

  /* Gives the names of rows as much room as the plot's width allows. */
  const named = (figure, width) => {
    const rows = figure.layout.meta?.rows;
    if (rows) {
      const most = Math.min(60, Math.max(22, Math.floor((0.4 * width) / 7)));
      figure.layout.yaxis.ticktext = rows.map(([name, heading]) => {
        const text = escaped(elided(name, most));
        return `${heading ? `<b>${text}</b>` : text}  `;
      });
    }
    return figure;
  };

  const loaded = async () => {
    const packed = document.getElementById("archkit-plotly");
    if (!packed) {
      return;
    }
    const bytes = Uint8Array.from(atob(packed.textContent), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
    packed.remove();
  };

  /* Where labels would not fit, the figure keeps its width and scrolls, by keyboard, too. */
  const fitted = (figure, plot) => {
    const scrolls = plot.clientWidth < NARROWEST;
    figure.layout.width = scrolls ? NARROWEST : undefined;
    for (const [name, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", SCROLLS]]) {
      plot.toggleAttribute(name, scrolls);
      if (scrolls) {
        plot.setAttribute(name, value);
      }
    }
    return figure;
  };

  const draw = async (plot) => {
    const width = Math.max(plot.clientWidth, NARROWEST);
    const figure = fitted(named(read(plot.dataset.figure), width), plot);
    const shown = dark.matches ? recoloured(figure) : figure;
    await window.Plotly.react(plot, shown.data, shown.layout, config);
  };

  const prepareForPrint = async (plot) => {
    const { data, layout } = named(read(plot.dataset.figure), 680);
    const size = { format: "svg", width: 680, height: layout.height };
    plot.nextElementSibling.src = await window.Plotly.toImage({ data, layout }, size);
  };

  /* What cannot be drawn says so in its place, once; the other figures are drawn all the same. */
  const refused = (plot, error) => {
    if (plot.hasAttribute("data-refused")) {
      return;
    }
    const note = document.createElement("p");
    note.className = "alarm small";
    note.textContent = `Not drawn: ${String(error.message ?? error).split("\n", 1)[0]}`;
    plot.setAttribute("data-refused", "");
    plot.before(note);
  };

  const each = async (act) => {
    for (const plot of document.querySelectorAll("[data-figure]")) {
      await act(plot).catch((error) => refused(plot, error));
    }
  };

  const ready = loaded().catch(() => {});
  const redraw = () => ready.then(() => each(draw));
  let resized;
  window.addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(redraw, 150);
  });
  dark.addEventListener("change", redraw);
  /* The diagrams wait for it: the first figure is then there in half the time. */
  window.archkitDrawn = redraw();
  window.archkitDrawn
    .then(() => each(prepareForPrint))
    .then(() => {
      const all = !document.querySelector("[data-refused]");
      document.documentElement.setAttribute("data-drawn", all ? "all" : "some");
    });
})();
