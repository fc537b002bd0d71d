// The view in the address, so that it can be mailed: patient, hook, drug, reason, switches; the guideline takes it too.

/** The view that an address names: after # on the workbench, after ? on the guideline page. */
export function readAddress(text = location.hash.slice(1)) {
  const given = new URLSearchParams(text);
  return {
    patient: given.get("patient"),
    hook: given.get("hook") ?? "patient-view",
    drug: given.get("drug") ?? "",
    reason: given.get("reason") ?? "",
    changes: (given.get("if") ?? "").split(",").filter(Boolean),
    rule: given.get("rule") ?? "",
  };
}

/** The view as the part of an address; what was pasted or read elsewhere cannot stand there: empty. */
export function addressOf(view) {
  if (!view.patient) return "";
  const given = new URLSearchParams({ patient: view.patient });
  if (view.hook !== "patient-view") given.set("hook", view.hook);
  if (view.drug) given.set("drug", view.drug);
  if (view.reason) given.set("reason", view.reason);
  if (view.changes.length) given.set("if", view.changes.join(","));
  return String(given);
}

/** Put the view into the address. */
export function writeAddress(view) {
  const address = addressOf(view);
  history.replaceState(null, "", address ? `#${address}` : location.pathname);
}

/** A place on the guideline page, with the view of the workbench that is open here. */
export function guidelineAddress(anchor) {
  const address = addressOf(readAddress());
  return `${document.body.dataset.root}/guideline${address ? `?${address}` : ""}#${anchor}`;
}
