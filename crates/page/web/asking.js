// Asking: one question at a time, its pages, and what is kept on the screen while somebody types or the server is gone.

import { Problem, isAbort, json } from './api.js';
import { shifted } from './groups.js';
import { requestOf } from './request.js';

/** Who types on has this long before the good answer on the screen gives way to none, in milliseconds. */
const PATIENCE_MS = 1_400;

/**
 * Does what came of a half-typed question leave on the screen what is there? Nothing and a question that cannot be asked
 * do: one letter more may find something.
 * @param {{typing: boolean, total: number | null}} of `total`: null for a problem.
 */
export const keepsBefore = ({ typing, total }) => typing && (total ?? 0) === 0;

/** Is the server gone, rather than the question wrong? @param {unknown} error */
export const isGone = (error) => error instanceof Problem && (error.status === 0 || error.status === 502);

/**
 * @param {{told: Told, show: (answer: Answer, request: object) => void, append: (answer: Answer, fresh: Moment[], groups: Group[]) => void,
 *   waiting: () => void, holds: () => void, fails: (error: unknown) => void, gone: () => void}} to
 */
export function asking(to) {
  /** @type {Answer | null} */
  let answer = null;
  /** What the answer answers. @type {Plan} */
  let body = {};
  let asked = new AbortController();
  let paging = false;
  let patience = 0;
  let lost = false;

  /** @param {object} request */
  const ranked = (request) => (to.told.isOn() ? { ...request, ranking: { features: true } } : request);

  /** @param {Plan} request @param {Answer} next */
  function settle(request, next) {
    [answer, body] = [next, request];
    to.show(next, request);
    to.told.shown(next, next.moments, 0);
  }

  /** @param {unknown} error */
  function fail(error) {
    answer = null;
    to.fails(error);
  }

  return {
    /** The answer on the screen. */
    answer: () => answer,
    /** Was the last question lost with the server? */
    isLost: () => lost,
    /** Nothing is asked any more. */
    forget() {
      asked.abort();
      clearTimeout(patience);
      [answer, lost] = [null, false];
    },
    /** @param {State} state @param {boolean} typing */
    async ask(state, typing) {
      asked.abort();
      clearTimeout(patience);
      asked = new AbortController();
      const { signal } = asked;
      const request = requestOf(state, { typing });
      const later = (/** @type {() => void} */ work) => {
        to.holds();
        patience = window.setTimeout(work, PATIENCE_MS);
      };
      const hasBefore = (answer?.moments.length ?? 0) > 0;
      to.waiting();
      try {
        const next = /** @type {Answer} */ (await json('/v1/search', { body: ranked(request), signal }));
        if (signal.aborted) return;
        lost = false;
        if (keepsBefore({ typing, total: next.total })) later(() => settle(request, next));
        else settle(request, next);
      } catch (error) {
        if (isAbort(error) || signal.aborted) return;
        lost = isGone(error);
        if (lost) to.gone();
        if (lost && hasBefore) to.holds();
        else if (keepsBefore({ typing, total: null })) later(() => fail(error));
        else fail(error);
      }
    },
    /** Asks for the next page, where there is one; a problem is given to `note`. @param {(text: string) => void} note */
    async more(note) {
      const before = answer;
      if (!before?.next_cursor || paging) return;
      paging = true;
      try {
        const next = /** @type {Answer} */ (await json('/v1/search', { body: ranked({ ...body, cursor: before.next_cursor }) }));
        if (answer !== before) return;
        const shift = before.moments.length;
        before.moments.push(...next.moments);
        before.next_cursor = next.next_cursor;
        to.append(before, next.moments, shifted(next.groups, shift));
        to.told.shown(before, next.moments, shift);
      } catch (error) {
        // 410: what the cursor saw is gone; the question has to be asked again.
        if (error instanceof Problem && error.status === 410) note('The archive has changed: press Enter to ask again');
        else note(error instanceof Problem ? error.message : 'The next page did not come');
      } finally {
        paging = false;
      }
    },
  };
}
