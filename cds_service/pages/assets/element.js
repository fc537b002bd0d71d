// Elements from data. Nothing in the workbench parses markup: text enters the page as text nodes only.

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** An element; attributes that are null, undefined or false are left out, `on` holds listeners by event. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  const { on = {}, ...rest } = attributes;
  for (const [key, value] of Object.entries(rest)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  for (const [event, listener] of Object.entries(on)) made.addEventListener(event, listener);
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** A button that does one thing. */
export function button(label, onClick, attributes = {}) {
  return element("button", { type: "button", ...attributes, on: { click: onClick } }, label);
}

/** A link to another page, in a tab of its own; an address that is not http(s) becomes plain text. */
export function link(label, url) {
  if (!/^https?:\/\//i.test(url) && !url.startsWith("/")) return label;
  return element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** Text of a chart: one line, what would turn or hide letters shown as its code point, kept apart from what is around. */
export function chartText(text, limit = 120) {
  const seen = String(text ?? "").replace(UNSEEN, (sign) => {
    const point = sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return /\s/.test(sign) ? " " : `[U+${point}]`;
  });
  return element("bdi", {}, seen.length > limit ? `${seen.slice(0, limit)}…` : seen);
}

/** Replace what stands in the element with this id. */
export function fill(id, ...children) {
  const place = document.getElementById(id);
  place.replaceChildren(...children.flat(Infinity).filter(Boolean));
  return place;
}
