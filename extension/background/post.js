/** Says it to whom may have gone meanwhile. */
export function post(port, message) {
  try {
    port.postMessage(message);
  } catch {
    // Nobody there.
  }
}
