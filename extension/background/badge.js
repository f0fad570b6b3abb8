// What the button shows: that something went wrong, or that a tab is being recorded.

/** Shows the state of `tab`. */
export function show(tab, recording) {
  const text = tab.errors.length ? '!' : recording ? 'REC' : '';
  const showing = [
    chrome.action.setBadgeText({ tabId: tab.id, text }),
    chrome.action.setBadgeBackgroundColor({ tabId: tab.id, color: tab.errors.length ? '#b3261e' : '#7a1fa2' }),
  ];
  // The tab may be gone.
  for (const shown of showing) shown?.catch(() => {});
}
