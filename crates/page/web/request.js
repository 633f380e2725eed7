// What the page shows, as an address and as a request. Pure.

import { asksSomething, describe, placesOf, written } from './clauses.js';

/** Moments of one page of results. */
export const PAGE_SIZE = 60;

/** @returns {State} */
export const nothing = () => ({ q: '', plan: {}, at: null });

/** Is there a question? @param {State} state */
export const isQuestion = (state) => state.q.trim() !== '' || asksSomething(state.plan);

/**
 * The body of a search. A last word without a blank after it that is still being typed may be the beginning of one.
 * @param {State} state
 * @param {{cursor?: string | null, typing?: boolean}} [how]
 */
export function requestOf(state, { cursor = null, typing = false } = {}) {
  /** @type {Plan & {q?: string, typing?: boolean}} */
  const request = { ...state.plan, limit: PAGE_SIZE };
  if (state.q.trim() !== '') request.q = state.q.trim();
  if (request.q !== undefined && typing && !/\s$/.test(state.q)) request.typing = true;
  if (cursor) request.cursor = cursor;
  return request;
}

/**
 * The question whose only asset is that of a moment: its answer has the evidence of a moment of a later page.
 * @param {State} state @param {MomentRef} at
 */
export const requestAround = (state, at) =>
  requestOf({ ...state, plan: { ...state.plan, group_by: undefined, top: undefined, scope: { ...state.plan.scope, assets: [at.asset_id] } } });

/**
 * The state as the part of an address after `#`; empty for no question.
 * @param {State} state
 */
export function encode(state) {
  const parts = [];
  if (state.q !== '') parts.push(`q=${part(state.q)}`);
  if (Object.keys(state.plan).length > 0) parts.push(`plan=${part(JSON.stringify(state.plan))}`);
  if (state.bin !== undefined) parts.push(`bin=${part(state.bin)}`);
  if (state.at) parts.push(`at=${part(`${state.at.asset_id}@${state.at.start_ns}-${state.at.end_ns}`)}`);
  return parts.join('&');
}

/** Readable where an address may be. @param {string} text */
const part = (text) =>
  encodeURIComponent(text).replaceAll('%20', '+').replaceAll('%22', '"').replaceAll('%3A', ':').replaceAll('%2C', ',')
    .replaceAll('%40', '@');

/** @param {string} text */
function plain(text) {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return '';
  }
}

/**
 * Reads an address; what cannot be read is left out: an address comes from anywhere.
 * @param {string} hash With or without `#`.
 * @returns {State}
 */
export function decode(hash) {
  const state = nothing();
  for (const pair of hash.replace(/^#/, '').split('&')) {
    const at = pair.indexOf('=');
    const value = plain(pair.slice(at + 1));
    switch (pair.slice(0, Math.max(0, at))) {
      case 'q':
        state.q = value;
        break;
      case 'plan':
        state.plan = readPlan(value) ?? {};
        break;
      case 'bin':
        if (/^[\w.-]{1,200}$/.test(value)) state.bin = value;
        break;
      case 'at':
        state.at = readMoment(value);
        break;
    }
  }
  return state;
}

/**
 * A plan from its text; null where it is none. Groups are lists of objects, as everything here relies on.
 * @param {string} text
 * @returns {Plan | null}
 */
export function readPlan(text) {
  try {
    const plan = JSON.parse(text);
    if (typeof plan !== 'object' || plan === null || Array.isArray(plan)) return null;
    const isObject = (/** @type {unknown} */ x) => typeof x === 'object' && x !== null && !Array.isArray(x);
    const isList = (/** @type {unknown} */ x) => x === undefined || (Array.isArray(x) && x.every(isObject));
    const steps = [plan, ...(Array.isArray(plan.then) ? plan.then.filter(isObject) : [])];
    const sound = isList(plan.then) && steps.every((s) => isList(s.all) && isList(s.any) && isList(s.none));
    return sound ? plan : null;
  } catch {
    return null;
  }
}

/** @param {string} text @returns {MomentRef | null} */
function readMoment(text) {
  const found = /^(.+)@(\d{1,16})-(\d{1,16})$/.exec(text);
  if (!found) return null;
  const [start_ns, end_ns] = [Number(found[2]), Number(found[3])];
  return start_ns <= end_ns ? { asset_id: found[1] ?? '', start_ns, end_ns } : null;
}

/** Do they name the same moment? @param {MomentRef | null} a @param {MomentRef | null} b */
export const sameMoment = (a, b) =>
  a === b || (a !== null && b !== null && a.asset_id === b.asset_id && a.start_ns === b.start_ns && a.end_ns === b.end_ns);

/** A question in words, for a list of questions. @param {State} state */
export const inWords = (state) =>
  [state.q.trim(), ...placesOf(state.plan).map((p) => `${p.group === 'none' ? 'not ' : ''}${describe(p.clause).says}`)].filter(Boolean).join(', ');

/**
 * The plan that a question in words became, as a person would write it, to be changed by hand. The words are then
 * in it.
 * @param {State} state
 * @param {Plan | null} resolved The plan of the answer to this state.
 * @returns {State}
 */
export function pinned(state, resolved) {
  if (!resolved || state.q.trim() === '') return { q: state.q, plan: state.plan, at: state.at };
  return { q: '', plan: written(resolved), at: state.at };
}
