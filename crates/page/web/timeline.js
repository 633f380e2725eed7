// The lanes around a moment: what was seen, heard and said, on one ruler, with the playhead over all of it.

import { isAbort, json } from './api.js';
import { typeName, typeTone } from './clauses.js';
import { debounce, fill, h } from './dom.js';
import { icon } from './icons.js';
import { cutOff, lanesOf, panned, ROWS_MAX, ticks, windowOf, zoomed } from './lanes.js';

/** Height of a row of bars, in pixels; the style sheet has the same. */
const ROW = 18;
/** Room for a timecode on the ruler, in pixels. */
const TICK_WIDTH = 92;
/** Who turns the wheel or drags has this long before lanes are read, in milliseconds. */
const SETTLE_MS = 120;
/** How much of the window a turn of the wheel by one notch moves. */
const WHEEL_PART = 0.1;
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
    'div',
    { class: 'lanes-list' },
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

  /** Shows another stretch; what is there is drawn at once, the rest is read. @param {{from: number, to: number}} view */
  function view(view) {
    ({ from, to } = view);
    draw();
    settle();
  }
  const settle = debounce(SETTLE_MS, () => void load());

  /** Sideways, or with the shift key, the wheel moves through time; with the control key it zooms. @param {WheelEvent} event */
  function wheel(event) {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.shiftKey ? event.deltaY : 0;
    if (event.ctrlKey || event.metaKey) view(zoomed({ from, to }, event.deltaY > 0 ? 1.25 : 0.8, at, asset?.duration_ns));
    else if (sideways !== 0) view(panned({ from, to }, WHEEL_PART * Math.sign(sideways), asset?.duration_ns));
    else return;
    event.preventDefault();
  }
  const tracks = h(
    'div',
    {
      class: 'tracks',
      onwheel: wheel,
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
  /** @param {string} shape @param {string} label @param {() => void} act */
  const button = (shape, label, act) => h('button', { type: 'button', class: 'mini', title: label, 'aria-label': label, onclick: act }, icon(shape));
  const tools = h(
    'div',
    { class: 'lanes-tools' },
    h('h3', {}, 'Timeline'),
    h('span', { class: 'gap' }),
    button('previous', 'Earlier', () => view(panned({ from, to }, -0.5, asset?.duration_ns))),
    button('next', 'Later', () => view(panned({ from, to }, 0.5, asset?.duration_ns))),
    button('closer', 'Show less time', () => view(zoomed({ from, to }, 0.5, at, asset?.duration_ns))),
    button('wider', 'Show more time', () => view(zoomed({ from, to }, 2, at, asset?.duration_ns))),
  );
  fill(box, tools, tracks);
  // A ruler that got narrower has room for fewer labels.
  new ResizeObserver(() => drawRuler()).observe(ruler);

  function draw() {
    drawSpan();
    drawRuler();
    drawLanes();
    moveHead();
  }

  /** In and out, as far as they are in the window. */
  function drawSpan() {
    span.hidden = !moment || moment.end_ns < from || moment.start_ns > to;
    if (!moment || span.hidden) return;
    const [start, end] = [Math.max(moment.start_ns, from), Math.min(moment.end_ns, to)];
    span.style.insetInlineStart = share(start);
    span.style.inlineSize = `calc(${share(end)} - ${share(start)})`;
  }

  function drawRuler() {
    fill(
      ruler,
      // A timecode needs so much room; a narrow ruler has fewer.
      ticks(from, to, Math.max(2, Math.floor((ruler.clientWidth || 480) / TICK_WIDTH))).map((ns) => {
        const tick = h('span', { class: 'tick', 'aria-hidden': 'true' }, write(ns));
        tick.style.insetInlineStart = share(ns);
        return tick;
      }),
    );
  }

  function drawLanes() {
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
  }

  /** @param {Lane} l */
  function lane(l) {
    const track = h('div', { class: `lane-track tone-${typeTone(l.type)}` });
    track.style.blockSize = `${l.rows * ROW}px`;
    fill(
      track,
      l.bars.filter((b) => b.end_ns >= from && b.start_ns <= to && b.row < ROWS_MAX).map((b) => {
        const element = h('span', { class: `bar${b.end_ns === b.start_ns ? ' bar-point' : ''}`, title: `${b.says || typeName(l.type)}\n${write(b.start_ns)} – ${write(b.end_ns)}\n${b.model}, ${Math.round(b.confidence * 100)} %` }, b.says);
        const [start, end] = [Math.max(b.start_ns, from), Math.min(b.end_ns, to)];
        element.style.insetInlineStart = share(start);
        element.style.inlineSize = `calc(${share(end)} - ${share(start)} - 1px)`;
        element.style.insetBlockStart = `${b.row * ROW}px`;
        element.style.opacity = String(0.55 + 0.45 * Math.min(1, Math.max(0, b.confidence)));
        return element;
      }),
    );
    const left = cutOff(l);
    return h(
      'div',
      { class: 'lane' },
      h('span', { class: 'lane-name' }, h('span', { class: `dot tone-${typeTone(l.type)}` }), typeName(l.type)),
      h('div', {}, track, left && h('p', { class: 'lane-left' }, `Shown: ${left}. Show less time to see more.`.replace(/^Shown: (\d+ more)/, 'Not shown: $1'))),
    );
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
    const seconds = (/** @type {number} */ ns) => (ns / 1e9).toFixed(3);
    const path = `/v1/buckets/${encodeURIComponent(moment.asset_id)}?from=${seconds(from)}&to=${seconds(to)}&limit=${BUCKETS_MAX}&vectors=false`;
    try {
      const buckets = /** @type {BucketDocument[]} */ (await json(path, { signal }));
      if (signal.aborted) return;
      lanes = lanesOf(buckets, Math.min(Math.max(at, from), to));
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
      if (!same) lanes = [];
      ({ from, to } = windowOf(next, of?.duration_ns));
      draw();
      void load();
    },
    /** Other points of the same moment. @param {MomentRef} next */
    setRange(next) {
      moment = next;
      drawSpan();
    },
    /** Moves the playhead; the window follows it when it runs out. @param {number} ns @param {boolean} playing */
    tick(ns, playing) {
      const wasIn = at >= from && at <= to;
      at = ns;
      if (playing && wasIn && ns > to) view(panned({ from, to }, 0.9, asset?.duration_ns));
      else if (playing && wasIn && ns < from) view(panned({ from, to }, -0.9, asset?.duration_ns));
      else moveHead();
    },
    /** The same as a list, for the keyboard. */
    list: listed,
  };
}
