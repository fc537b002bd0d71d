// From a view to the call that an EHR would make of it: the drugs and reasons that can be chosen, and the request.

import { changed, named, resourcesOf } from "./chart.js";
import { draftOrder, hookRequest } from "./hook_calls.js";

/** The drug with this code among those on offer. */
export function drugOf(start, code) {
  return start.drugs.find((drug) => drug.coding[0].code === code);
}

/** How a reason is called in a list and in the address. */
export function reasonKey(reason) {
  return reason.coding?.[0]?.code ?? named(reason);
}

/** The reasons that can be given for an order: the problems of the chart, then those on offer. */
export function reasonChoices(start, chart) {
  const listed = resourcesOf(chart.prefetch.conditions).map((one) => one.code).filter((one) => one && named(one));
  const once = new Map([...listed, ...start.reasons].map((one) => [reasonKey(one), one]));
  return [...once.values()];
}

/** The draft order that a view names. */
export function orderOf(view, start, chart) {
  const reason = reasonChoices(start, chart).find((one) => reasonKey(one) === view.reason);
  return draftOrder(chart.context.patientId, drugOf(start, view.drug), reason);
}

/** The request of a view whose chart is open, and the drafts in it. */
export function requestOf(view, start, chart, instance) {
  const switched = start.changes.filter((change) => view.changes.includes(change.id));
  const orders = view.hook === "patient-view" ? [] : [orderOf(view, start, chart)];
  const prefetch = changed(chart, switched);
  return { request: hookRequest(view.hook, chart, prefetch, orders, instance), orders };
}
