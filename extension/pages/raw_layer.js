// The raw layer, turned on where one misses it.

import { ask } from './ask.js';

export async function turnRawOn() {
  const { settings } = await ask({ ask: 'settings' });
  await ask({ do: 'settings', settings: { layers: { ...settings.layers, raw: true } } });
}
