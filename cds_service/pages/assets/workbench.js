// The workbench: holds what is selected, makes the calls an EHR makes, and draws what came back.

import { cardView, groundsOf, inOrder } from "./card_view.js";
import { age, byReference, changed, chartOf, drugName, facts, named, resourcesOf, title } from "./chart.js";
import { HANDED_OVER, handOver } from "./chart_handover.js";
import { askForChart, askForServer, showConnect, showResource } from "./dialogs.js";
import { button, chartText, element, fill, link } from "./element.js";
import { DRAFT, feedback, get, hookRequest, newInstance, post } from "./hook_calls.js";
import { guidelineAddress, readAddress, writeAddress } from "./view_address.js";
import { orderOf, reasonChoices, reasonKey } from "./view_request.js";
import { openRule, showExchange, showTrace } from "./why.js";

const view = readAddress();
let start = { charts: [], changes: [], drugs: [], reasons: [], rules: {}, sources: {}, statements: {}, features: {} };
let chart = null;
let orders = [];
let instance = newInstance();
let outcomes = new Map();
let sent = [];
let last = null;
let turn = 0;

const switched = () => start.changes.filter((change) => view.changes.includes(change.id));
const prefetch = () => changed(chart, switched());
const acts = {
  accept,
  dismiss,
  showResource: (reference) => showResource(reference, byReference(chart, prefetch(), orders).get(reference)),
  showRule: (id) => openRule(id),
};

async function begin() {
  document.getElementById("paste").addEventListener("click", () => askForChart(takeChart));
  document.getElementById("fhir").addEventListener("click", () => askForServer(takeChart));
  document.getElementById("connect").addEventListener("click", showConnect);
  handOver(() => (last && !view.patient ? { request: last.request } : null));
  try {
    start = await get("/workbench/start.json");
  } catch (error) {
    fill("cards", element("p", { class: "fault" }, `The workbench could not start: ${error.message}`));
    return;
  }
  drawChanges();
  view.patient ??= start.charts[0]?.name ?? null;
  listPatients();
  if (view.patient) await choosePatient(view.patient, true);
  else fill("cards", element("p", { class: "empty" }, "No demo patients are installed here. Paste a chart, or read one from a FHIR server."));
}

async function choosePatient(name, keepView = false) {
  view.patient = name;
  if (!keepView) Object.assign(view, { hook: "patient-view", drug: "", reason: "" });
  try {
    chart = chartOf(await get(`/workbench/charts/${encodeURIComponent(name)}.json`));
  } catch (error) {
    fill("cards", element("p", { class: "fault" }, `The chart could not be opened: ${error.message}`));
    return;
  }
  openSession();
  if (view.hook !== "patient-view") orders = [orderOf(view, start, chart)];
  await fire(view.hook);
}

async function takeChart(taken, label) {
  chart = { ...taken, label };
  Object.assign(view, { patient: null, hook: "patient-view", drug: "", reason: "" });
  openSession();
  const request = taken.request;
  if (request && request.hook !== "patient-view") {
    orders = resourcesOf(request.context.draftOrders);
    view.hook = request.hook;
  }
  await fire(view.hook);
}

function openSession() {
  orders = [];
  outcomes = new Map();
  sent = [];
  last = null;
  instance = newInstance();
}

