// Which key does what: one table, for the page and for its help.

/** @type {[action: string, keys: string, says: string][]} */
export const KEYS = [
  ['search', '/', 'to the search box'],
  ['next', 'j ↓ →', 'next moment'],
  ['previous', 'k ↑ ←', 'previous moment'],
  ['open', 'Enter', 'play the moment from its in-point'],
  ['pause', 'Space', 'play or pause'],
  ['copy', 'c', 'copy the timecode of the in-point'],
  ['copy-out', 'C', 'copy in and out'],
  ['like', 'm', 'more like this'],
  ['loop', 'l', 'at the out-point: stop, loop, play on'],
  ['back', ',', 'one frame back'],
  ['forward', '.', 'one frame on'],
  ['in', 'i', 'to the in-point'],
  ['out', 'o', 'to the out-point'],
  ['help', '?', 'this help'],
  ['close', 'Esc', 'close, or leave the search box'],
];

/** @type {{[key: string]: string}} */
const ACTIONS = {
  '/': 'search',
  j: 'next',
  ArrowDown: 'next',
  ArrowRight: 'next',
  k: 'previous',
  ArrowUp: 'previous',
  ArrowLeft: 'previous',
  ' ': 'pause',
  c: 'copy',
  C: 'copy-out',
  m: 'like',
  l: 'loop',
  ',': 'back',
  '.': 'forward',
  i: 'in',
  o: 'out',
  '?': 'help',
  Escape: 'close',
};

/**
 * What a key asks for; null where it belongs to what has the focus.
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean}} event
 * @param {{typing: boolean, button: boolean, slider: boolean, dialog: boolean}} focus What has the focus: a field one types in, a
 *   button or link, something that arrows move, anything in a dialog.
 * @returns {string | null}
 */
export function actionOf(event, focus) {
  if (event.ctrlKey || event.metaKey || event.altKey || focus.dialog) return null;
  if (focus.typing) return event.key === 'Escape' ? 'close' : null;
  if (focus.slider && event.key.startsWith('Arrow')) return null;
  // A button is pressed by the space bar: it keeps that right.
  if (focus.button && event.key === ' ') return null;
  return ACTIONS[event.key] ?? null;
}
