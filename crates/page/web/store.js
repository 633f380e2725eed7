// What this browser remembers: choices, recent and saved questions. Where it keeps nothing, nothing is remembered.

/** @param {string} key */
export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string | null} value Null forgets. */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Then it counts while the page is open.
  }
}

/** A list, as far as it can be read. @param {string} key @returns {any[]} */
export function recallList(key) {
  try {
    const list = JSON.parse(recall(key) ?? '[]');
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

/** @param {string} key @param {unknown[]} list */
export const rememberList = (key, list) => remember(key, JSON.stringify(list));

/** Questions that are remembered of themselves. */
const RECENT_MAX = 12;
/** Questions that are kept on purpose. */
const SAVED_MAX = 100;
const KEYS = { recent: 'rushes-recent', saved: 'rushes-saved' };

/** @typedef {{says: string, hash: string}} Asked A question in words, and the address that asks it. */

/** @param {'recent' | 'saved'} which @returns {Asked[]} */
export const questions = (which) =>
  recallList(KEYS[which]).filter((a) => typeof a?.says === 'string' && typeof a?.hash === 'string');

/**
 * The list with a question in front, once. Pure.
 * @param {Asked[]} list @param {Asked} asked @param {number} most
 */
export const inFront = (list, asked, most) => [asked, ...list.filter((a) => a.hash !== asked.hash)].slice(0, most);

/** The same words sorted otherwise are the same question. @param {Asked} asked */
export const noteRecent = (asked) =>
  rememberList(KEYS.recent, inFront(questions('recent').filter((a) => a.says !== asked.says), asked, RECENT_MAX));

/** Keeps a question, or gives it up; is it kept now? @param {Asked} asked */
export function toggleSaved(asked) {
  const saved = questions('saved');
  const isKept = saved.some((a) => a.hash === asked.hash);
  rememberList(KEYS.saved, isKept ? saved.filter((a) => a.hash !== asked.hash) : inFront(saved, asked, SAVED_MAX));
  return !isKept;
}
