// The buttons at the top right that concern no question: colours, and the way out for who logged in.

import { ask, json } from './api.js';
import { byId, fill } from './dom.js';
import { icon } from './icons.js';
import { remember } from './store.js';

const THEME_KEY = 'rushes-theme';

/** The switch between light, dark and what the system says. */
export function themeSwitch() {
  const button = byId('theme', HTMLButtonElement);
  const root = document.documentElement;
  const draw = () => {
    const theme = root.dataset.theme ?? 'auto';
    fill(button, icon(theme));
    button.title = `Colours: ${theme === 'auto' ? 'as the system' : theme}`;
    button.setAttribute('aria-label', button.title);
  };
  button.addEventListener('click', () => {
    const next = { auto: 'light', light: 'dark', dark: '' }[root.dataset.theme ?? 'auto'] ?? '';
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    remember(THEME_KEY, next || null);
    draw();
  });
  draw();
}

/** A way out for who logged in. */
export function logoutButton() {
  const button = byId('logout', HTMLButtonElement);
  button.addEventListener('click', () => {
    void ask('/v1/login', { method: 'DELETE' }).finally(() => location.reload());
  });
  return async () => {
    try {
      const who = /** @type {{name: string | null}} */ (await json('/v1/login'));
      button.hidden = who.name === null;
      button.title = `Log out ${who.name ?? ''}`;
      button.setAttribute('aria-label', button.title);
    } catch {
      button.hidden = true;
    }
  };
}
