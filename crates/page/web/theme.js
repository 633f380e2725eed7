// Light or dark, before anything is drawn. By default as the system says; a choice is kept by this browser.
// A classic script, so that it runs before the page is painted.
(() => {
  const KEY = 'rushes-theme';
  const read = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const chosen = read();
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
