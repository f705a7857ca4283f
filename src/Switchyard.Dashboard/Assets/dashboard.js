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
  // What is told while the connection is lost does not arrive: it is told again. The event of Blazor does not bubble.
  document.addEventListener('components-reconnect-state-changed', event => {
    if (event.detail?.state === 'hide') tell();
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
