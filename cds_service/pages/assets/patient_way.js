// What is said of one patient on the guideline page: the call, the situation, what was offered and left out, each rule.

import { age } from "./chart.js";
import { chartText, element, fill, link } from "./element.js";
import { thisPatient } from "./lit_figures.js";
import { mark, proofChips } from "./trace_marks.js";

const root = document.body.dataset.root;
const anchorOf = (id) => `#${id.toLowerCase()}`;
const titleOf = (id) => document.querySelector(`${anchorOf(id)} h3`)?.textContent.trim() ?? id;

/** The account before the figures. `made`: the request and `back`, the view's address on the workbench ("" without). */
export function showWay(trace, made, acts, resources) {
  const { request, back, changes } = made;
  const fired = (kind) => trace.rules.filter((rule) => rule.kind === kind && rule.result === "yes");
  const leftOut = trace.rules.filter((rule) => rule.kind === "recommendation" && rule.note?.startsWith("dropped"));
  const facts = trace.features.filter((feature) => feature.value === "yes");
  fill("this-patient-way",
    element("dl", { class: "facts" }, [
      ["Patient", who(request.prefetch?.patient)],
      ["Call", [element("code", {}, request.hook), ordered(request)]],
      changes.length ? ["Changed", changes.join(", ")] : null,
      ["Situation", ruleLinks(trace.scenarios) ?? "none of them"],
      ["Offered", ruleLinks(fired("recommendation").map((rule) => rule.id)) ?? "nothing at this hook"],
      leftOut.length ? ["Left out", leftOut.map((rule, index) => [index ? "; " : "", ruleLink(rule.id), ` (${rule.note})`])] : null,
      ["Safety", fired("safety").map((rule, index) => [index ? "; " : "", ruleLink(rule.id), rule.note ? ` (${rule.note})` : ""])],
      ["Order rules", ruleLinks(fired("order").map((rule) => rule.id))],
      ["Cards", trace.cards.length ? element("ul", {}, trace.cards.map((card) => element("li", {}, element("strong", {}, card.indicator), ": ", chartText(card.summary, 200))))
        : "Evaluated, nothing to say."],
      ["Facts", element("ul", { class: "way-facts" }, facts.map((one) => element("li", {}, mark("yes"), " ",
        element("a", { href: anchorOf(one.id) }, one.title), proofChips(one.proofs, acts, resources))))],
    ].filter((row) => row && row[1] !== null && row[1]?.length !== 0).map(([label, said]) => [element("dt", {}, label), element("dd", {}, said)])),
    back ? element("p", {}, link("Back to this patient in the workbench", `${root}/#${back}`))
      : element("p", { class: "soft" }, "The chart came from the workbench's page and is kept nowhere: after a reload, open this page from there again."));
}

/** A line under the heading of every rule and feature that the trace speaks of, with what decided and what proves it. */
export function markArticles(trace, made, acts, resources) {
  for (const rule of trace.rules) {
    const back = made.back ? link("in the workbench", `${root}/#${made.back}&rule=${rule.id}`) : null;
    under(rule.id, thisPatient(rule.result, rule.decided_by ? `decided by ${rule.decided_by} ` : "", rule.note ? `(${rule.note}) ` : "",
      proofChips(rule.proofs, acts, resources), back ? [" ", back] : null));
  }
  for (const one of trace.features) under(one.id, thisPatient(one.value, proofChips(one.proofs, acts, resources)));
}

/** Say that there is no way to show, and why. */
export function showFault(why) {
  fill("this-patient-way", element("p", { class: "fault", role: "alert" }, why));
}

function under(id, line) {
  document.querySelector(`${anchorOf(id)} > .tags`)?.after(line);
}

function ruleLink(id) {
  return element("a", { href: anchorOf(id) }, titleOf(id));
}

function ruleLinks(ids) {
  return ids.length ? ids.map((id, index) => [index ? "; " : "", ruleLink(id)]) : null;
}

function who(patient) {
  if (!patient) return "not handed over";
  const name = patient.name?.[0];
  const called = name ? [...[name.given ?? []].flat(), name.family].filter(Boolean).join(" ") : patient.id;
  const years = patient.birthDate ? age(patient.birthDate) : null;
  return [chartText(called, 60), years === null ? ", age not known" : `, ${years} y`, patient.gender ? [", ", chartText(patient.gender, 20)] : ""];
}

function ordered(request) {
  const drafts = (request.context.draftOrders?.entry ?? []).map((entry) => entry?.resource?.medicationCodeableConcept).filter(Boolean);
  return drafts.map((drug) => [", ", chartText(drug.text ?? drug.coding?.[0]?.display ?? drug.coding?.[0]?.code, 80)]);
}
