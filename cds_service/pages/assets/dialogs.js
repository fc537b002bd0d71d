// What opens over the page: a resource, a pasted chart, a FHIR server, how to connect an EHR.

import { chartOf } from "./chart.js";
import { button, chartText, element, link } from "./element.js";
import { get } from "./hook_calls.js";
import { code, pretty } from "./why.js";

const place = document.getElementById("dialog");
const { root, baseUrl } = document.body.dataset;

/** One resource of the chart as JSON. */
export function showResource(reference, resource) {
  open([chartText(reference)], resource
    ? [element("p", { class: "soft" }, "As it stands in the chart that was sent with the call."), code(pretty(resource))]
    : [element("p", {}, "It did not come with the call: the service read it elsewhere, or the reference leads nowhere.")]);
}

/** Ask for a Bundle or a hook request; `onChart` gets the chart and what to call it. */
export function askForChart(onChart) {
  const field = element("textarea", { id: "pasted", rows: "12", spellcheck: "false", autocomplete: "off" });
  const fault = element("p", { class: "fault", role: "alert" });
  const take = () => {
    try {
      const chart = chartOf(JSON.parse(field.value));
      place.close();
      onChart(chart, "pasted chart");
    } catch (error) {
      fault.textContent = error instanceof SyntaxError ? "This is not JSON." : error.message;
    }
  };
  open("Paste a chart or a request", [
    element("p", {}, element("label", { for: "pasted" }, "A FHIR R4 Bundle with a Patient, or a CDS Hooks request (JSON). It goes to this service and nowhere else.")),
    field, fault, element("p", {}, button("Use it", take, { class: "primary", id: "use-pasted" }))]);
  field.focus();
}

/** Ask for a FHIR base URL and a patient; the service reads the chart itself, from allow-listed servers only. */
export function askForServer(onChart) {
  const base = element("input", { id: "fhir-base", type: "url", placeholder: "http://127.0.0.1:8080/fhir" });
  const patient = element("input", { id: "fhir-patient", placeholder: "patient id" });
  const fault = element("p", { class: "fault", role: "alert" });
  const take = () => {
    if (!base.value.trim() || !patient.value.trim()) {
      fault.textContent = "Both are needed.";
      return;
    }
    const context = { userId: "Practitioner/example", patientId: patient.value.trim() };
    place.close();
    onChart({ context, prefetch: {}, fhirServer: base.value.trim(), others: [] }, "from a FHIR server");
  };
  open("Read from a FHIR server", [
    element("p", {}, "The request names the server and no prefetch; the service reads what it needs. It calls servers on its list only: ",
      element("code", {}, "CDS_ALLOWED_FHIR_SERVERS"), ", or ", element("code", {}, "CDS_ALLOW_HTTP_FHIR"), " for plain http."),
    element("p", {}, element("label", { for: "fhir-base" }, "FHIR base URL"), base),
    element("p", {}, element("label", { for: "fhir-patient" }, "Patient id"), patient),
    fault, element("p", {}, button("Open the chart", take, { class: "primary" }))]);
}

/** What an integration engineer needs: discovery, services, prefetch, scopes. */
export async function showConnect() {
  open("Connect your EHR", [element("p", {}, "Asking the service what it offers …")]);
  let services = [];
  try {
    services = (await get("/cds-services")).services;
  } catch (error) {
    fillDialog("Connect your EHR", [element("p", { class: "fault" }, `${error.message}. Discovery may be closed to callers without a token (CDS_DISCOVERY).`)]);
    return;
  }
  const prefetch = services[0].prefetch;
  const types = [...new Set(Object.values(prefetch).map((template) => template.split(/[/?]/)[0]))];
  fillDialog("Connect your EHR", [
    element("dl", { class: "connect" },
      element("dt", {}, "Discovery URL"), element("dd", {}, element("code", {}, `${baseUrl}/cds-services`)),
      element("dt", {}, "Services"), element("dd", {}, element("ul", {}, services.map((one) =>
        element("li", {}, element("code", {}, one.id), ` for ${one.hook}: ${one.title}`)))),
      element("dt", {}, "Feedback"), element("dd", {}, element("code", {}, `${baseUrl}/cds-services/{id}/feedback`)),
      element("dt", {}, "Scopes (SMART)"), element("dd", {}, code(types.map((type) => `patient/${type}.read`).join(" "))),
      element("dt", {}, "Who may call"), element("dd", {}, "In production each client signs its calls (JWT) and stands in CDS_TRUSTED_CLIENTS. ",
        "The command ", element("code", {}, "calcinosis-cds doctor"), " says what is wrong, in plain words.")),
    element("h3", {}, "Prefetch"),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Prefetch templates" }, element("table", {},
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Key"), element("th", { scope: "col" }, "Template"))),
      element("tbody", {}, Object.entries(prefetch).map(([key, template]) => element("tr", {},
        element("th", { scope: "row" }, key), element("td", {}, element("code", {}, template))))))),
    element("p", {}, "Patient and conditions are required; what else is missing is named on the card. ", link("More about this service", `${root}/about`))]);
}

function open(heading, content) {
  fillDialog(heading, content);
  if (!place.open) place.showModal();
}

function fillDialog(heading, content) {
  place.replaceChildren(
    element("header", {}, element("h2", { id: "dialog-heading" }, heading), button("Close", () => place.close(), { class: "close" })),
    element("div", { class: "body" }, content));
}
