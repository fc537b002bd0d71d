// The trace: facts with their proofs, every rule with what decided it and its sources, the gaps, the JSON exchanged.

import { button, chartText, element, fill, link } from "./element.js";
import { curl } from "./hook_calls.js";
import { mark, proofChips } from "./trace_marks.js";
import { guidelineAddress } from "./view_address.js";

let entries = new Map();

/** Show the trace of /api/evaluate; `start`: rules and sources; `acts`: showResource(reference), showRule(id). */
export function showTrace(trace, start, acts, onCards, resources) {
  entries = resources;
  const rules = trace.rules ?? [];
  const by = (result) => rules.filter((rule) => rule.result === result);
  const counts = `${rules.length} rules asked: ${by("yes").length} fired, ${by("no").length} did not, ${by("unknown").length} not known`;
  const found = ["yes", "unknown", "no"].map((value) => (trace.features ?? []).filter((one) => one.value === value));
  fill("trace",
    element("p", { class: "counts" }, counts),
    gaps(trace),
    element("h3", {}, "Facts found"),
    facts(found[0], acts),
    folded(`Not known (${found[1].length})`, facts(found[1], acts)),
    folded(`Not so (${found[2].length})`, facts(found[2], acts)),
    element("h3", {}, "Rules"),
    ruleList("Fired", by("yes"), start, acts, onCards, true),
    ruleList("Not known", by("unknown"), start, acts, onCards, false),
    ruleList("Did not fire", by("no"), start, acts, onCards, false));
  return counts;
}

/** Open the rule in the trace and put the focus on it; false when the trace does not hold it. */
export function openRule(id) {
  return opened(document.getElementById(`rule-${id}`));
}

/** Show what was sent and answered, word for word, and a command line that repeats it. */
export function showExchange(path, request, answer, sent) {
  const command = curl(path, request);
  const copied = element("span", { role: "status" });
  const copy = button("Copy", async () => {
    try {
      await navigator.clipboard.writeText(command);
      copied.textContent = " copied";
    } catch {
      copied.textContent = " the browser did not allow it: select the text";
    }
  });
  fill("exchange",
    element("h3", {}, "The call"),
    element("p", { class: "call" }, element("code", {}, `POST ${path}`), ` → ${answer.status || "no answer"}, ${Math.round(answer.milliseconds)} ms`),
    folded("Request", code(pretty(request)), "request"),
    folded("Answer", code(answer.body === null ? "(no JSON)" : pretty(answer.body)), "answer"),
    folded("curl", [code(command), element("p", {}, copy, copied)], "curl"),
    sent.length ? [element("h3", {}, "Feedback sent"), element("ul", { class: "feedback", id: "feedback" },
      sent.map((one) => element("li", {}, `${one.what} → ${one.status || "no answer"}`)))] : null);
}

/** JSON for a reader. */
export function pretty(value) {
  return JSON.stringify(value, null, 2);
}

/** A block of JSON or a command, reachable by keyboard because it scrolls. */
export function code(text) {
  return element("pre", { tabindex: "0" }, element("code", {}, text));
}

function folded(summary, content, id) {
  return element("details", { id }, element("summary", {}, summary), content);
}

function facts(features, acts) {
  if (!features.length) return element("p", { class: "soft" }, "None.");
  return element("ul", { class: "facts" }, features.map((one) =>
    element("li", { id: `feature-${one.id}`, tabindex: "-1" }, mark(one.value), " ", one.title, proofs(one.proofs, acts))));
}

const proofs = (found, acts) => proofChips(found, acts, entries);

function ruleList(heading, rules, start, acts, onCards, open) {
  const list = element("ul", { class: "rules" }, rules.map((rule) => element("li", {}, ruleView(rule, start, acts, onCards))));
  if (!rules.length) return element("p", { class: "soft" }, `${heading}: none`);
  return element("details", { open, class: "rule-group" }, element("summary", {}, `${heading} (${rules.length})`), list);
}