/** Call the hook as an EHR would, then ask /api/evaluate why. A slow old answer never replaces a newer one. */
async function fire(hook) {
  const mine = ++turn;
  view.hook = hook;
  writeAddress(view);
  draw();
  document.getElementById("cards").setAttribute("aria-busy", "true");
  const request = hookRequest(hook, chart, prefetch(), orders, instance);
  const path = `/cds-services/calcinosis-${hook}`;
  const answer = await post(path, request);
  if (mine !== turn) return;
  const before = last;
  last = { path, request, answer, cards: answer.status === 200 ? inOrder(answer.body?.cards ?? []) : null, counts: "" };
  drawCards();
  const trace = await post("/api/evaluate", request);
  if (mine !== turn) return;
  const onCards = new Set((last.cards ?? []).flatMap((card) => groundsOf(card).rules));
  if (trace.status === 200) last.asked = (trace.body.rules ?? []).length;
  if (trace.status === 200) showTrace(trace.body, start, acts, onCards, byReference(chart, prefetch(), orders));
  else fill("trace", element("p", { class: "soft" }, `Nothing was decided (${trace.status || "no answer"}), so there is nothing to explain.`));
  drawWay(trace.status === 200);
  // The guideline page leads back to one rule.
  if (view.rule) openRule(view.rule);
  view.rule = "";
  if (!last.cards?.length) drawCards();
  showEffect(before);
  document.getElementById("cards").setAttribute("aria-busy", "false");
}

/** Where this patient's way is drawn; a chart that cannot stand in the address is asked for by the page it opens. */
function drawWay(known) {
  const label = "The way through the guideline, drawn";
  if (!known) fill("way");
  else if (view.patient) fill("way", link(label, guidelineAddress("this-patient")));
  else fill("way", element("a", { href: `${document.body.dataset.root}/guideline?${HANDED_OVER}#this-patient`, target: "_blank", rel: "opener" }, label));
}

function draw() {
  markPatient();
  drawBanner();
  drawOrdering();
  drawOrders();
  for (const box of document.querySelectorAll("#change-list input")) box.checked = view.changes.includes(box.value);
}

function listPatients() {
  fill("patient-list", [...grouped(start.charts)].map(([group, charts]) => [
    element("h3", {}, group),
    element("ul", {}, charts.map((one) => element("li", {}, button(
      [element("span", { class: "who" }, `${one.given}, ${age(one.birthDate)}`), element("span", { class: "line" }, one.note)],
      () => choosePatient(one.name), { class: "patient", "data-name": one.name }))))]));
}

// The list itself stays, so that the focus stays in it.
function markPatient() {
  const list = document.getElementById("patient-list");
  for (const one of list.querySelectorAll(".patient")) {
    const chosen = one.dataset.name === view.patient;
    one.setAttribute("aria-pressed", String(chosen));
    if (chosen && list.scrollWidth > list.clientWidth) list.scrollLeft = one.offsetLeft - list.offsetLeft;
    else if (chosen && one.offsetTop + one.offsetHeight > list.parentElement.clientHeight) list.parentElement.scrollTop = one.offsetTop - 150;
  }
}

function grouped(charts) {
  const groups = new Map();
  for (const one of charts) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return groups;
}

function drawBanner() {
  const { patient, problems, drugs, allergies } = facts(prefetch());
  const name = patient?.name?.[0];
  const who = name ? [...[name.given ?? []].flat(), name.family].filter(Boolean).join(" ") : chart.context.patientId;
  const years = patient?.birthDate ? `${age(patient.birthDate)} y` : "age not known";
  fill("banner",
    element("p", { class: "person" }, element("strong", {}, chartText(who, 60)), ` ${years}${patient?.gender ? ", " : ""}`, chartText(patient?.gender ?? ""),
      patient?.deceasedBoolean || patient?.deceasedDateTime ? element("span", { class: "deceased" }, " deceased") : null,
      chart.label ? element("span", { class: "soft" }, ` ${chart.label}; not in the address of this view`) : null),
    element("dl", {}, [["Problems", problems], ["Drugs", drugs], ["Allergies", allergies]].map(([label, values]) =>
      element("div", {}, element("dt", {}, label), element("dd", {}, values === null ? "not handed over"
        : values.length ? values.map((one, index) => [index ? " · " : "", chartText(one, 80)]) : "none")))));
}

