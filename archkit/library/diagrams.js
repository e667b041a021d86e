"use strict";
/* Draws the Mermaid blocks of a report, each for light pages and print and once more for dark ones.
   Mermaid comes packed; its script runs because the page's policy names its hash. */
(() => {
  const block = (id) => document.getElementById(id).textContent;
  const colours = JSON.parse(block("archkit-diagram-colours"));
  const SMALLEST = 0.62;
  /* Tags that a label may not bring along, and what a directive may not change. */
  const FORBIDDEN = ["audio", "embed", "form", "iframe", "image", "img", "input", "link", "object"];
  FORBIDDEN.push("picture", "script", "style", "svg", "video");
  const TAG = new RegExp(`<(?=/?(?:${FORBIDDEN.join("|")})\\b)`, "gi");
  const PICTURE = /(@\{[^}]*?)\b(?:img|icon)(?=["']?\s*:)/gi;
  const SECURE = ["secure", "securityLevel", "startOnLoad", "maxTextSize", "maxEdges"];

  const unpacked = async () => {
    const bytes = Uint8Array.from(atob(block("archkit-mermaid")), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };

  const settings = (scheme) => {
    const { ink, mute, line, page, card } = colours[scheme];
    return {
      startOnLoad: false,
      securityLevel: "strict",
      suppressErrorRendering: true,
      maxTextSize: 50000,
      dompurifyConfig: { FORBID_TAGS: FORBIDDEN },
      secure: [...SECURE, "suppressErrorRendering", "dompurifyConfig"],
      theme: "base",
      fontFamily: getComputedStyle(document.body).fontFamily,
      er: { useMaxWidth: true },
      themeCSS: `.marker circle { fill: ${card} }`,
      flowchart: { useMaxWidth: true, padding: 12, wrappingWidth: 160 },
      themeVariables: {
        darkMode: scheme === "dark",
        fontSize: "13px",
        background: card,
        primaryColor: page,
        primaryTextColor: ink,
        primaryBorderColor: mute,
        secondaryColor: page,
        secondaryBorderColor: mute,
        tertiaryColor: card,
        tertiaryBorderColor: line,
        lineColor: mute,
        textColor: ink,
        titleColor: ink,
        mainBkg: page,
        nodeBorder: mute,
        clusterBkg: card,
        clusterBorder: line,
        edgeLabelBackground: card,
        noteBkgColor: page,
        noteTextColor: ink,
        noteBorderColor: mute,
        rowOdd: card,
        rowEven: page,
        attributeBackgroundColorOdd: card,
        attributeBackgroundColorEven: page,
      },
    };
  };

  const drawn = async (text, number, scheme) => {
    window.mermaid.initialize(settings(scheme));
    const { svg } = await window.mermaid.render(`diagram-${number}-${scheme}`, text);
    const holder = document.createElement("div");
    holder.className = scheme;
    holder.innerHTML = svg; // cleaned by Mermaid (strict), and the policy lets nothing in it act
    const picture = holder.querySelector("svg");
    const width = picture.viewBox.baseVal.width || picture.getBoundingClientRect().width;
    picture.style.maxWidth = "none";
    picture.style.width = `max(min(100%, ${width}px), ${SMALLEST * width}px)`;
    picture.removeAttribute("height");
    if (!picture.querySelector(":scope > title")) {
      picture.setAttribute("aria-label", `Diagram: ${text.trim().split(/\s/, 1)[0]}`);
    }
    for (const link of holder.querySelectorAll("a")) {
      link.replaceWith(...link.childNodes);
    }
    holder.querySelectorAll("img, image").forEach((image) => image.remove());
    return holder;
  };

  const refused = (source, error) => {
    const note = document.createElement("p");
    note.className = "mute small";
    note.textContent = `Not drawn: ${String(error.message ?? error).split("\n", 1)[0]}`;
    source.after(note);
  };

  /* Puts a drawing where the text was; the text stays there on demand. */
  const placed = (source, number, drawing) => {
    const picture = document.createElement("div");
    picture.className = "diagram";
    picture.tabIndex = 0;
    picture.setAttribute("role", "group");
    picture.setAttribute("aria-label", `Diagram ${number}`);
    picture.append(drawing);
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = "The diagram's text";
    source.replaceWith(picture, details);
    details.append(summary, source);
    return picture;
  };

  const drawAll = async () => {
    const script = document.createElement("script");
    script.textContent = await unpacked();
    document.head.append(script);
    const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    const [first, second] = dark ? ["dark", "light"] : ["light", "dark"];
    const pictures = [];
    const blocks = [...document.querySelectorAll("pre > code.language-mermaid")].entries();
    for (const [index, code] of blocks) {
      const text = code.textContent.replace(TAG, "‹").replace(PICTURE, "$1unused");
      const source = code.closest("pre");
      try {
        const drawing = await drawn(text, index + 1, first);
        pictures.push([text, index + 1, placed(source, index + 1, drawing)]);
      } catch (error) {
        refused(source, error);
      }
    }
    for (const [text, number, picture] of pictures) {
      picture.append(await drawn(text, number, second));
    }
  };

  const figures = window.archkitDrawn ?? Promise.resolve();
  figures.then(drawAll).finally(() => document.documentElement.setAttribute("data-diagrams", "all"));
})();
