// The calls that an EHR makes: hook requests as the CDS Hooks Sandbox builds them, and feedback for each click.

const root = document.body.dataset.root;
export const DRAFT = "request-123";
const DRAFT_REFERENCE = `MedicationRequest/${DRAFT}`;

/** A draft as a browser client sends it: no intent, `category` and `reasonCode` no lists, no drug before one is chosen. */
export function draftOrder(patientId, drug, reason) {
  const draft = {
    resourceType: "MedicationRequest",
    id: DRAFT,
    status: "draft",
    subject: { reference: `Patient/${patientId}` },
    authoredOn: new Date().toISOString().slice(0, 10),
  };
  if (drug) {
    draft.category = {
      coding: [{ system: "http://terminology.hl7.org/CodeSystem/medicationrequest-category", code: "outpatient" }],
    };
    draft.medicationCodeableConcept = drug;
  }
  if (reason) draft.reasonCode = reason;
  return draft;
}

/** The body of a hook call; `drafts` for the order hooks, a new hookInstance unless one is given. */
export function hookRequest(hook, chart, prefetch, drafts, hookInstance) {
  const context = { ...chart.context };
  if (hook !== "patient-view") {
    // The Bundle of this client has no type.
    context.draftOrders = { resourceType: "Bundle", entry: drafts.map((resource) => ({ resource })) };
    if (hook === "order-select") {
      context.selections = drafts.filter((one) => one.id === DRAFT).map(() => DRAFT_REFERENCE);
      if (!context.selections.length && chart.request?.context.selections) context.selections = chart.request.context.selections;
      if (!context.selections.length) context.selections = drafts.map((one) => `${one.resourceType}/${one.id}`);
    }
  }
  const request = { hook, hookInstance, context, prefetch };
  if (chart.fhirServer) request.fhirServer = chart.fhirServer;
  return request;
}

/** POST JSON to an address of the service: status, milliseconds, the body as JSON or null. Never throws. */
export async function post(path, body) {
  const started = performance.now();
  try {
    const answer = await fetch(root + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, milliseconds: performance.now() - started, body: json(text) };
  } catch {
    return { status: 0, milliseconds: performance.now() - started, body: null };
  }
}

/** GET JSON; throws an Error with the status when it is not 200. */
export async function get(path) {
  const answer = await fetch(root + path, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

/** What feedback says of one card. */
export function feedback(card, outcome) {
  return { feedback: [{ card, ...outcome, outcomeTimestamp: new Date().toISOString() }] };
}

/** A UUID of the browser, or of its random bytes where the page is not in a secure context. */
export function newInstance() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A command line that repeats the call. */
export function curl(path, body) {
  const quoted = JSON.stringify(body).replaceAll("'", "'\\''");
  return `curl -s ${document.body.dataset.baseUrl}${path} -H 'Content-Type: application/json' -d '${quoted}'`;
}

function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
