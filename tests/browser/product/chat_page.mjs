// A chat in plain JavaScript that does to its nodes what such sites do, and a platform that keeps count.
// Both are functions for a page, before its scripts.

/**
 * The platform with a ledger: what was asked of it and not given back, what the core was told, and a tab
 * that can be hidden. Whatever is installed afterwards finds it in the place of the real one.
 */
export function platform() {
  const live = { listeners: [], observers: new Set(), timers: {}, frames: new Set(), others: new Set() };
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const kept = (target, type, listener, options) => (other) =>
    other.target === target && other.type === type && other.listener === listener && other.capture === capture(options);
  const capture = (options) => !!(typeof options === 'object' && options ? options.capture : options);
  const forget = (fits) => {
    const at = live.listeners.findIndex(fits);
    if (at >= 0) live.listeners.splice(at, 1);
  };
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    if (listener && !live.listeners.some(kept(this, type, listener, options))) {
      live.listeners.push({ target: this, type, listener, capture: capture(options) });
      options?.signal && addEventListener.call(options.signal, 'abort', () => forget(kept(this, type, listener, options)));
    }
    return addEventListener.call(this, type, listener, options);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    forget(kept(this, type, listener, options));
    return removeEventListener.call(this, type, listener, options);
  };
  // Not every browser has the last.
  for (const Observer of [MutationObserver, ResizeObserver, IntersectionObserver, PerformanceObserver, window.ReportingObserver ?? class {}]) {
    const { observe, disconnect } = Observer.prototype;
    Observer.prototype.observe = function (...given) {
      live.observers.add(this);
      return observe.apply(this, given);
    };
    Observer.prototype.disconnect = function () {
      live.observers.delete(this);
      return disconnect.call(this);
    };
  }
  // Those that the observer has no use for.
  for (const [start, stop] of [['setInterval', 'clearInterval'], ['requestIdleCallback', 'cancelIdleCallback']]) {
    const { [start]: begin, [stop]: end } = window;
    window[start] = (...given) => {
      const id = begin(...given);
      live.others.add(`${start} ${id}`);
      return id;
    };
    window[stop] = (id) => {
      live.others.delete(`${start} ${id}`);
      end(id);
    };
  }
  const { setTimeout, clearTimeout, requestAnimationFrame, cancelAnimationFrame } = window;
  window.setTimeout = (step, delay, ...given) => {
    const timer = setTimeout(() => {
      delete live.timers[timer];
      step(...given);
    }, delay);
    live.timers[timer] = { step, delay };
    return timer;
  };
  window.clearTimeout = (timer) => {
    delete live.timers[timer];
    clearTimeout(timer);
  };
  window.requestAnimationFrame = (step) => {
    const frame = requestAnimationFrame((time) => {
      live.frames.delete(frame);
      ledger.frame++;
      step(time);
    });
    live.frames.add(frame);
    return frame;
  };
  window.cancelAnimationFrame = (frame) => {
    live.frames.delete(frame);
    cancelAnimationFrame(frame);
  };

  let visibility = 'visible';
  Object.defineProperty(Document.prototype, 'visibilityState', { configurable: true, get: () => visibility });

  const looks = [];
  const calls = [];
  const { Instance } = WebAssembly;
  WebAssembly.Instance = function (module) {
    const { exports } = new Instance(module);
    let at = 0;
    let length = 0;
    return {
      exports: {
        ...exports,
        input(core, size) {
          length = size;
          return (at = exports.input(core, size));
        },
        look(core, ts) {
          const text = new TextDecoder().decode(new Uint8Array(exports.memory.buffer, at, length));
          calls.push('look');
          if (text) looks.push({ ...JSON.parse(text), ts, frame: ledger.frame });
          return exports.look(core, ts);
        },
        watch(core, window) {
          ledger.windows.push(window);
          calls.push(`watch ${window}`);
          return exports.watch(core, window);
        },
        end(...given) {
          calls.push('end');
          return exports.end(...given);
        },
        leave(...given) {
          calls.push('leave');
          return exports.leave(...given);
        },
        read(core) {
          calls.push('read');
          return exports.read(core);
        },
      },
    };
  };

  window.ledger = {
    frame: 0,
    /** What the core was told of the screen, and how it was told to watch. */
    looks,
    windows: [],
    /** All that it was told of these, in order: looks, how to watch, the end of streams and of the page; and when it was read. */
    calls,
    /** What is still there of ours. */
    count: () => ({
      listeners: live.listeners.length, observers: live.observers.size, timers: Object.keys(live.timers).length, frames: live.frames.size,
      others: live.others.size,
    }),
    /** Every function of the platform that scripts can reach by a name: where it is, and what is there now. */
    functions() {
      const found = new Map();
      const walk = (place, object) => {
        for (const key of Reflect.ownKeys(object)) {
          const { value, get, set } = Object.getOwnPropertyDescriptor(object, key);
          for (const [kind, member] of Object.entries({ value, get, set })) {
            if (typeof member === 'function') found.set(`${place}.${String(key)} ${kind}`, member);
          }
        }
      };
      walk('window', window);
      const { getPrototypeOf } = Object;
      walk('AsyncIterator', getPrototypeOf(ReadableStream.prototype.values.call(new ReadableStream())));
      for (const name of Object.getOwnPropertyNames(window)) {
        const { value } = Object.getOwnPropertyDescriptor(window, name);
        if (typeof value !== 'function') continue;
        walk(name, value);
        if (value.prototype) walk(`${name}.prototype`, value.prototype);
      }
      return found;
    },
    types: () => live.listeners.map(({ type }) => type).sort(),
    /** Runs the timers of at least so many ms at once. */
    fire(least) {
      for (const [timer, { step, delay }] of Object.entries(live.timers)) {
        if (delay < least) continue;
        window.clearTimeout(Number(timer));
        step();
      }
    },
    show(state) {
      visibility = state;
      document.dispatchEvent(new Event('visibilitychange'));
    },
    /** Two frames, and what they led to. */
    async painted() {
      for (let i = 0; i < 2; i++) await new Promise((done) => requestAnimationFrame(done));
      await words.turn();
      await words.turn();
    },
    last: (root) => looks.filter((look) => !root || look.root === root).at(-1),
  };
  const { ledger } = window;
}

