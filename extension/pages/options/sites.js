// The sites: each with a switch, what the browser allows, and a way to remove it.

import { element } from '../../../www/dom/element.js';
import { patternOf } from '../../background/origins.js';
import { DEFAULTS } from '../../background/settings.js';
import { browser } from '../browser.js';
import { turnOff, turnOn } from '../site.js';
import { say } from '../words.js';
import { siteOf } from './typed.js';

/** `now()` gives the settings in force, `changed()` reads them again, `store(settings)` changes them. */
export function startSites({ now, changed, store }) {
  const find = (id) => document.getElementById(id);

  function fault(sentence) {
    find('origin-error').textContent = sentence;
    find('origin').toggleAttribute('aria-invalid', sentence !== '');
  }

  /** Does it, shows why not, and shows what is then. */
  async function act(what) {
    fault('');
    try {
      await what();
    } catch (error) {
      fault(error.message);
    }
    try {
      await changed();
    } catch (error) {
      fault(error.message);
    }
  }

  async function switched(origin, on) {
    if (!on) return turnOff(origin);
    if (!(await turnOn(origin))) throw new Error(say('sitesRefused', origin));
  }

  async function remove(origin) {
    const { [origin]: removed, ...sites } = now().sites;
    await store({ ...now(), sites });
    // One permission is for all ports of a host, and what the manifest asks for cannot be given back.
    if (!Object.keys(sites).map(patternOf).includes(patternOf(origin))) {
      await browser.permissions.remove({ origins: [patternOf(origin)] }).catch(() => {});
    }
    find('origin').focus();
  }

  async function row([origin, { on }]) {
    const granted = await browser.permissions.contains({ origins: [patternOf(origin)] });
    const box = element('input', { type: 'checkbox', role: 'switch', autocomplete: 'off' });
    box.checked = on;
    box.addEventListener('change', () => act(() => switched(origin, box.checked)));
    const node = element('li', {}, element('label', { class: 'toggle row' }, box, element('b', {}, origin)));
    if (on && !granted) {
      node.append(element('button', { type: 'button', class: 'small', onclick: () => act(() => switched(origin, true)) }, say('mendPermission')));
    }
    if (!Object.hasOwn(DEFAULTS.sites, origin)) {
      node.append(element('button', { type: 'button', class: 'quiet small', 'aria-label': say('sitesRemoveOne', origin), onclick: () => act(() => remove(origin)) }, say('sitesRemove')));
    }
    return node;
  }

  find('add').addEventListener('submit', (event) => {
    event.preventDefault();
    const origin = siteOf(find('origin').value);
    if (!origin) {
      fault(say('error_not_an_origin'));
      find('origin').focus();
      return;
    }
    act(async () => {
      await switched(origin, true);
      find('origin').value = '';
    });
  });

  return {
    async show() {
      find('sites').replaceChildren(...await Promise.all(Object.entries(now().sites).map(row)));
    },
  };
}
