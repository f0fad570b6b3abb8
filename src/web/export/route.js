// Which way a batch takes out of a page, and exactly why one is closed. A beacon would say nothing: it
// returns true where a policy swallows it.

import { relayTo } from './relay.js';

// How long the browser may take to say that its policy was violated.
const VIOLATION_MS = 200;
const PROBE_MS = 5000;
const NETWORK_PERMISSIONS = ['local-network-access', 'loopback-network', 'local-network'];

/**
 * `page`: what is known of it: `{ protocol, hostname, origin, open, listen(type, listener), listenDocument }`;
 * undefined where there is none, as in an extension's background: then the direct way is all there is, and
 * `granted()` resolves with whether the browser lets it reach that address without CORS.
 */
export function openRoute({ route, to, send, permissions, timer, Abort, page, granted }) {
  const url = new URL(to);
  const relay = page && relayTo({ to, timer, open: page.open, origin: page.origin, listen: page.listen });
  // Why the direct way is closed for as long as this page lives.
  let closed = page && mixed(page, url) ? `a page loaded by https: cannot reach ${url.origin} (mixed content)` : null;
  let violated = null;
  // Why the window that was asked for is of no use.
  let unopened = null;

  const deaf = page?.listenDocument('securitypolicyviolation', ({ disposition, effectiveDirective, blockedURI }) => {
    if (disposition !== 'enforce' || effectiveDirective !== 'connect-src' || !of(blockedURI, url)) return;
    closed = `the page's Content-Security-Policy (connect-src) does not allow ${url.origin}`;
    violated?.();
  });

  const relayed = () => route !== 'direct' && !!relay?.isOpen;

  function help() {
    if (!relay || route === 'direct') return '';
    return unopened ? `; ${unopened}` : '; openRelay(), called in a click, opens a window that carries the events';
  }

  return {
    get name() {
      return relayed() || route === 'relay' ? 'relay' : 'direct';
    },
    /** Why nothing can leave, whatever is tried; null if something can. */
    get closed() {
      if (relayed()) return null;
      if (route === 'relay') return unopened ?? 'the window of the relay is not open: call openRelay() in a click';
      return closed && closed + help();
    },
    /** As platform.send. */
    send(address, init) {
      if (relayed()) return relay.send(address, init);
      if (this.closed) return Promise.reject(new Error(this.closed));
      return send(address, init);
    },
    /**
     * Why there was no answer: `blocked`, if something stands between, or null if nothing is there; `why` in a
     * sentence. `often`: the last times, too, and never was there one.
     */
    async diagnose(often) {
      if (relayed()) return { blocked: null, why: `the relay cannot reach ${url.origin}` };
      if (!this.closed && page) await policy();
      if (this.closed) return { blocked: this.closed, why: this.closed };
      const nobody = { blocked: null, why: `nothing answers at ${url.origin}` };
      if (!page) return extension(nobody);
      if (await answers()) {
        // The page is told the same of a connection that breaks.
        if (!often) return { blocked: null, why: `the connection to ${url.origin} broke` };
        const why = `${url.origin} answers, but does not allow ${page.origin} (CORS): it must allow that origin, and the headers of the request${help()}`;
        return { blocked: why, why };
      }
      const state = isLocal(url.hostname) ? await permission() : 'granted';
      if (state === 'granted') return nobody;
      const refused = `the browser does not let this page reach local addresses (Local Network Access: ${state})`;
      // It does not say which of the two it is. A page that is local itself needs no permission.
      if (state !== 'denied' && isLocal(page.hostname)) return { blocked: null, why: `${nobody.why}, or ${refused}` };
      const why = `${refused}${state === 'denied' ? '' : `, or nothing answers at ${url.origin}`}${help()}`;
      return { blocked: why, why };
    },
    async openRelay() {
      if (!relay || route === 'direct') throw new Error(`the route is '${route}': a relay is opened for 'auto' and 'relay'`);
      try {
        await relay.open();
        unopened = null;
      } catch (error) {
        unopened = error.message;
        throw error;
      }
    },
    close() {
      deaf?.();
      relay?.close();
    },
  };

  async function extension(nobody) {
    const [may, there] = [await granted(), await answers()];
    if (may) return there ? { blocked: null, why: `the connection to ${url.origin} broke` } : nobody;
    const withheld = `the extension has no permission to reach ${url.origin}`;
    if (!there) return { blocked: null, why: `${nobody.why}, or the browser keeps the extension from it: ${withheld}` };
    const why = `${withheld}, and what answers there does not allow the extension's origin (CORS)`;
    return { blocked: why, why };
  }

  // Resolves when the browser has had time to tell of its policy.
  async function policy() {
    let late;
    await new Promise((resolve) => {
      violated = resolve;
      late = timer.set(resolve, VIOLATION_MS);
    });
    timer.clear(late);
    violated = null;
  }

  // Whether somebody is there: without CORS the browser tells no more than that.
  async function answers() {
    const abort = new Abort();
    const late = timer.set(() => abort.abort(), PROBE_MS);
    try {
      await send(to, { method: 'HEAD', mode: 'no-cors', signal: abort.signal });
      return true;
    } catch {
      return false;
    } finally {
      timer.clear(late);
    }
  }

  async function permission() {
    for (const name of NETWORK_PERMISSIONS) {
      try {
        const { state } = await permissions.query({ name });
        if (state !== 'granted') return state;
      } catch {
        // A browser that does not know it does not ask for it.
      }
    }
    return 'granted';
  }
}

/** Whether the browser refuses it for being no secure address. */
const mixed = (page, { protocol, hostname }) => page.protocol === 'https:' && protocol === 'http:' && !isLoopback(hostname);

/** Whether a host is this machine. */
export const isLoopback = (host) => /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(host);

export const isLocal = (host) => isLoopback(host)
  || /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|\[f[cde])/.test(host) || /\.local$/.test(host);

// The whole address; of a redirect, the origin.
const of = (blocked, { origin }) => blocked === origin || String(blocked).startsWith(`${origin}/`);
