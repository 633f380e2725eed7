// The lanes around a moment: what was seen, heard and said, on one ruler, with the playhead over all of it.

import { isAbort, json } from './api.js';
import { typeName, typeTone } from './clauses.js';
import { fill, h } from './dom.js';
import { icon } from './icons.js';
import { lanesOf, ticks, windowOf } from './lanes.js';

/** Height of a row of bars, in pixels; the style sheet has the same. */
const ROW = 18;
/** Room for a timecode on the ruler, in pixels. */
const TICK_WIDTH = 92;
const ZOOM_MAX = 16;
/** Buckets of one request. */
const BUCKETS_MAX = 3600;

/**
 * @param {HTMLElement} box
 * @param {{seek: (ns: number) => void, step: (frames: number) => void}} acts
 */
export function timeline(box, acts) {
  /** @type {MomentRef | null} */
  let moment = null;
  /** @type {Asset | null} */
  let asset = null;
  /** @type {(ns: number) => string} */
  let write = String;
  let zoom = 1;
  let [from, to, at] = [0, 1, 0];
  /** @type {Lane[]} */
  let lanes = [];
  let asked = new AbortController();
  const head = h('span', { class: 'head', 'aria-hidden': 'true' });
  const ruler = h('div', {
    class: 'ruler',
    role: 'slider',
    tabindex: '0',
    'aria-label': 'Playhead',
    onkeydown: key,
  });
  const span = h('span', { class: 'span', 'aria-hidden': 'true' });
  const over = h('div', { class: 'over' }, span, head);
  const rows = h('div', { class: 'lanes-rows' });
  const table = h('tbody');
  const listed = h(
    'details',
    { class: 'lanes-list' },
    h('summary', {}, 'As a list'),
    h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Annotations as a list' }, h('table', {}, h('thead', {}, h('tr', {}, ['In', 'Type', 'Says', 'Model', 'Confidence'].map((t) => h('th', { scope: 'col' }, t)))), table)),
  );

  const share = (/** @type {number} */ ns) => `${(((ns - from) / (to - from)) * 100).toFixed(4)}%`;

  /** @param {KeyboardEvent} event */
  function key(event) {
    const second = event.shiftKey ? 1 : 0;
    const moves = /** @type {{[key: string]: () => void}} */ ({
      ArrowLeft: () => (second ? acts.seek(at - 1e9) : acts.step(-1)),
      ArrowRight: () => (second ? acts.seek(at + 1e9) : acts.step(1)),
      PageDown: () => acts.seek(at - 5e9),
      PageUp: () => acts.seek(at + 5e9),
      Home: () => moment && acts.seek(moment.start_ns),
      End: () => moment && acts.seek(moment.end_ns),
    });
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  }

  /** @param {PointerEvent} event */
  function point(event) {
    const area = over.getBoundingClientRect();
    if (event.clientX < area.left - 4 || area.width === 0) return;
    const where = Math.min(Math.max((event.clientX - area.left) / area.width, 0), 1);
    acts.seek(Math.round(from + where * (to - from)));
  }
  const tracks = h(
    'div',
    {
      class: 'tracks',
      onpointerdown: (/** @type {PointerEvent} */ event) => {
        if (event.button !== 0) return;
        tracks.setPointerCapture(event.pointerId);
        point(event);
      },
      onpointermove: (/** @type {PointerEvent} */ event) => tracks.hasPointerCapture(event.pointerId) && point(event),
    },
    h('div', { class: 'lane ruler-lane' }, h('span', { class: 'lane-name' }), ruler),
    rows,
    over,
  );
  const widen = (/** @type {number} */ by) => {
    zoom = Math.min(Math.max(zoom * by, 1 / 4), ZOOM_MAX);
    void load();
  };
  const tools = h(
    'div',
    { class: 'lanes-tools' },
    h('h3', {}, 'Timeline'),
    h('span', { class: 'gap' }),
    h('button', { type: 'button', class: 'mini', title: 'Show less time', 'aria-label': 'Show less time', onclick: () => widen(0.5) }, icon('closer')),
    h('button', { type: 'button', class: 'mini', title: 'Show more time', 'aria-label': 'Show more time', onclick: () => widen(2) }, icon('wider')),
  );
  fill(box, tools, tracks, listed);

  function draw() {
    span.hidden = !moment;
    if (moment) {
      span.style.insetInlineStart = share(moment.start_ns);
      span.style.inlineSize = `calc(${share(moment.end_ns)} - ${share(moment.start_ns)})`;
    }
    fill(
      ruler,
      // A timecode needs so much room; a narrow ruler has fewer.
      ticks(from, to, Math.max(2, Math.floor((ruler.clientWidth || 480) / TICK_WIDTH))).map((ns) => {
        const tick = h('span', { class: 'tick', 'aria-hidden': 'true' }, write(ns));
        tick.style.insetInlineStart = share(ns);
        return tick;
      }),
    );
    fill(rows, lanes.map(lane));
    fill(
      table,
      lanes.flatMap((l) =>
        l.bars.map((bar) =>
          h(
            'tr',
            {},
            h('td', {}, h('button', { type: 'button', class: 'link', onclick: () => acts.seek(bar.start_ns) }, write(bar.start_ns))),
            h('td', {}, typeName(l.type)),
            h('td', {}, bar.says),
            h('td', {}, bar.model),
            h('td', {}, `${Math.round(bar.confidence * 100)} %`),
          ),
        ),
      ),
    );
    moveHead();
  }

  /** @param {Lane} l */
  function lane(l) {
    const track = h('div', { class: `lane-track tone-${typeTone(l.type)}` });
    track.style.blockSize = `${l.rows * ROW}px`;
    fill(
      track,
      l.bars.filter((b) => b.end_ns >= from && b.start_ns <= to).map((b) => {
        const element = h('span', { class: `bar${b.end_ns === b.start_ns ? ' bar-point' : ''}`, title: `${b.says || typeName(l.type)}\n${write(b.start_ns)} – ${write(b.end_ns)}\n${b.model}, ${Math.round(b.confidence * 100)} %` }, b.says);
        const [start, end] = [Math.max(b.start_ns, from), Math.min(b.end_ns, to)];
        element.style.insetInlineStart = share(start);
        element.style.inlineSize = `calc(${share(end)} - ${share(start)} - 1px)`;
        element.style.insetBlockStart = `${b.row * ROW}px`;
        element.style.opacity = String(0.55 + 0.45 * Math.min(1, Math.max(0, b.confidence)));
        return element;
      }),
    );
    return h('div', { class: 'lane' }, h('span', { class: 'lane-name' }, h('span', { class: `dot tone-${typeTone(l.type)}` }), typeName(l.type)), track);
  }

  function moveHead() {
    head.hidden = at < from || at > to;
    head.style.insetInlineStart = share(Math.min(Math.max(at, from), to));
    ruler.setAttribute('aria-valuemin', String(Math.round(from / 1e6)));
    ruler.setAttribute('aria-valuemax', String(Math.round(to / 1e6)));
    ruler.setAttribute('aria-valuenow', String(Math.round(at / 1e6)));
    ruler.setAttribute('aria-valuetext', write(at));
  }

  async function load() {
    if (!moment) return;
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    ({ from, to } = windowOf(moment, asset?.duration_ns, zoom));
    draw();
    const seconds = (/** @type {number} */ ns) => (ns / 1e9).toFixed(3);
    const path = `/v1/buckets/${encodeURIComponent(moment.asset_id)}?from=${seconds(from)}&to=${seconds(to)}&limit=${BUCKETS_MAX}&vectors=false`;
    try {
      const buckets = /** @type {BucketDocument[]} */ (await json(path, { signal }));
      if (signal.aborted) return;
      lanes = lanesOf(buckets);
      draw();
    } catch (error) {
      if (!isAbort(error)) fill(rows, h('p', { class: 'fine' }, 'The lanes could not be read.'));
    }
  }

  return {
    /** Shows the lanes around a moment. @param {MomentRef} next @param {Asset | null} of @param {(ns: number) => string} writing */
    open(next, of, writing) {
      const same = moment?.asset_id === next.asset_id;
      [moment, asset, write, at] = [next, of, writing, next.start_ns];
      zoom = 1;
      if (!same) lanes = [];
      void load();
    },
    /** Moves the playhead; the window follows it. @param {number} ns */
    tick(ns) {
      at = ns;
      moveHead();
    },
  };
}