function ruleView(rule, start, acts, onCards) {
  const known = start.rules[rule.id];
  const shown = known ? [
    element("p", {}, known.says),
    element("p", { class: "soft" }, `Evidence: ${known.evidence} [${known.mark}]`, known.review === "draft" ? " · draft, not reviewed by a clinician" : ""),
    element("ul", { class: "sources" }, [...known.sources, ...known.statements].map((id) => element("li", {}, sourceOf(id, start)))),
    element("p", {}, link(`${rule.id} on the guideline page`, guidelineAddress(known.anchor))),
  ] : [];
  return element("details", { id: `rule-${rule.id}`, class: "rule" },
    element("summary", {}, mark(rule.result), " ", element("span", { class: "id" }, rule.id), " ", known?.title ?? "",
      onCards.has(rule.id) ? element("span", { class: "on-card" }, " on the card") : null),
    rule.decided_by ? element("p", {}, element("span", { class: "label" }, "Decided by "), decidedBy(rule.decided_by, start)) : null,
    rule.note ? element("p", { class: "soft" }, rule.note) : null,
    proofs(rule.proofs, acts),
    shown);
}

// A condition names features and scenarios by their IDs; they lead to where they stand in the trace.
function decidedBy(text, start) {
  return text.split(/\b((?:F|SC|R|OS|SAFE)-[A-Z0-9]+(?:-[A-Z0-9]+)*)\b/).map((piece, index) => {
    if (index % 2 === 0) return piece;
    const name = start.features[piece] ?? start.rules[piece]?.title;
    return button(name ? `${piece} (${name})` : piece, () => {
      opened(document.getElementById(`rule-${piece}`)) || opened(document.getElementById(`feature-${piece}`));
    }, { class: "phrase" });
  });
}

function sourceOf(id, start) {
  const source = start.sources[id];
  if (source) return [source.url ? link(source.label, source.url) : source.label, element("span", { class: "soft" }, ` [${source.mark}]`)];
  if (id === "D") return "decision of this project";
  const quote = start.statements[id];
  return [link(id, guidelineAddress(id.toLowerCase())), quote ? element("q", {}, quote) : null].flatMap((one) => (one ? [one, " "] : []));
}

function gaps(trace) {
  const given = trace.data_gaps ?? [];
  // A group that was not obtained at all has an issue that says the same.
  const absent = new Set(given.filter((gap) => gap.obtained === false).map((gap) => gap.group));
  const rows = given.filter((gap) => !gap.kind || gap.reference || !absent.has(gap.group)).map((gap) => {
    if (gap.kind) return [gap.group, ": ", gap.kind, gap.reference ? [" ", chartText(gap.reference, 60)] : null];
    if (!gap.obtained) return [`${gap.group}: not obtained, so “none recorded” is not said`];
    return [`${gap.group}: ${gap.unreadable ? `${gap.unreadable} entries could not be read` : "not read to the end"}`];
  });
  const unknown = (trace.unknown_codes ?? []).map((one) => ["Drug code that nothing was made of: ", chartText(`${one.system} ${one.code}`, 100)]);
  if (!rows.length && !unknown.length) return null;
  return element("div", { class: "gaps" }, element("h3", {}, "Gaps of the chart"),
    element("ul", {}, [...rows, ...unknown].map((row) => element("li", {}, row))));
}

function opened(place) {
  if (!place) return false;
  for (let around = place; around; around = around.parentElement?.closest("details")) if (around.tagName === "DETAILS") around.open = true;
  for (let around = place.parentElement?.closest("details"); around; around = around.parentElement?.closest("details")) around.open = true;
  const target = place.querySelector(":scope > summary") ?? place;
  place.classList.add("shown");
  setTimeout(() => place.classList.remove("shown"), 2500);
  target.scrollIntoView({ block: "center" });
  target.focus({ preventScroll: true });
  return true;
}
