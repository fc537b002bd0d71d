// The Markdown of a card: paragraphs, one level of bullets, bold (card-style rule 8). Everything else stays text.

import { element } from "./element.js";

/** The blocks of a card's detail as nodes; `phrases` maps words of the text to what a click on them does. */
export function cardText(detail, phrases = new Map()) {
  return String(detail ?? "").split(/\n{2,}/).flatMap((block) => blockNodes(block.split("\n"), phrases));
}

function blockNodes(lines, phrases) {
  const nodes = [];
  let list = null;
  let paragraph = null;
  for (const line of lines) {
    const bullet = /^[-*] +(.*)$/.exec(line);
    if (bullet) {
      paragraph = null;
      if (!list) nodes.push((list = element("ul")));
      list.append(element("li", {}, bold(bullet[1], phrases)));
    } else if (line.trim()) {
      list = null;
      if (paragraph) paragraph.append(" ");
      else nodes.push((paragraph = element("p")));
      paragraph.append(...bold(line, phrases));
    }
  }
  return nodes;
}

function bold(text, phrases) {
  return text.split(/\*\*(.+?)\*\*/).flatMap((piece, index) =>
    index % 2 ? [element("strong", {}, piece)] : linked(piece, phrases));
}

function linked(text, phrases) {
  if (!phrases.size || !text) return text ? [text] : [];
  const words = [...phrases.keys()].sort((a, b) => b.length - a.length).map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const found = new RegExp(`(?<![\\p{L}\\d])(${words.join("|")})(?![\\p{L}\\d])`, "giu");
  return text.split(found).filter(Boolean).map((piece, index) => {
    const act = phrases.get(piece.toLowerCase());
    return act ? element("button", { type: "button", class: "phrase", title: act.title, on: { click: act.go } }, piece) : piece;
  });
}
