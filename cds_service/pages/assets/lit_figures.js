// The figures of the guideline page with the answers of one patient: by sign, class and word, never by colour alone.

import { element } from "./element.js";
import { MARKS, mark } from "./trace_marks.js";

/** Mark every line, option and step of the figures, and the same in words, with what the trace says of it. */
export function lightFigures(trace) {
  const rules = new Map(trace.rules.map((rule) => [rule.id, rule]));
  const features = new Map(trace.features.map((feature) => [feature.id, feature.value]));
  for (const row of document.querySelectorAll(".flow .row")) light(row, answerOf(row, rules, features));
  lightSteps(rules, trace.scenarios);
  for (const line of document.querySelectorAll(".in-words [data-rule]")) {
    if (rules.has(line.dataset.rule)) line.prepend(mark(rules.get(line.dataset.rule).result), " ");
  }
  for (const legend of document.querySelectorAll(".flow .legend")) {
    legend.replaceChildren("Answers of this patient: ", ...Object.keys(MARKS).flatMap((value) => [mark(value), " "]));
    legend.hidden = false;
  }
}

// A line is answered by its feature; one without, only where its rule could not be yes without it.
function answerOf(row, rules, features) {
  const { rule, feature, holdsWith } = row.dataset;
  if (rule) return rules.get(rule)?.result;
  if (feature && features.has(feature)) return row.dataset[features.get(feature)];
  return rules.get(holdsWith)?.result === "yes" ? "yes" : undefined;
}

function light(row, answer) {
  if (!answer) return;
  const [sign, word] = MARKS[answer] ?? MARKS.unknown;
  row.classList.add("answered", answer);
  const place = row.querySelector(".sign");
  if (place) place.textContent = sign;
  const link = row.querySelector("a");
  if (link) link.setAttribute("aria-label", `${link.getAttribute("aria-label")}: ${word}`);
}

// Before the situation that was found the way goes down, at it to the side; what comes after was not needed.
function lightSteps(rules, scenarios) {
  let found = false;
  for (const step of document.querySelectorAll(".flow [data-step]")) {
    const yes = scenarios.includes(step.dataset.step);
    const beside = step.querySelector(".beside") !== null;
    step.classList.add(yes ? "taken" : found && !beside ? "not-reached" : "passed");
    found ||= yes;
  }
  for (const scope of document.querySelectorAll("#figure-order")) {
    scope.classList.toggle("aside", ![...rules.values()].some((rule) => rule.kind === "order" && rule.proofs.length));
  }
}

/** A heading's line about one patient; what stands in `children` follows the answer. */
export function thisPatient(answer, ...children) {
  return element("p", { class: "this-patient" }, element("span", { class: "label" }, "This patient "), mark(answer), " ", children);
}
