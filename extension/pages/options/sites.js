// The sites: each with a switch, what the browser allows, and a way to remove it.

import { element } from '../../../www/dom/element.js';
import { patternOf } from '../../background/origins.js';
import { DEFAULTS } from '../../background/settings.js';
import { ask } from '../ask.js';
import { browser } from '../browser.js';
import { giveBack, turnOff, turnOn } from '../site.js';
import { say } from '../words.js';
import { siteOf } from './typed.js';

/** `now()` gives the settings in force, `changed()` reads them again. */
export function startSites({ now, changed }) {
  const find = (id) => document.getElementById(id);
  const rows = new Map(); // by origin

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
    await ask({ do: 'forgetSite', origin });
    const { [origin]: gone, ...sites } = now().sites;
    await giveBack(origin, { ...now(), sites });
    find('origin').focus();
  }

  function row(origin) {
    const box = element('input', { type: 'checkbox', role: 'switch', autocomplete: 'off' });
    box.addEventListener('change', () => act(() => switched(origin, box.checked)));
    const allow = element('button', { type: 'button', class: 'small', onclick: () => act(() => switched(origin, true)) }, say('mendPermission'));
    const node = element('li', {}, element('label', { class: 'toggle row' }, box, element('b', {}, origin)), allow);
    if (!Object.hasOwn(DEFAULTS.sites, origin)) {
      node.append(element('button', { type: 'button', class: 'quiet small', 'aria-label': say('sitesRemoveOne', origin), onclick: () => act(() => remove(origin)) }, say('sitesRemove')));
    }
    return {
      node,
      show(on, granted) {
        box.checked = on;
        // It would take the focus with it.
        if (granted && document.activeElement === allow) box.focus();
        allow.hidden = !on || granted;
      },
    };
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
      const { sites } = now();
      const granted = await Promise.all(Object.keys(sites).map((origin) => browser.permissions.contains({ origins: [patternOf(origin)] })));
      for (const [origin, { node }] of rows) {
        if (Object.hasOwn(sites, origin)) continue;
        node.remove();
        rows.delete(origin);
      }
      // In place: a row that is made anew has lost the focus.
      for (const [at, [origin, { on }]] of Object.entries(sites).entries()) {
        if (!rows.has(origin)) {
          rows.set(origin, row(origin));
          find('sites').append(rows.get(origin).node);
        }
        rows.get(origin).show(on, granted[at]);
      }
    },
  };
}
