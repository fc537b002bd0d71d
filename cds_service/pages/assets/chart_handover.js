// A chart that was pasted goes from the workbench to the guideline page it opened, in memory and on this site only.

const QUESTION = "calcinosis-cds: which chart?";
export const HANDED_OVER = "chart=handed-over";
const PATIENCE = 3000;

/** Answer the pages that this one opened; `current()`: what to hand over, or null. */
export function handOver(current) {
  window.addEventListener("message", (event) => {
    if (event.origin !== location.origin || event.data !== QUESTION) return;
    const handed = current();
    if (handed) event.source.postMessage(handed, location.origin);
  });
}

/** What the page that opened this one hands over; null when it does not answer. */
export function takeOver() {
  return new Promise((resolve) => {
    if (!window.opener) {
      resolve(null);
      return;
    }
    window.addEventListener("message", (event) => {
      if (event.origin === location.origin && event.source === window.opener) resolve(event.data);
    });
    setTimeout(() => resolve(null), PATIENCE);
    window.opener.postMessage(QUESTION, location.origin);
  });
}
