// What people do with moments, told to the server so that it ranks better. Told by itself, never waited for: events queue
// in the browser and outlive a lost connection. A switch turns it off.

import { Problem, json } from './api.js';
import { recall, recallList, remember, rememberList } from './store.js';

/** Most events that wait; older ones are dropped first. */
export const QUEUE_MAX = 2_000;
/** Events of one request. */
export const BATCH = 200;
/** What is in view for this long was seen, in milliseconds. */
const SEEN_MS = 1_000;
/** How often what waits is sent, in milliseconds. */
const EVERY_MS = 5_000;
/** The longest time a moment counts as played: who left the page open did not watch, in milliseconds. */
const PLAYED_MS_MAX = 600_000;
const QUEUE_KEY = 'rushes-feedback';
const SWITCH_KEY = 'rushes-feedback-off';

/**
 * The event of a moment. Times are as the answer says them.
 * @param {string} action @param {string} impression @param {MomentRef} moment @param {string} read_point @param {number} at_ms
 */
export const eventOf = (action, impression, { asset_id, start_ns, end_ns }, read_point, at_ms) =>
  ({ impression, event: action, asset_id, start_ns, end_ns, read_point, at_ms });

/**
 * How a moment was shown.
 * @param {Moment} moment @param {number} rank From 1.
 */
export function shownAs(moment, rank) {
  const { features, by_coin, side, propensity } = moment.ranking ?? {};
  return {
    rank,
    score: moment.score,
    ...(features && { features }),
    ...(by_coin && { by_coin }),
    ...(side && { side }),
    ...(propensity !== undefined && { propensity }),
  };
}

/**
 * What waits after more came: the newest.
 * @template T
 * @param {T[]} queue @param {T[]} more
 */
export const queued = (queue, more) => [...queue, ...more].slice(-QUEUE_MAX);

/** Does what was answered mean that the events need not be sent again? @param {number} status */
export const isSettled = (status) => status >= 400 && status < 500 && ![401, 408, 429].includes(status);

export function feedback() {
  /** @type {object[]} */
  let queue = recallList(QUEUE_KEY);
  let impression = '';
  let read_point = '';
  let sending = false;
  let refused = false;
  let settling = 0;
  /** @type {object[]} */
  let pending = [];
  /** @type {{moment: MomentRef, since: number} | null} */
  let playing = null;
  /** @type {WeakMap<Element, {moment: Moment, timer: number}>} */
  const cards = new WeakMap();

  const isOn = () => !refused && recall(SWITCH_KEY) === null;

  const watcher = new IntersectionObserver(
    (seen) => {
      for (const { target, isIntersecting } of seen) {
        const card = cards.get(target);
        if (!card) continue;
        clearTimeout(card.timer);
        if (!isIntersecting) continue;
        card.timer = window.setTimeout(() => {
          tell('viewed', card.moment);
          watcher.unobserve(target);
        }, SEEN_MS);
      }
    },
    { threshold: 0.5 },
  );

  /** @param {object[]} events */
  function add(events) {
    if (!isOn()) return;
    queue = queued(queue, events);
    rememberList(QUEUE_KEY, queue);
  }

  /** What was shown and not looked past at once: who types sees many answers that he does not look at. */
  function settle() {
    clearTimeout(settling);
    add(pending);
    pending = [];
  }

  /** @param {string} action @param {MomentRef} moment @param {object} [more] */
  function tell(action, moment, more = {}) {
    settle();
    if (impression) add([{ ...eventOf(action, impression, moment, read_point, Date.now()), ...more }]);
  }

  async function send() {
    if (sending || queue.length === 0 || !isOn()) return;
    sending = true;
    const batch = queue.slice(0, BATCH);
    try {
      await json('/v1/feedback', { body: { events: batch } });
      queue = queue.slice(batch.length);
    } catch (error) {
      const status = error instanceof Problem ? error.status : 0;
      if (isSettled(status)) queue = queue.slice(batch.length);
      // A server that takes none is not asked again.
      if (status === 501) [refused, queue] = [true, []];
    }
    rememberList(QUEUE_KEY, queue);
    sending = false;
  }

  setInterval(() => void send(), EVERY_MS);
  addEventListener('pagehide', () => {
    stopped();
    // What is sent with `keepalive` outlives the page; it may be 64 KiB, and what does not fit waits for the next visit.
    const batch = queue.slice(0, 50);
    if (batch.length > 0 && isOn()) {
      const init = { method: 'POST', keepalive: true, headers: { 'content-type': 'application/json' } };
      void fetch('/v1/feedback', { ...init, body: JSON.stringify({ events: batch }) }).catch(() => null);
    }
  });

  /** The moment that was played is not played any more. */
  function stopped() {
    if (playing) tell('played', playing.moment, { played_ms: Math.min(Date.now() - playing.since, PLAYED_MS_MAX) });
    playing = null;
  }

  return {
    isOn,
    /** Is it to be told at all? @param {boolean} on */
    turn(on) {
      remember(SWITCH_KEY, on ? null : 'off');
      if (on) return;
      queue = [];
      rememberList(QUEUE_KEY, queue);
    },
    /** An answer is shown, or its next page: from this rank on. @param {Answer} answer @param {Moment[]} moments @param {number} from */
    shown(answer, moments, from) {
      if (from === 0) [impression, read_point, pending] = [newName(), answer.read_point, []];
      const at = Date.now();
      pending.push(...moments.map((moment, i) => ({ ...eventOf('shown', impression, moment, read_point, at), ...shownAs(moment, from + i + 1) })));
      clearTimeout(settling);
      settling = window.setTimeout(settle, SEEN_MS);
    },
    /** A card may come into view. @param {Element} element @param {Moment} moment */
    watch(element, moment) {
      cards.set(element, { moment, timer: 0 });
      watcher.observe(element);
    },
    /** @param {MomentRef} moment */
    plays(moment) {
      stopped();
      playing = { moment, since: Date.now() };
    },
    stopped,
    /** Something else was done: `kept`, `exported`, `rejected`, `more_like`, `less_like`. */
    tell,
  };
}

/** A name for an answer as it is seen once. */
function newName() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
