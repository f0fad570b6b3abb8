// Patching in place.
//
// Every patch is a Proxy over the function it replaces: same name, length, own properties, prototype
// and `this` rules. Disarming deletes the traps from the Proxy's handler, and a Proxy without traps
// only forwards: a patch that somebody else has wrapped meanwhile goes quiet where it is. The old
// function is put back only while one of ours is the one installed.
//
// Arming puts ours on top, whatever is there by now: a function that we do not know may have ours below
// it or, after somebody wrote back what was there before us, may not, and only calling it would tell.
// Of all the Proxies that came to a property in this way only the topmost has traps, so that a call is
// seen once; and there is one for each function, so that cycles grow no tower.

import {
  apply,
  defineProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  values,
  weakMap,
} from './natives.js';

const { get: reflectGet, ownKeys } = Reflect;
const ProxyNative = Proxy;

export function patcher(realm) {
  const slots = [];
  const patches = weakMap(); // function -> its patch
  const originals = weakMap(); // proxy -> the function behind it
  const nativeToString = realm.Function.prototype.toString;

  function patchFor(original) {
    let patch = patches.get(original);
    if (!patch) {
      const handler = { __proto__: null }; // else Object.prototype.apply, if a page sets it, were a trap
      patch = { original, handler, proxy: new ProxyNative(original, handler) };
      patches.set(original, patch);
      originals.set(patch.proxy, original);
    }
    return patch;
  }

  // Function.prototype.toString prints a Proxy as a nameless native function, and then tests such as
  // /^function fetch\(\)/ fail. `String(fetch)` asks our Proxy for "toString": it answers with this
  // Proxy of the native one, which prints the function behind.
  const printer = patchFor(nativeToString);
  printer.handler.get = get;
  printer.handler.apply = (target, self, args) => apply(target, originals.get(self) || self, args);

  // In Firefox `caller` and `arguments` are accessors that accept no Proxy as `this`. (To set them is left as it
  // is: a trap that says that nothing was set changes the error of every assignment.)
  function get(target, key, receiver) {
    const self = (key === 'caller' || key === 'arguments') && originals.get(receiver);
    const value = reflectGet(target, key, self || receiver);
    return key === 'toString' && value === nativeToString ? printer.proxy : value;
  }

  function locate({ name, key, setter }) {
    let holder = realm;
    if (name === 'AsyncIterator') holder = getPrototypeOf(apply(values, new realm.ReadableStream(), []));
    else if (typeof name === 'function') holder = name;
    else if (name !== 'Window') holder = realm[name].prototype;
    let found = getOwnPropertyDescriptor(holder, key);
    // In a worker, what a Window has itself is on a prototype; and where somebody put a subclass in the place of
    // a class, what it inherits. What a page adds to every object is neither.
    while (!found && getPrototypeOf((holder = getPrototypeOf(holder)))) found = getOwnPropertyDescriptor(holder, key);
    const getter = found.get ? 'get' : 'value';
    return { holder, found, field: setter ? 'set' : getter };
  }

  // Puts a function where the property is, with the flags it has.
  const place = (slot, { holder, found, field }, value) => defineProperty(holder, slot.key, { ...found, [field]: value });

  function armSlot(slot) {
    const at = locate(slot);
    const current = at.found[at.field];
    // Ours again, if one of ours is on top.
    const patch = patchFor(originals.get(current) || current);
    const placed = current === patch.proxy || place(slot, at, patch.proxy);
    if (placed) slot.patch = patch;
    // Where nothing can be placed any more, the one from before may still be below.
    slot.patch.handler.get = get;
    slot.patch.handler[slot.kind] = slot.trap;
    if (!placed) throw slot;
  }

  // Two properties may share a patch: all are quiet before the first is armed.
  function silence({ patch }) {
    for (const trap in patch.handler) delete patch.handler[trap];
  }

  function restore(slot) {
    const at = locate(slot);
    // Any of ours: somebody may have written back one from before.
    const original = originals.get(at.found[at.field]);
    if (original) place(slot, at, original);
  }

  const ignore = () => {};

  function each(step, refused = ignore) {
    for (let i = 0; i < slots.length; i++) {
      try {
        step(slots[i]);
      } catch {
        refused(slots[i]);
      }
    }
  }

  return {
    /**
     * Has the members of interface `name` (methods and getters), or of a function, patched with Proxy
     * traps of one kind; of attributes the setters, if asked for.
     */
    add(name, members, kind = 'apply', setter = false) {
      for (const key of ownKeys(members)) slots.push({ name, key, kind, setter, trap: members[key], patch: null });
    },

    /** Installs what can be installed; `refused` hears about the rest (missing, frozen, redefined). */
    arm(refused) {
      each(silence);
      each(armSlot, (slot) => refused(`${slot.name}.${String(slot.key)}`));
    },

    // What was never placed, or is frozen since, cannot be put back; without its traps it only forwards.
    disarm() {
      each(silence);
      each(restore);
    },
  };
}
