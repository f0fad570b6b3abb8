// In the place of the checkout's own testharnessreport.js, which is empty for this purpose: what a page's tests
// came to, for whoever drives it.

setup({ output: false });
add_completion_callback((tests, harness) => {
  const outcome = {
    harness: [harness.status, harness.message],
    tests: tests.map(({ name, status, message }) => [name, status, message]),
  };
  Object.defineProperty(globalThis, 'pagetapOutcome', { value: JSON.stringify(outcome) });
});