/** `chat(options)` makes one. `prefix`: before every name that a selector could go by, as after a site's update. */
export function chatWords() {
  window.chat = ({ into = document.body, id, prefix = '', labels = ['Send', 'Stop'] } = {}) => {
    const make = (tag, name, attributes = {}, ...children) => {
      const element = document.createElement(tag);
      if (name) element.setAttribute('data-testid', prefix + name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      element.append(...children);
      return element;
    };
    const streaming = `${prefix}data-is-streaming`;
    const list = make('div', '', { role: 'log' });
    const button = make('button', 'send-button', {}, labels[0]);
    const form = make('form', '', {}, make('textarea', 'chat-input'), button);
    const region = make('section', 'conversation', id ? { 'data-conversation-id': id } : {}, list, form);
    into.append(region);
    return {
      region,
      list,
      button,
      make,
      user(text) {
        const message = make('div', 'user-message', {}, make('p', '', {}, text));
        list.append(make('div', '', { class: 'row' }, message));
        return message;
      },
      answer(text = '') {
        const prose = make('div', 'assistant-text', {}, make('p', '', {}, text));
        const message = make('div', 'assistant-message', { [streaming]: 'true' }, prose);
        list.append(make('div', '', { class: 'row' }, message));
        const node = prose.firstChild.firstChild ?? prose.firstChild.appendChild(new Text());
        return {
          message,
          say: (more) => node.appendData(more),
          tool(name) {
            const card = make('div', 'tool-card', { 'data-state': 'running' }, make('b', 'tool-name', {}, name), ' runs');
            message.append(card);
            return card;
          },
          end: () => message.setAttribute(streaming, 'false'),
        };
      },
      busy(on) {
        button.setAttribute('data-testid', prefix + (on ? 'stop-button' : 'send-button'));
        button.textContent = labels[+on];
      },
      ask(text, parent = document.body) {
        const dialog = make('div', 'permission-dialog', { role: 'dialog' }, make('p', '', {}, text), make('button', 'allow', {}, 'Allow'));
        parent.append(dialog);
        return dialog;
      },
      /** What React does when a key changes: the same again, in nodes that are new. */
      again() {
        list.replaceChildren(...[...list.children].map((row) => row.cloneNode(true)));
      },
    };
  };
}
