// The tap of this page, installed as an app would do it, and a switch that takes the wire from it:
// what is left comes from the page alone.

const parameters = new URLSearchParams(location.search);

/** `ready`, once the tap is there; `doing()` says what it does. */
export function startWire(control) {
  control.checked = parameters.get('wire') === 'off';
  const untapped = parameters.get('tap') === 'off';
  control.disabled = untapped; // a bookmarklet that comes later is as it is

  async function install() {
    try {
      const { install } = await import('/pagetap/index.js');
      window.__claudeHooksDestroy?.();
      install({ dom: true, wire: !control.checked });
      window.dispatchEvent(new CustomEvent('pagetap:installed'));
    } catch (error) {
      console.warn('pagetap is not installed:', error.message); // the chat goes on without it
    }
  }

  // A reload keeps the choice; the rest of the address is the chat's.
  function remember() {
    const search = new URLSearchParams(location.search);
    if (control.checked) search.set('wire', 'off');
    else search.delete('wire');
    history.replaceState(history.state, '', `${location.pathname}?${search}`.replace(/\?$/, ''));
  }

  control.addEventListener('change', () => {
    remember();
    return install();
  });
  return {
    ready: untapped ? Promise.resolve() : install(),
    doing: () => (control.checked ? 'sees the page alone' : 'is watching'),
  };
}
