// Listens to the keys of the page, and knows what has the focus.

import { actionOf, chosenMap } from './keys.js';

/** @param {{[action: string]: () => void}} actions */
export function keyboard(actions) {
  /** What was pressed with the mouse keeps the focus, but the space bar is not for it. @type {Element | null} */
  let pressed = null;
  document.addEventListener('pointerdown', (event) => (pressed = event.target instanceof Element ? event.target.closest('button, a, summary') : null), true);
  document.addEventListener('focusin', (event) => event.target !== pressed && (pressed = null));

  document.addEventListener('keydown', (event) => {
    if (event.key === 'Tab') pressed = null;
    const focused = document.activeElement;
    const isField = Boolean(focused?.matches('input:not([type=range], [type=checkbox]), textarea'));
    const action = actionOf(
      event,
      {
        typing: isField,
        blank: focused instanceof HTMLInputElement && focused.id === 'q' && focused.value.trim() === '',
        button: Boolean(focused?.matches('button:not(.card-main), a, summary, [type=checkbox]')) && focused !== pressed,
        slider: Boolean(focused?.matches('[role=slider], input[type=range], select')),
        dialog: document.querySelector('dialog[open]') !== null,
      },
      chosenMap(),
    );
    if (!action || (focused?.matches('select') && event.key.length === 1)) return;
    // An open panel is closed by the browser.
    if (action === 'close' && document.querySelector(':popover-open')) return;
    event.preventDefault();
    actions[action]?.();
  });
}
