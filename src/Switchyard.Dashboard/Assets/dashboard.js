// Colours, and whether the tab is visible. Everything else runs on the server.
(() => {
  'use strict';
  const key = 'switchyard-colours';
  const root = document.documentElement;
  const chosen = () => localStorage.getItem(key) ?? 'system';
  const apply = () => {
    if (chosen() === 'system') root.removeAttribute('data-colours');
    else root.setAttribute('data-colours', chosen());
  };
  apply();
  document.addEventListener('change', event => {
    if (event.target.id !== 'colours') return;
    localStorage.setItem(key, event.target.value);
    apply();
  });
  // A link within the page would only scroll: the keyboard focus must move there, too.
  document.addEventListener('click', event => {
    if (!event.target.closest?.('.skip')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.getElementById('main').focus();
  }, true);
  // Text beside a button is copied.
  document.addEventListener('click', event => {
    if (!event.target.classList?.contains('copy')) return;
    const text = event.target.previousElementSibling;
    // Browsers let pages copy only over TLS or from localhost; otherwise the text is selected.
    if (!navigator.clipboard) return getSelection().selectAllChildren(text);
    navigator.clipboard.writeText(text.textContent);
    event.target.textContent = 'Copied';
  });
  let attention;
  const tell = () => attention?.invokeMethodAsync('SetVisible', !document.hidden);
  document.addEventListener('visibilitychange', tell);
  // After a restart of the gateway the session and the page's state there are gone, and no try to connect again succeeds. Loading the page
  // again then leads to sign-in, and from there back to it.
  const leaveIfOver = async isGivenUp => {
    let answer;
    try {
      answer = await fetch('_blazor/negotiate?negotiateVersion=1', { method: 'POST', redirect: 'manual' });
    } catch {
      // The gateway does not answer yet.
    }
    // A proxy answers 502 or 503 in the gateway's place while it starts: loading the page would then end at the proxy's error page.
    const isUp = answer !== undefined && answer.status < 500;
    if (isUp && (isGivenUp || answer.type === 'opaqueredirect' || answer.status === 401)) location.reload();
    // After the last try of Blazor, this is the only one that goes on.
    else if (isGivenUp) setTimeout(leaveIfOver, 5000, true);
  };
  // What is told while the connection is lost does not arrive: it is told again. The event of Blazor does not bubble.
  document.addEventListener('components-reconnect-state-changed', event => {
    const { state, secondsToNextAttempt } = event.detail ?? {};
    if (state === 'hide') tell();
    else if (state === 'rejected') location.reload();
    else if (state === 'failed') leaveIfOver(true);
    // Once for each try, not at each second before it.
    else if (state === 'retrying' && !secondsToNextAttempt) leaveIfOver(false);
  }, true);
  window.switchyard = {
    // Called when the page is interactive: passes the state of the browser to the server.
    start(page) {
      attention = page;
      document.getElementById('colours').value = chosen();
      document.body.setAttribute('data-live', 'true');
      if (document.hidden) page.invokeMethodAsync('SetVisible', false);
    },
  };
})();