function drawOrdering() {
  const ordering = view.hook !== "patient-view";
  const kept = document.activeElement?.id;
  const own = orders.find((one) => one.id === DRAFT);
  const reasons = reasonChoices(start, chart);
  const drugs = element("select", { id: "drug", on: { change: (event) => prescribe({ drug: event.target.value }) } },
    element("option", { value: "" }, "choose a drug"),
    start.drugs.map((drug) => element("option", { value: drug.coding[0].code, selected: drug.coding[0].code === view.drug }, drug.text)));
  const reason = element("select", { id: "reason", on: { change: (event) => prescribe({ reason: event.target.value }) } },
    element("option", { value: "" }, "no reason given"),
    reasons.map((one) => element("option", { value: reasonKey(one), selected: reasonKey(one) === view.reason }, chartText(named(one), 60).textContent)));
  fill("ordering",
    element("div", { class: "hooks", role: "group", "aria-label": "What the clinician does" },
      button("Open chart", openChart, { "aria-pressed": String(!ordering), id: "open-chart", title: "patient-view" }),
      button("Prescribe …", () => prescribe({ drug: "", reason: "" }), { "aria-pressed": String(view.hook === "order-select"), id: "prescribe", title: "order-select" }),
      ordering ? button("Sign orders", () => fire("order-sign"), { id: "sign", "aria-pressed": String(view.hook === "order-sign"), title: "order-sign" }) : null,
      element("span", { class: "soft hook" }, "hook: ", element("code", {}, view.hook))),
    ordering ? element("div", { class: "rx" },
      element("p", {}, element("label", { for: "drug" }, "Drug"), drugs),
      element("p", {}, element("label", { for: "reason" }, "For"), reason),
      own && !own.medicationCodeableConcept ? element("p", { class: "soft" }, "The EHR has called already, before a drug was chosen.") : null) : null);
  if (kept && ["drug", "reason", "open-chart", "prescribe", "sign"].includes(kept)) document.getElementById(kept)?.focus();
}

function openChart() {
  Object.assign(view, { drug: "", reason: "" });
  orders = orders.filter((one) => one.id !== DRAFT);
  instance = newInstance();
  outcomes = new Map();
  fire("patient-view");
}

/** One change of the order form, one call: first without a drug, then with it, then with the reason. */
function prescribe(change) {
  if (view.hook === "patient-view" || change.drug === "") {
    instance = newInstance();
    outcomes = new Map();
  }
  Object.assign(view, change);
  orders = [orderOf(view, start, chart), ...orders.filter((one) => one.id !== DRAFT)];
  fire("order-select");
}

function drawOrders() {
  const rows = orders.filter((one) => one.id !== DRAFT || one.medicationCodeableConcept);
  fill("orders", rows.length ? [
    element("h3", {}, "Draft orders"),
    element("ul", {}, rows.map((one) => element("li", {}, button([chartText(one.resourceType.startsWith("Medication") ? drugName(one) : title(one), 90)],
      () => showResource(`${one.resourceType}/${one.id}`, one), { class: "chip basis" }), " ", element("span", { class: "soft" }, "not signed"))))] : []);
}

function drawCards() {
  const { answer, cards } = last;
  const slow = `${Math.round(answer.milliseconds)} ms`;
  fill("latency", `last call ${slow}`);
  showExchange(last.path, last.request, answer, sent);
  const resources = byReference(chart, prefetch(), orders);
  if (cards === null) {
    fill("cards", failure(answer));
  } else if (!cards.length) {
    fill("cards", element("div", { class: "empty" },
      element("p", {}, element("strong", {}, "Evaluated, nothing to say.")),
      element("p", {}, last.asked ? `${last.asked} rules were asked. An empty list of cards means that all of them were evaluated.` : "The list of cards is empty.")));
  } else {
    fill("cards", cards.map((card) => cardView(card, acts, outcomes.get(card.uuid), resources)));
  }
}

