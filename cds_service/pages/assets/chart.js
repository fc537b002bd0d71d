// A chart as prefetch keys (what an EHR hands over), its facts for the banner, and the switches that change it.

const SEARCHES = {
  conditions: "Condition",
  medications: "MedicationRequest",
  statements: "MedicationStatement",
  allergies: "AllergyIntolerance",
  procedures: "Procedure",
  observations: "Observation",
  referrals: "ServiceRequest",
};

/** The chart in whatever was pasted: a Bundle of resources, or a CDS Hooks request. Throws an Error that says why not. */
export function chartOf(pasted) {
  if (pasted?.resourceType === "Bundle") return fromBundle(pasted);
  if (pasted?.hook && pasted?.context) return fromRequest(pasted);
  throw new Error("This is neither a FHIR Bundle nor a CDS Hooks request.");
}

function fromBundle(bundle) {
  const resources = (bundle.entry ?? []).map((entry) => entry?.resource).filter((one) => one && typeof one === "object");
  const first = (kind) => resources.find((one) => one.resourceType === kind);
  const patient = first("Patient");
  if (!patient?.id) throw new Error("The Bundle holds no Patient with an id.");
  const prefetch = { patient };
  for (const [key, kind] of Object.entries(SEARCHES)) {
    const found = resources.filter((one) => one.resourceType === kind);
    prefetch[key] = searchset(key === "referrals" ? found.filter((one) => one.status === "active") : found);
  }
  const visit = first("Encounter");
  const context = { userId: `Practitioner/${first("Practitioner")?.id ?? "example"}`, patientId: patient.id };
  if (visit?.id) context.encounterId = visit.id;
  return { context, prefetch, others: resources };
}

function fromRequest(request) {
  const { userId = "Practitioner/example", patientId, encounterId } = request.context;
  if (!patientId) throw new Error("The request names no patient.");
  const context = { userId, patientId };
  if (encounterId) context.encounterId = encounterId;
  return { context, prefetch: typeof request.prefetch === "object" && request.prefetch ? request.prefetch : {}, fhirServer: request.fhirServer, request, others: [] };
}

function searchset(resources) {
  const bundle = { resourceType: "Bundle", type: "searchset", total: resources.length };
  // FHIR knows no empty list: a search that found nothing has no entry element.
  if (resources.length) bundle.entry = resources.map((resource) => ({ resource, search: { mode: "match" } }));
  return bundle;
}

/** The prefetch after the switches: entries added for this patient, keys left out as an EHR leaves out what failed. */
export function changed(chart, changes) {
  const prefetch = { ...chart.prefetch };
  for (const change of changes) {
    for (const added of change.adds) {
      const key = Object.keys(SEARCHES).find((name) => SEARCHES[name] === added.resourceType);
      const resource = { ...added, id: `what-if-${change.id}`, subject: { reference: `Patient/${chart.context.patientId}` } };
      for (const reference of ["encounter", "requester", "recorder", "reasonReference", "performer"]) delete resource[reference];
      prefetch[key] = searchset([...resourcesOf(prefetch[key]), resource]);
    }
  }
  for (const change of changes) for (const key of change.leaves_out) delete prefetch[key];
  return prefetch;
}

/** The resources of a prefetch value. */
export function resourcesOf(value) {
  if (value?.resourceType !== "Bundle") return value ? [value] : [];
  return (Array.isArray(value.entry) ? value.entry : []).map((entry) => entry?.resource).filter((one) => one && typeof one === "object");
}

/** Every resource that can be shown, by its reference. */
export function byReference(chart, prefetch, orders) {
  const all = [...(chart.others ?? []), ...Object.values(prefetch).flatMap(resourcesOf), ...orders];
  return new Map(all.filter((one) => one?.resourceType && one?.id).map((one) => [`${one.resourceType}/${one.id}`, one]));
}

/** What a CodeableConcept is called; real charts hold none, one or a list. */
export function named(concept) {
  const one = Array.isArray(concept) ? concept[0] : concept;
  return one?.text ?? one?.coding?.find?.((coding) => coding?.display)?.display ?? one?.coding?.[0]?.code ?? "";
}

/** What a drug order or statement is for. */
export function drugName(resource) {
  return named(resource.medicationCodeableConcept) || resource.medicationReference?.display || "drug without a name";
}

/** What a resource is about, in the words of the chart. */
export function title(resource) {
  return /^Medication(Request|Statement)$/.test(resource.resourceType) ? drugName(resource) : named(resource.code) || resource.resourceType;
}

/** The dates of a resource as the chart has them (YYYY-MM-DD), the most telling first. */
export function dates(resource) {
  const given = [resource.onsetDateTime, resource.recordedDate, resource.authoredOn, resource.effectivePeriod?.start,
    resource.effectiveDateTime, resource.performedDateTime];
  return given.filter((date) => typeof date === "string").map((date) => date.slice(0, 10));
}

/** `2026-11-02` as cards write it: 2 Nov 2026. */
export function spokenDate(date) {
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const [year, month, day] = String(date).split("-").map(Number);
  return [day || null, months[month - 1], year].filter(Boolean).join(" ");
}

/** Whole years from a birth date to now. */
export function age(birthDate, now = new Date()) {
  const born = new Date(birthDate);
  if (Number.isNaN(born.getTime())) return null;
  const before = now.getMonth() < born.getMonth() || (now.getMonth() === born.getMonth() && now.getDate() < born.getDate());
  return now.getFullYear() - born.getFullYear() - (before ? 1 : 0);
}

const code = (concept) => concept?.coding?.[0]?.code;

/** The lines of the banner: heading, problems, drugs, allergies; null where the key was not handed over. */
export function facts(prefetch) {
  const patient = prefetch.patient;
  const listed = (key, keep, name) =>
    key in prefetch ? [...new Set(resourcesOf(prefetch[key]).filter(keep).map(name).filter(Boolean))] : null;
  return {
    patient,
    problems: listed("conditions", (one) => ["active", "recurrence", "relapse", undefined].includes(code(one.clinicalStatus))
      && !["refuted", "entered-in-error"].includes(code(one.verificationStatus)) && code([one.category].flat()[0]) !== "encounter-diagnosis",
      (one) => named(one.code)),
    drugs: listed("medications", (one) => ["active", "on-hold", "unknown"].includes(one.status)
      && !["proposal", "option"].includes(one.intent) && !one.doNotPerform,
      (one) => drugName(one) + (one.status === "active" ? "" : ` (${one.status})`)),
    allergies: listed("allergies", (one) => code(one.clinicalStatus) !== "resolved" && code(one.verificationStatus) !== "entered-in-error",
      (one) => named(one.code)),
  };
}
