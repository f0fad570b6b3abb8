// Of all pages that export to one destination, one sends: who holds its Web Lock. The lock is free when the
// page is gone, however it went. A page that is frozen keeps it and does nothing: it lets go before, if it is
// told; and who waits with something to send asks, and takes the lock from one that does not answer.

/** How long a leader may take to answer, and how often it is asked. */
const ANSWER_MS = 5000;
const TIMES = 2;

/**
 * `name`: of the lock and the channel. `on`: `lead()`, `follow()`, `heard(message)` for what other pages say.
 * Without locks every page leads.
 */
export function startLeader({ locks, broadcast, name, timer, Abort, on }) {
  let channel = null;
  let leading = false;
  let release = null;
  let waiting = null; // aborts the request that waits for the lock
  let asking = null;
  let asked = 0;
  let closed = false;
  let suspended = false;
  let first;
  const led = new Promise((resolve) => (first = resolve));

  function connect() {
    channel = broadcast(name);
    if (channel) channel.onmessage = ({ data }) => heard(data);
  }

  function disconnect() {
    if (channel) channel.onmessage = null;
    channel?.close();
    channel = null;
  }

  function say(message) {
    try {
      channel?.postMessage(message);
    } catch {
      // Closed, with the page.
    }
  }

  function heard(message) {
    // By a timer, which a frozen page has not: Chromium lets such a page hear messages, but send nothing.
    if (message?.ask && leading) timer.set(() => leading && say({ here: true }), 0);
    if (message?.here || message?.acknowledged) calm();
    if (!suspended) on.heard(message ?? {});
  }

  function calm() {
    timer.clear(asking);
    asking = null;
    asked = 0;
  }

  function begin() {
    if (leading || closed || suspended) return;
    leading = true;
    calm();
    on.lead();
    first();
  }

  function end() {
    release?.();
    release = null;
    if (!leading) return;
    leading = false;
    on.follow();
  }

  // Waits for the lock, or takes it.
  function request(steal = false) {
    waiting?.abort();
    waiting = null;
    if (!locks) return begin();
    const abort = steal ? null : new Abort();
    waiting = abort;
    const options = steal ? { steal: true } : { signal: abort.signal };
    let held = false;
    let given;
    try {
      given = locks.request(name, options, () => {
        if (waiting === abort) waiting = null;
        if (closed || suspended) return undefined;
        held = true;
        return new Promise((resolve) => {
          release = resolve;
          begin();
        });
      });
    } catch (error) {
      given = Promise.reject(error);
    }
    Promise.resolve(given).catch((error) => {
      if (abort?.signal.aborted || closed || suspended) return;
      // Somebody took it from us: we were frozen.
      if (held) {
        release = null;
        end();
        request();
      } else begin(); // Locks are refused here (a sandboxed frame).
    });
  }

  // Whoever leads may be frozen. It is asked; and not asked again while an answer is awaited.
  function ask() {
    if (leading || closed || suspended || !channel || asking) return;
    asked++;
    say({ ask: true });
    asking = timer.set(() => {
      asking = null;
      if (leading || closed || suspended) return;
      if (asked >= TIMES) {
        asked = 0;
        request(true);
      } else ask();
    }, ANSWER_MS);
  }

  function suspend() {
    suspended = true;
    waiting?.abort();
    waiting = null;
    calm();
    end();
  }

  connect();
  request();

  return {
    get leading() {
      return leading;
    },
    /** Whether it lets another lead. */
    get suspended() {
      return suspended;
    },
    /** Resolves when this page leads for the first time. */
    led,
    ask,
    say,
    /** The page is about to be frozen, or cannot send: another may lead. */
    suspend,
    resume() {
      if (!suspended || closed) return;
      suspended = false;
      request();
    },
    /** A page that is left: a message for it would keep the browser from showing it again. */
    disconnect,
    connect,
    close() {
      closed = true;
      suspend();
      disconnect();
    },
  };
}
