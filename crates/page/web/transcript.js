// What is said around a moment, line by line, following the playhead.

import { isAbort, json } from './api.js';
import { fill, h } from './dom.js';
import { linesOf } from './lanes.js';

/** How far around a moment lines are read, in nanoseconds. */
const AIR_NS = 300_000_000_000;
/** Buckets of one request. */
const BUCKETS_MAX = 3600;

/** @param {HTMLElement} box @param {(ns: number) => void} seek */
export function transcript(box, seek) {
  /** @type {{line: Line, element: HTMLElement}[]} */
  let rows = [];
  let asked = new AbortController();
  let loaded = '';
  let now = -1;

  /** @param {number} ns */
  function tick(ns) {
    const index = rows.findLastIndex(({ line }) => line.start_ns <= ns && ns < line.end_ns);
    if (index === now) return;
    rows[now]?.element.classList.remove('now-said');
    now = index;
    const element = rows[now]?.element;
    if (!element) return;
    element.classList.add('now-said');
    // Only the list moves, never the page.
    if (box.clientHeight > 0) box.scrollTop += element.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 3;
  }

  return {
    tick,
    /**
     * @param {MomentRef} moment @param {Asset | null} asset @param {(ns: number) => string} write
     * @param {Set<string>} hits Annotations that were found.
     */
    async open(moment, asset, write, hits) {
      const [from, to] = [Math.max(0, moment.start_ns - AIR_NS), Math.min(moment.end_ns + AIR_NS, moment.start_ns + BUCKETS_MAX * 1e9, asset?.duration_ns ?? Number.MAX_SAFE_INTEGER)];
      const key = `${moment.asset_id} ${from} ${to} ${hits.size}`;
      if (key === loaded) return;
      loaded = key;
      asked.abort();
      asked = new AbortController();
      const { signal } = asked;
      try {
        const path = `/v1/buckets/${encodeURIComponent(moment.asset_id)}?from=${(from / 1e9).toFixed(3)}&to=${(to / 1e9).toFixed(3)}&limit=${BUCKETS_MAX}&vectors=false`;
        const lines = linesOf(/** @type {BucketDocument[]} */ (await json(path, { signal })));
        if (signal.aborted) return;
        now = -1;
        rows = lines.map((line) => ({
          line,
          element: h(
            'li',
            { class: hits.has(line.id) ? 'said hit' : 'said' },
            h('button', { type: 'button', class: 'link', onclick: () => seek(line.start_ns) }, write(line.start_ns)),
            h('p', { lang: line.language, dir: 'auto' }, line.speaker && h('strong', {}, `${line.speaker}: `), line.text),
          ),
        }));
        fill(box, rows.length > 0 ? h('ol', {}, rows.map((r) => r.element)) : h('p', { class: 'fine' }, 'Nothing is known to be said here.'));
      } catch (error) {
        loaded = '';
        if (!isAbort(error)) fill(box, h('p', { class: 'fine' }, 'The transcript could not be read.'));
      }
    },
  };
}
