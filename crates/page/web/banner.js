// How the archive fares: a line while it catches up or a stage fails, nothing otherwise.

import { Problem, json } from './api.js';
import { isGone } from './asking.js';
import { byId, fill, h } from './dom.js';

/** How often it is asked, in milliseconds: while all is well, and while it catches up. */
const CALM_MS = 15_000;
const BUSY_MS = 1_000;

/** What each consumer does, in words. @type {{[consumer: string]: string}} */
const STAGES = { fuse: 'to fuse', index: 'to index' };

/** @param {App} app @param {() => void} needsLogin @param {() => boolean} isLost Was a question lost with the server? @param {() => void} back The server is there again. */
export function banner(app, needsLogin, isLost, back) {
  const place = byId('banner', HTMLDivElement);
  let timer = 0;
  let wasBusy = false;
  let wasGone = false;

  async function look() {
    clearTimeout(timer);
    let next = CALM_MS;
    try {
      /** @type {Status} */
      const status = await json('/v1/status');
      next = status.catching_up ? BUSY_MS : CALM_MS;
      draw(status);
      const isBack = wasGone && isLost();
      if (isBack || (wasBusy && !status.catching_up && app.answer)) app.refresh();
      if (wasGone) back();
      [wasBusy, wasGone] = [status.catching_up, false];
    } catch (error) {
      if (error instanceof Problem && error.status === 401) needsLogin();
      else if (isGone(error)) {
        if (!wasGone) fill(place, h('p', { class: 'bad' }, app.answer ? 'The server does not answer. What is on the screen stays.' : 'The server does not answer.'));
        place.hidden = false;
        wasGone = true;
        next = BUSY_MS * 2;
      }
    }
    timer = window.setTimeout(() => (document.hidden ? undefined : void look()), next);
  }

  /** @param {Status} status */
  function draw(status) {
    const failing = status.workers.find((w) => w.error);
    const left = status.lag.filter((l) => l.behind > 0).map((l) => `${l.behind.toLocaleString()} ${STAGES[l.consumer] ?? l.consumer}`);
    place.hidden = !failing && !status.catching_up;
    if (failing) {
      fill(place, h('p', { class: 'bad' }, `The stage “${failing.stage}” is failing: ${failing.error}. Searches answer from what is there.`));
    } else if (status.catching_up) {
      const parts = left.length > 0 ? ` (${left.join(', ')})` : '';
      fill(place, h('p', {}, h('span', { class: 'pulse' }), `Catching up${parts}: searches answer from what is there; the rest follows by itself.`));
    }
  }

  document.addEventListener('visibilitychange', () => document.hidden || void look());
  return { look };
}
