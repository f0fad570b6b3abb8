// Which tab a page is about.

import { browser } from './browser.js';

/** The tab in front of the person. */
export async function activeTab() {
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  return tab ?? null;
}

/** `changed(tabId)` now, and whenever another tab of this window comes to the front. */
export async function followActiveTab(changed) {
  const tab = await activeTab();
  const windowId = tab?.windowId;
  browser.tabs.onActivated.addListener((info) => {
    if (info.windowId === windowId) changed(info.tabId);
  });
  if (tab) changed(tab.id);
}
