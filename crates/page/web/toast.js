// Short messages at the bottom of the page, and text for the clipboard.

import { byId, fill, h } from './dom.js';

/** How long a message stays, in milliseconds: a word, a sentence, something that failed or can be undone. */
const SHORT_MS = 1_800;
const LONG_MS = 9_000;

export function toaster() {
  const live = byId('live', HTMLDivElement);
  const toast = byId('toast', HTMLDivElement);
  let timer = 0;
  const hide = () => (toast.hidden = true);

  /** Says something to those who cannot see it happen. @param {string} text */
  function say(text) {
    live.textContent = text;
  }

  /** @param {string} text @param {NoteHow} [how] */
  function note(text, { bad = false, long = false, act } = {}) {
    say(text);
    fill(
      toast,
      h('span', {}, text),
      act && h('button', { type: 'button', onclick: () => (hide(), act.does()) }, act.says),
    );
    toast.classList.toggle('toast-bad', bad);
    toast.hidden = false;
    clearTimeout(timer);
    timer = window.setTimeout(hide, bad || long || act ? LONG_MS : SHORT_MS);
  }

  return { say, note };
}

/** Puts text on the clipboard; was that allowed? @param {string} text @returns {Promise<boolean>} */
export async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Where the page is not served from this machine or over TLS, browsers have no clipboard of that kind.
    const area = h('textarea', { class: 'visually-hidden', 'aria-hidden': 'true' });
    area.value = text;
    document.body.append(area);
    const focused = document.activeElement;
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return done;
  }
}
