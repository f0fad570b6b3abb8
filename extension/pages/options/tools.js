// The switch of the panel in the developer tools, where the browser asks for it only when it is wanted.

import { developerTools } from '../developer_tools.js';
import { say } from '../words.js';

export async function startTools() {
  if (!developerTools.optional) return;
  const find = (id) => document.getElementById(id);
  const box = find('tools-on');

  async function show() {
    box.checked = await developerTools.granted();
  }

  box.addEventListener('change', async () => {
    find('tools-error').textContent = '';
    try {
      if (box.checked && !(await developerTools.ask())) find('tools-error').textContent = say('toolsRefused');
      else if (!box.checked) await developerTools.giveBack();
    } catch (error) {
      find('tools-error').textContent = error.message;
    }
    await show();
  });
  find('tools').hidden = false;
  await show();
}
