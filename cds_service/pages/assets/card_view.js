// A card as an EHR shows it: indicator with sign and word, text, source, suggestions, links, dismissal.

import { cardText } from "./card_text.js";
import { dates, spokenDate, title } from "./chart.js";
import { button, chartText, element, link } from "./element.js";

const SIGNS = { info: "i", warning: "!", critical: "✕" };
const ORDER = { critical: 0, warning: 1, info: 2 };
export const EXTENSION = /calcinosis-cds$/;

/** The product's own part of a card: the rules that fired for it and the entries it rests on. */
export function groundsOf(card) {
  const key = Object.keys(card.extension ?? {}).find((name) => EXTENSION.test(name));
  return { rules: [], basis: [], ...card.extension?.[key] };
}

/** Cards as clients order them: critical, warning, info, else as they came. */
export function inOrder(cards) {
  return [...cards].sort((a, b) => (ORDER[a.indicator] ?? 3) - (ORDER[b.indicator] ?? 3));
}

/**
 * One card. `acts`: accept(card, suggestion), dismiss(card, reason), showResource(reference), showRule(id);
 * `outcome`: what became of it, or undefined; `resources`: reference -> resource.
 */
export function cardView(card, acts, outcome, resources) {
  const grounds = groundsOf(card);
  const indicator = SIGNS[card.indicator] ? card.indicator : "info";
  const heading = element("h3", { id: `card-${card.uuid}`, tabindex: "-1" },
    element("span", { class: "indicator" }, element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[indicator]), indicator),
    element("span", { class: "summary" }, card.summary));
  const view = element("article", { class: `card ${indicator}`, "aria-labelledby": `card-${card.uuid}` }, heading);
  if (outcome?.dismissed) {
    view.classList.add("dismissed");
    view.append(element("p", { class: "outcome" }, `Dismissed: ${outcome.dismissed}`));
    return view;
  }
  view.append(element("div", { class: "detail" }, cardText(card.detail, phrasesOf(grounds, resources, acts))));
  view.append(suggestions(card, acts, outcome));
  view.append(element("div", { class: "grounds" },
    element("p", {}, element("span", { class: "label" }, "Rules"), grounds.rules.map((id) =>
      button(id, () => acts.showRule(id), { class: "chip rule", title: `Why: rule ${id}` }))),
    element("p", {}, element("span", { class: "label" }, "Rests on"), grounds.basis.map((reference) =>
      button(basisName(resources.get(reference), reference), () => acts.showResource(reference),
        { class: "chip basis", title: reference })))));
  view.append(foot(card, acts));
  return view;
}

function suggestions(card, acts, outcome) {
  if (!card.suggestions?.length) return "";
  const alternatives = card.selectionBehavior === "at-most-one" && card.suggestions.length > 1;
  const closed = alternatives && outcome?.accepted?.length;
  return element("div", { class: "suggestions" },
    alternatives ? element("p", { class: "label" }, "One of these") : null,
    card.suggestions.map((suggestion) => {
      const accepted = outcome?.accepted?.includes(suggestion.uuid);
      return element("div", { class: "suggestion" },
        button([accepted ? "✓ Accepted: " : "", suggestion.label], () => acts.accept(card, suggestion),
          { class: "primary accept", disabled: Boolean(accepted || closed) }),
        suggestion.isRecommended ? element("span", { class: "label" }, "recommended") : null,
        element("ul", { class: "does" }, (suggestion.actions ?? []).map((action) =>
          element("li", {}, action.description ?? action.type))));
    }));
}

function foot(card, acts) {
  const reason = element("select", { "aria-label": "Reason for dismissing" },
    element("option", { value: "" }, "without a reason"),
    (card.overrideReasons ?? []).map((one, index) => element("option", { value: String(index) }, one.display)));
  return element("footer", {},
    element("p", { class: "links" }, (card.links ?? []).map((one) =>
      one.type === "absolute" ? link(one.label, one.url) : element("span", {}, one.label))),
    element("p", { class: "source" }, "Source: ", card.source?.url ? link(card.source.label, card.source.url) : card.source?.label ?? ""),
    card.uuid ? element("details", { class: "dismissal" }, element("summary", {}, "Dismiss"),
      element("div", {}, reason, button("Dismiss this card",
        () => acts.dismiss(card, card.overrideReasons?.[Number(reason.value || -1)]), { class: "dismiss" }))) : null);
}

function basisName(resource, reference) {
  if (!resource) return chartText(reference);
  const date = dates(resource)[0];
  return [chartText(title(resource), 36), date ? `, ${spokenDate(date)}` : ""];
}

// Words and dates of a card that come from an entry it rests on lead there.
function phrasesOf(grounds, resources, acts) {
  const phrases = new Map();
  for (const reference of grounds.basis) {
    const resource = resources.get(reference);
    if (!resource) continue;
    const act = { title: `Show ${reference}`, go: () => acts.showResource(reference) };
    const name = title(resource).toLowerCase();
    const words = resource.resourceType.startsWith("Medication")
      ? name.split(/[^\p{L}]+/u).filter((word) => word.length > 5 && !/tablet|release|capsule|extended|injection|solution|syringe|sodium|oral/.test(word))
      : [name.split(/ ?[,(]/)[0]];
    for (const word of [...words, ...dates(resource).map((date) => spokenDate(date).toLowerCase())]) {
      if (word.length > 3 && !phrases.has(word)) phrases.set(word, act);
    }
  }
  return phrases;
}
