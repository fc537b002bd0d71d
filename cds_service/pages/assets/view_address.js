// The view in the address (after #), so that it can be mailed: patient, hook, drug, reason, switches.

/** The view that the address names. */
export function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  return {
    patient: given.get("patient"),
    hook: given.get("hook") ?? "patient-view",
    drug: given.get("drug") ?? "",
    reason: given.get("reason") ?? "",
    changes: (given.get("if") ?? "").split(",").filter(Boolean),
  };
}

/** Put the view into the address; what was pasted or read elsewhere cannot stand there. */
export function writeAddress(view) {
  if (!view.patient) {
    history.replaceState(null, "", location.pathname);
    return;
  }
  const given = new URLSearchParams({ patient: view.patient });
  if (view.hook !== "patient-view") given.set("hook", view.hook);
  if (view.drug) given.set("drug", view.drug);
  if (view.reason) given.set("reason", view.reason);
  if (view.changes.length) given.set("if", view.changes.join(","));
  history.replaceState(null, "", `#${given}`);
}
