// Patching in place.
//
// Every patch is a Proxy over the function it replaces: same name, length, own properties, prototype
// and `this` rules. Disarming deletes the traps from the Proxy's handler, and a Proxy without traps
// only forwards: a patch that somebody else has wrapped meanwhile goes quiet where it is. The old
// function is put back only while ours is still the one installed. Re-arming puts the traps back into
// the same Proxy, so install/uninstall cycles under a foreign wrapper grow no tower.

import { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, pinned, values } from './natives.js';

const { get: reflectGet, ownKeys } = Reflect;

export function patcher(realm) {
  const slots = [];
  const patches = new WeakMap(); // function -> its patch
  const originals = pinned(new WeakMap(), 'get', 'set'); // proxy -> the function behind it
  const nativeToString = realm.Function.prototype.toString;

  function patchFor(original) {
    let patch = patches.get(original);
    if (!patch) {
      const handler = { __proto__: null }; // else Object.prototype.apply, if a page sets it, were a trap
      patch = { original, handler, proxy: new Proxy(original, handler) };
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

  function get(target, key, receiver) {
    const value = reflectGet(target, key, receiver);
    return key === 'toString' && value === nativeToString ? printer.proxy : value;
  }

  function locate({ name, key, setter }) {
    let holder = realm;
    if (name === 'AsyncIterator') holder = getPrototypeOf(apply(values, new realm.ReadableStream(), []));
    else if (typeof name === 'function') holder = name;
    else if (name !== 'Window') holder = realm[name].prototype;
    let found = getOwnPropertyDescriptor(holder, key);
    // In a worker, what a Window has itself is on a prototype.
    while (!found && name === 'Window') {
      holder = getPrototypeOf(holder);
      found = getOwnPropertyDescriptor(holder, key);
    }
    const getter = found.get ? 'get' : 'value';
    return { holder, found, field: setter ? 'set' : getter };
  }

  // Puts the proxy or the original of `patch` where the property is, with the flags it has.
  function place(slot, { holder, found, field }, patch, which) {
    if (!defineProperty(holder, slot.key, { ...found, [field]: patch[which] })) throw slot;
    slot.patch = patch;
    slot.placed = which === 'proxy';
  }

  function armSlot(slot) {
    const at = locate(slot);
    const current = at.found[at.field];
    const { patch } = slot;
    // In place: ours is on top, or somebody put theirs on top of it. Not so if we took ours away, or
    // if a foreign uninstall wrote the function from before us over it.
    if (!patch || (current !== patch.proxy && (!slot.placed || current === patch.original))) {
      place(slot, at, patchFor(current), 'proxy');
    }
    slot.patch.handler.get = get;
    slot.patch.handler[slot.kind] = slot.trap;
  }

  function disarmSlot(slot) {
    const { patch } = slot;
    for (const trap in patch.handler) delete patch.handler[trap];
    const at = locate(slot);
    if (at.found[at.field] === patch.proxy) place(slot, at, patch, 'original');
  }

  function each(step, refused) {
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
     * traps of one kind.
     */
    add(name, members, kind = 'apply') {
      for (const key of ownKeys(members)) {
        slots.push({ name, key, kind, setter: false, trap: members[key], patch: null, placed: false });
      }
    },

    /** The same for the setters of attributes. */
    addSetters(name, members) {
      for (const key of ownKeys(members)) {
        slots.push({ name, key, kind: 'apply', setter: true, trap: members[key], patch: null, placed: false });
      }
    },

    /** Installs what can be installed; `refused` hears about the rest (missing, frozen, redefined). */
    arm(refused) {
      each(armSlot, (slot) => refused(`${slot.name}.${String(slot.key)}`));
    },

    // What was never placed, or is frozen since, cannot be put back; without its traps it only forwards.
    disarm() {
      each(disarmSlot, () => {});
    },
  };
}
