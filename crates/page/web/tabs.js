// Tabs: one of several parts is shown.

import { h } from './dom.js';

let groups = 0;

/**
 * @param {string} label
 * @param {[says: string, part: HTMLElement][]} parts
 */
export function tabs(label, parts) {
  groups += 1;
  const id = (/** @type {number} */ i) => `tab-${groups}-${i}`;
  const heads = parts.map(([says, part], i) => {
    part.id = id(i);
    return h('button', { type: 'button', role: 'tab', id: `${id(i)}-head`, 'aria-controls': id(i), onclick: () => show(i), onkeydown: key }, says);
  });
  const panes = parts.map(([, part], i) => h('div', { role: 'tabpanel', 'aria-labelledby': `${id(i)}-head` }, part));

  /** @param {number} at */
  function show(at) {
    for (const [i, head] of heads.entries()) {
      head.setAttribute('aria-selected', String(i === at));
      head.tabIndex = i === at ? 0 : -1;
      panes[i]?.toggleAttribute('hidden', i !== at);
    }
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const at = heads.findIndex((head) => head === document.activeElement);
    if (step === 0 || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = (at + step + heads.length) % heads.length;
    show(next);
    heads[next]?.focus();
  }

  show(0);
  return h('section', { class: 'tabs' }, h('div', { class: 'tab-heads', role: 'tablist', 'aria-label': label }, heads), panes);
}
