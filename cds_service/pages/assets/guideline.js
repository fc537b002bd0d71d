// The guideline page opened with a patient: makes the call of the workbench's view, asks /api/evaluate, lights the way.

import { byReference, chartOf } from "./chart.js";
import { HANDED_OVER, takeOver } from "./chart_handover.js";
import { showResource } from "./dialogs.js";
import { get, newInstance, post } from "./hook_calls.js";
import { lightFigures } from "./lit_figures.js";
import { markArticles, showFault, showWay } from "./patient_way.js";
import { addressOf, readAddress } from "./view_address.js";
import { requestOf } from "./view_request.js";

const given = location.search.slice(1);
const view = readAddress(given);

if (view.patient || given === HANDED_OVER) begin();

async function begin() {
  const place = document.getElementById("this-patient");
  place.hidden = false;
  try {
    await show(view.patient ? await fromView() : await fromWorkbench());
  } catch (error) {
    showFault(error.message);
  }
  place.setAttribute("aria-busy", "false");
  // The page has grown since the browser looked for the anchor.
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

async function fromView() {
  const start = await get("/workbench/start.json");
  if (!start.charts.some((one) => one.name === view.patient)) throw new Error("This patient is none of the demo patients here.");
  const chart = chartOf(await get(`/workbench/charts/${encodeURIComponent(view.patient)}.json`));
  const changes = start.changes.filter((change) => view.changes.includes(change.id)).map((change) => change.label);
  return { ...requestOf(view, start, chart, newInstance()), chart, changes, back: addressOf(view) };
}

async function fromWorkbench() {
  const handed = await takeOver();
  if (!handed) throw new Error("The workbench that opened this page no longer holds the chart. Open the page from there again.");
  const orders = (handed.request.context.draftOrders?.entry ?? []).map((entry) => entry?.resource).filter(Boolean);
  return { request: handed.request, orders, chart: chartOf(handed.request), changes: [], back: "" };
}

async function show(made) {
  const answer = await post("/api/evaluate", made.request);
  if (answer.status === 401) throw new Error("This service takes calls of trusted clients only, so no way can be shown.");
  if (answer.status !== 200) throw new Error(`Not evaluated (${answer.status || "no answer"}), so there is no way to show.`);
  const resources = byReference(made.chart, made.request.prefetch ?? {}, made.orders);
  const acts = { showResource: (reference) => showResource(reference, resources.get(reference)) };
  lightFigures(answer.body);
  showWay(answer.body, made, acts, resources);
  markArticles(answer.body, made, acts, resources);
}
