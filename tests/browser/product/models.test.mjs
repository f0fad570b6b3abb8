// Clients of models see the same with and without the tap: texts, calls, refusals, retries, losses.

import { after, before, describe } from 'node:test';
import { identical, startPeers } from './peers/identical.mjs';
import { modelDoor } from './peers/model_door.mjs';

const asks = (...models) => ({ request }) => models.some((model) => request.includes(`"model":"${model}"`));
const cut = asks('long', 'lost');
// It tries again without a look at why.
const unread = asks('busy', 'never');

const CLIENTS = {
  'peers/openai.page': { openai: { heldFetch: true, cut, unread } },
  'peers/ai.page': { 'ai and @ai-sdk/anthropic': { cut } },
};

describe('clients of models', () => {
  for (const [script, scenarios] of Object.entries(CLIENTS)) {
    let peers;
    before(async () => {
      peers = await startPeers(script, (ledger) => {
        const door = modelDoor(ledger);
        return { '/openai/': door, '/anthropic/': door };
      });
    });
    after(() => peers?.close());
    identical(script, () => peers, scenarios);
  }
});
