// Making elements. Text goes in as text: nothing that an archive holds can become markup.

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * An element with its properties: `class`, `onclick` and the like, `dataset`, attributes; false, null and undefined
 * are left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {{[name: string]: unknown}} [props]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (name === 'dataset') Object.assign(element.dataset, value);
    else if (name === 'value' && 'value' in element) element.value = String(value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  fill(element, ...children);
  return element;
}

/**
 * Puts children into an element, in place of what was there.
 * @param {Element} element
 * @param {...(Child | Child[])} children
 */
export function fill(element, ...children) {
  const kept = children.flat().filter((child) => child !== null && child !== undefined && child !== false);
  element.replaceChildren(.../** @type {(Node | string)[]} */ (kept));
}

/**
 * The element of the document with this id.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} "${id}"`);
  return element;
}

/**
 * Lets something be done once it has not been asked for during `ms` milliseconds.
 * @param {number} ms @param {() => void} work
 */
export function debounce(ms, work) {
  let timer = 0;
  return Object.assign(
    () => {
      clearTimeout(timer);
      timer = window.setTimeout(work, ms);
    },
    { cancel: () => clearTimeout(timer) },
  );
}

/**
 * A list to choose from.
 * @param {string} label
 * @param {[value: string, says: string][]} options
 * @param {string} value
 * @param {(value: string) => void} change
 */
export function choice(label, options, value, change) {
  const select = h(
    'select',
    { onchange: () => change(select.value) },
    options.map(([v, says]) => h('option', { value: v, selected: v === value }, says)),
  );
  return h('label', { class: 'field' }, h('span', {}, label), select);
}

/**
 * A few values side by side, of which one holds.
 * @param {string} label
 * @param {[value: string, says: string, title: string][]} options
 * @param {string} value
 * @param {(value: string) => void} change
 */
export function segmented(label, options, value, change) {
  return h(
    'div',
    { class: 'segmented', role: 'group', 'aria-label': label },
    options.map(([v, says, title]) =>
      h('button', { type: 'button', 'aria-pressed': String(v === value), title, onclick: () => change(v) }, says),
    ),
  );
}

const FOCUSABLE = 'button, input, select, textarea, a[href], [tabindex]';

/** What names a control when it is redrawn. @param {Element} element */
const nameOf = (element) =>
  element.closest('label')?.firstElementChild?.textContent ?? element.getAttribute('aria-label') ?? element.textContent;

/**
 * Redraws a part of the page and leaves the focus where it was: on the control of the same name, else of the same
 * place.
 * @param {Element} container @param {() => void} draw
 */
export function keepFocus(container, draw) {
  const focused = document.activeElement;
  const inside = focused instanceof HTMLElement && container.contains(focused);
  const name = inside ? nameOf(focused) : '';
  const place = inside ? [...container.querySelectorAll(FOCUSABLE)].indexOf(focused) : -1;
  draw();
  if (!inside || container.contains(document.activeElement)) return;
  const controls = [...container.querySelectorAll(FOCUSABLE)];
  const next = controls.find((control) => nameOf(control) === name) ?? controls[Math.min(place, controls.length - 1)];
  if (next instanceof HTMLElement) next.focus();
}

let panels = 0;

/**
 * A button that opens a panel below itself; the panel is drawn when it opens, and again when `redraw` is called meanwhile.
 * @param {HTMLButtonElement} button @param {string} label @param {(box: HTMLElement) => void} draw
 */
export function panel(button, label, draw) {
  panels += 1;
  const box = h('div', { id: `panel-${panels}`, class: 'panel', popover: 'auto', role: 'group', 'aria-label': label });
  button.setAttribute('popovertarget', box.id);
  button.setAttribute('aria-expanded', 'false');
  box.addEventListener('beforetoggle', (event) => {
    const opens = /** @type {ToggleEvent} */ (event).newState === 'open';
    button.setAttribute('aria-expanded', String(opens));
    if (!opens) return;
    draw(box);
    const { bottom, right } = button.getBoundingClientRect();
    box.style.insetBlockStart = `${bottom + 6}px`;
    box.style.insetInlineEnd = `${Math.max(8, document.documentElement.clientWidth - right)}px`;
  });
  button.after(box);
  return {
    box,
    close: () => box.matches(':popover-open') && box.hidePopover(),
    redraw: () => box.matches(':popover-open') && keepFocus(box, () => draw(box)),
  };
}

/** A count with its word: `1 moment`, `1,204 moments`. @param {number} n @param {string} one */
export const many = (n, one) => `${n.toLocaleString()} ${one}${n === 1 ? '' : 's'}`;

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
