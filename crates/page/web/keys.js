// Which key does what: one table for each cutting room, for the page and for its help. Pure but for the choice.

import { recall, remember } from './store.js';

/** What keys can do, in the order of the help. @type {[action: string, says: string][]} */
export const COMMANDS = [
  ['search', 'to the search box'],
  ['next', 'next moment'],
  ['previous', 'previous moment'],
  ['open', 'play the moment from its in-point'],
  ['pause', 'play or pause'],
  ['reverse', 'play backwards; again: faster'],
  ['stop', 'stop'],
  ['forward', 'play; again: faster'],
  ['back', 'one frame back'],
  ['on', 'one frame on'],
  ['mark-in', 'in-point here'],
  ['mark-out', 'out-point here'],
  ['to-in', 'to the in-point'],
  ['to-out', 'to the out-point'],
  ['keep', 'keep in the bin'],
  ['note', 'keep with a note'],
  ['like', 'find similar'],
  ['copy', 'copy the timecode of the playhead'],
  ['copy-out', 'copy in and out'],
  ['loop', 'at the out-point: stop, loop, play on'],
  ['bins', 'bins'],
  ['help', 'this help'],
  ['close', 'close, or leave the search box'],
];

/** What is the same in every cutting room. @type {{[key: string]: string}} */
const COMMON = {
  '/': 'search',
  j: 'reverse',
  k: 'stop',
  l: 'forward',
  ' ': 'pause',
  ',': 'back',
  '.': 'on',
  i: 'mark-in',
  o: 'mark-out',
  ArrowDown: 'next',
  ArrowUp: 'previous',
  e: 'keep',
  m: 'note',
  f: 'like',
  c: 'copy',
  C: 'copy-out',
  r: 'loop',
  b: 'bins',
  '?': 'help',
  Escape: 'close',
};

/** Key maps by name. @type {{[name: string]: {says: string, keys: {[key: string]: string}}}} */
export const MAPS = {
  rushes: { says: 'Rushes', keys: { ...COMMON, ArrowRight: 'next', ArrowLeft: 'previous', I: 'to-in', O: 'to-out' } },
  avid: { says: 'Avid', keys: { ...COMMON, ArrowRight: 'on', ArrowLeft: 'back', 4: 'on', 3: 'back', 5: 'pause', q: 'to-in', w: 'to-out' } },
  premiere: { says: 'Premiere', keys: { ...COMMON, ArrowRight: 'on', ArrowLeft: 'back', I: 'to-in', O: 'to-out' } },
};

const CHOICE = 'rushes-keys';

/** The name of the key map that counts. */
export const chosenMap = () => {
  const name = recall(CHOICE);
  return name !== null && Object.hasOwn(MAPS, name) ? name : 'rushes';
};

/** @param {string} name */
export const chooseMap = (name) => remember(CHOICE, name);

/** How keys are written. @type {{[key: string]: string}} */
const WRITTEN = { ' ': 'Space', ArrowDown: '↓', ArrowUp: '↑', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc' };

/** The keys of a command, as they are written. @param {string} map @param {string} action @returns {string[]} */
export function keysOf(map, action) {
  if (action === 'open') return ['Enter'];
  const keys = Object.entries(MAPS[map]?.keys ?? {}).filter(([, does]) => does === action);
  return keys.map(([key]) => WRITTEN[key] ?? (/^[A-Z]$/.test(key) ? `⇧${key}` : key.toUpperCase()));
}

/**
 * What a key asks for; null where it belongs to what has the focus.
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean}} event
 * @param {{typing: boolean, blank: boolean, button: boolean, slider: boolean, dialog: boolean}} focus What has the focus: a
 *   field one types in, the search box without a word in it, a button or link, something that arrows move, a dialog.
 * @param {string} [map]
 * @returns {string | null}
 */
export function actionOf(event, focus, map = 'rushes') {
  if (event.ctrlKey || event.metaKey || event.altKey || focus.dialog) return null;
  // A key that leads to the box says nothing in it while it is blank; the help is there as everywhere.
  if (focus.blank && (event.key === '/' || event.key === '?')) return event.key === '/' ? 'search' : 'help';
  if (focus.typing) return event.key === 'Escape' ? 'close' : null;
  if (focus.slider && event.key.startsWith('Arrow')) return null;
  // A button is pressed by the space bar: it keeps that right.
  if (focus.button && event.key === ' ') return null;
  const keys = MAPS[map]?.keys ?? {};
  return Object.hasOwn(keys, event.key) ? (keys[event.key] ?? null) : null;
}
