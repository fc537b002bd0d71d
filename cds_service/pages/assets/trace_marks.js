// Marks and proofs of a trace: an answer as sign and word, an entry of the chart as a button that shows it.

import { title } from "./chart.js";
import { button, chartText, element } from "./element.js";

export const MARKS = { yes: ["✓", "yes"], no: ["–", "no"], unknown: ["?", "not known"] };

/** An answer as sign and word. */
export function mark(value) {
  const [sign, word] = MARKS[value] ?? MARKS.unknown;
  return element("span", { class: `mark ${value}` }, element("span", { "aria-hidden": "true" }, `${sign} `), word);
}

/** The entries that prove an answer; `entries`: reference -> resource, `acts`: showResource(reference). */
export function proofChips(found, acts, entries) {
  if (!found?.length) return null;
  return element("span", { class: "proofs" }, found.map((proof) => [
    " ",
    button(chartText(entries.has(proof.reference) ? title(entries.get(proof.reference)) : proof.reference, 50),
      () => acts.showResource(proof.reference), { class: "chip basis", title: proof.reference }),
    element("span", { class: "soft" }, [proof.date, proof.status, proof.recognised_by_name ? "recognised by name" : null,
      proof.recognised_by_lookup ? "recognised by a terminology server" : null].filter(Boolean).map((word) => ` ${word}`).join(","))]));
}