function failure(answer) {
  const said = (answer.body?.issue ?? []).map((issue) => issue.diagnostics ?? issue.details?.text).filter(Boolean);
  const meaning = { 0: "The service did not answer.", 401: "This service takes calls of trusted clients only.", 412: "What it needs could not be obtained, so nothing was evaluated." };
  return element("div", { class: "fault", role: "alert" },
    element("p", {}, element("strong", {}, answer.status ? `Not evaluated: status ${answer.status}.` : "Not evaluated.")),
    element("p", {}, meaning[answer.status] ?? (answer.status >= 500 ? "The service failed." : "The service refused the request.")),
    said.map((text) => element("p", {}, chartText(text, 300))));
}

/** Apply the actions of a suggestion to the draft orders, and tell the service. */
async function accept(card, suggestion) {
  let touched = false;
  for (const action of suggestion.actions ?? []) {
    if (action.type === "create") orders = [...orders, action.resource];
    if (action.type === "update") orders = orders.map((one) => (one.id === action.resource.id ? { ...one, ...action.resource } : one));
    if (action.type === "delete") orders = orders.filter((one) => `${one.resourceType}/${one.id}` !== [action.resourceId].flat()[0]);
    touched ||= action.type !== "create";
  }
  const outcome = outcomes.get(card.uuid) ?? {};
  outcomes.set(card.uuid, { accepted: [...(outcome.accepted ?? []), suggestion.uuid] });
  drawOrders();
  await tell(card, { outcome: "accepted", acceptedSuggestions: [{ id: suggestion.uuid }] }, `Accepted: ${suggestion.label}`);
  if (touched) {
    view.drug = orders.find((one) => one.id === DRAFT)?.medicationCodeableConcept?.coding?.[0]?.code ?? "";
    await fire(orders.length ? view.hook : "patient-view");
  }
}

async function dismiss(card, reason) {
  outcomes.set(card.uuid, { dismissed: reason?.display ?? "without a reason" });
  const told = reason ? { overrideReason: { reason: { code: reason.code, system: reason.system } } } : {};
  await tell(card, { outcome: "overridden", ...told }, `Dismissed: ${reason?.display ?? "without a reason"}`);
}

async function tell(card, outcome, what) {
  const path = `${last.path}/feedback`;
  const answer = await post(path, feedback(card.uuid, outcome));
  sent = [...sent, { what, status: answer.status }];
  drawCards();
  // The button that was pressed is gone: the focus stays with its card.
  document.getElementById(`card-${card.uuid}`)?.focus({ preventScroll: true });
  announce(`${what}. Feedback ${answer.status === 200 ? "stored" : `failed, ${answer.status || "no answer"}`}.`);
}

function drawChanges() {
  fill("change-list", start.changes.map((change) => element("label", {},
    element("input", { type: "checkbox", value: change.id, checked: view.changes.includes(change.id), on: { change: (event) => toggle(change.id, event.target.checked) } }),
    ` ${change.label}`)));
}

function toggle(id, on) {
  view.changes = on ? [...view.changes, id] : view.changes.filter((one) => one !== id);
  if (chart) fire(view.hook);
}

const shown = (cards) => (cards === null ? ["not evaluated"] : cards.map((card) => `${card.indicator}: ${card.summary}`));

function showEffect(before) {
  const now = shown(last.cards);
  const was = before ? shown(before.cards) : [];
  const came = now.filter((one) => !was.includes(one));
  const went = was.filter((one) => !now.includes(one));
  const text = last.cards === null ? "Not evaluated."
    : `${last.cards.length === 1 ? "1 card" : `${last.cards.length} cards`}: ${now.join("; ") || "evaluated, nothing to say"}`;
  announce(text);
  const sameText = before && JSON.stringify(before.cards?.map((card) => card.detail)) === JSON.stringify(last.cards?.map((card) => card.detail));
  fill("change-effect", before && (came.length || went.length)
    ? [went.map((one) => element("span", { class: "went" }, `gone: ${one}`)), came.map((one) => element("span", { class: "came" }, `new: ${one}`))]
    : before && !sameText ? "The card has the same headline; its text changed." : before ? "No change in the cards." : "");
}

function announce(text) {
  fill("announcement", text);
}

begin();
