// A bin in place of results: its moments in order, with notes, ratings and points, to be ordered, played through, exported.

import { json, still } from './api.js';
import { RATINGS, binPath, why } from './bins.js';
import { nameOf } from './card.js';
import { fill, h, many } from './dom.js';
import { exportButtons } from './export.js';
import { icon } from './icons.js';
import { length, readTimecode, timecodeOf } from './time.js';

/** Height of a row's picture, in pixels. */
const STILL_HEIGHT = 120;

/**
 * The order after a moment went up or down by one. Pure.
 * @param {number[]} order @param {number} item @param {number} by
 */
export function moved(order, item, by) {
  const at = order.indexOf(item);
  const to = at + by;
  if (at < 0 || to < 0 || to >= order.length) return order;
  const next = order.filter((other) => other !== item);
  next.splice(to, 0, item);
  return next;
}

/**
 * A time as it was typed: timecode where the rate is known, else seconds or a clock. Null where it is none. Pure.
 * @param {string} text @param {Asset | null} asset
 */
export function timeOf(text, asset) {
  const { rate, start, drop } = timecodeOf(asset);
  if (rate && /[:;].*[:;].*[:;]/.test(text)) {
    const frames = readTimecode(text.trim(), rate, drop);
    return frames === null || frames < start ? null : Number((BigInt(frames - start) * BigInt(rate.den) * 1_000_000_000n + BigInt(rate.num) - 1n) / BigInt(rate.num));
  }
  const parts = text.trim().split(':').map(Number);
  if (parts.length > 3 || text.trim() === '' || parts.some((n) => !Number.isFinite(n) || n < 0)) return null;
  return Math.round(parts.reduce((sum, n) => sum * 60 + n, 0) * 1e9);
}

/** @typedef {(bin: BinDocument) => object} Back The change of a bin that undoes another. */

/**
 * @param {App} app @param {{load: () => Promise<void>}} keeper @param {(title: string) => HTMLElement} clear
 */
export function binView(app, keeper, clear) {
  /** @type {BinDocument | null} */
  let bin = null;
  let place = /** @type {HTMLElement | null} */ (null);
  let playing = -1;
  let current = -1;

  /** @param {object} change @param {string} [done] What is said, with a way back. @param {Back} [back] */
  async function change(change, done, back) {
    if (!bin) return;
    const { bin: id, version } = bin;
    try {
      bin = /** @type {BinDocument} */ (await json(binPath(id), { method: 'PATCH', body: change, match: version }));
      await draw();
      if (done) app.note(done, back ? { act: { says: 'Undo', does: () => void undo(id, back) } } : {});
    } catch (error) {
      app.note(`Not changed: ${why(error)}`, { bad: true });
      await open(id);
    }
    void keeper.load();
  }

  /** @param {string} id @param {Back} back */
  async function undo(id, back) {
    try {
      const before = /** @type {BinDocument} */ (await json(binPath(id)));
      const after = /** @type {BinDocument} */ (await json(binPath(id), { method: 'PATCH', body: back(before), match: before.version }));
      if (app.state.bin === id || app.state.bin === undefined) app.go({ q: '', plan: {}, at: null, bin: id }, 'replace');
      bin = after;
      await draw();
    } catch (error) {
      app.note(`Not undone: ${why(error)}`, { bad: true });
    }
    void keeper.load();
  }

  /** Plays one moment of the bin after another. @param {number} index */
  function play(index) {
    const item = bin?.items[index];
    if (!item) return;
    [playing, current] = [index, index];
    app.open({ ...item }, true);
    mark();
  }

  function mark() {
    for (const [i, row] of [...(place?.querySelectorAll('.bin-row') ?? [])].entries()) row.classList.toggle('current', i === current);
  }

  /** @param {BinItem} item @param {number} index @param {Asset | null} asset */
  function row(item, index, asset) {
    const tc = timecodeOf(asset);
    const { name, code, rest } = nameOf(asset ?? { asset_id: item.asset_id, movie_id: '' });
    const order = (bin?.items ?? []).map((i) => i.item);
    const set = (/** @type {object} */ fields) => void change({ change: [{ item: item.item, ...fields }] });
    const button = (/** @type {string} */ shape, /** @type {string} */ label, /** @type {() => void} */ act, disabled = false) =>
      h('button', { type: 'button', class: 'mini', title: label, 'aria-label': `${label}: moment ${index + 1}`, onclick: act, disabled }, icon(shape));
    /** @param {'start_ns' | 'end_ns'} field @param {string} label */
    const point = (field, label) => {
      const input = h('input', {
        type: 'text',
        class: 'bin-point',
        'aria-label': `${label} of moment ${index + 1}`,
        value: tc.write(item[field]),
        onchange: () => {
          const ns = timeOf(input.value, asset);
          if (ns !== null) set({ [field]: ns });
          else app.note(`“${input.value}” is no time here: write it as ${tc.write(item[field])}`, { bad: true });
        },
      });
      return input;
    };
    const note = h('input', { type: 'text', class: 'bin-note', 'aria-label': `Note of moment ${index + 1}`, placeholder: 'Note', dir: 'auto', value: item.note, onchange: () => set({ note: note.value }) });
    const rating = h('select', { 'aria-label': `Rating of moment ${index + 1}`, onchange: () => set({ rating: Number(rating.value || 0) }) }, RATINGS.map(([value, says]) => h('option', { value, selected: value === String(item.rating || '') }, says)));
    const img = h('img', { alt: '', loading: 'lazy', decoding: 'async', src: still(item.asset_id, Math.round((item.start_ns + item.end_ns) / 2), STILL_HEIGHT), onload: () => img.classList.add('there'), onerror: () => img.remove() });
    const circled = h('button', { type: 'button', class: 'mini bin-circle', title: 'Circled', 'aria-label': `Circled: moment ${index + 1}`, 'aria-pressed': String(item.circled), onclick: () => set({ circled: !item.circled }) }, '◯');
    return h(
      'li',
      { class: 'bin-row' },
      h('span', { class: 'bin-no' }, String(index + 1)),
      h('button', { type: 'button', class: 'bin-pic', 'aria-label': `Play moment ${index + 1}`, onclick: () => play(index) }, h('span', { class: 'pic' }, h('span', { class: 'slate', 'aria-hidden': 'true' }), img)),
      h('div', { class: 'bin-what' }, h('p', { class: 'bin-name' }, h('bdi', {}, name), code && h('span', { class: 'card-code' }, ` ${code}`), rest && h('bdi', { class: 'card-rest' }, ` ${rest}`)), h('div', { class: 'bin-times' }, point('start_ns', 'In'), '–', point('end_ns', 'Out'), h('span', { class: 'fine' }, length(item.end_ns - item.start_ns))), note),
      h('div', { class: 'bin-acts' }, circled, rating, button('up', 'Up', () => void change({ order: moved(order, item.item, -1) }), index === 0), button('down', 'Down', () => void change({ order: moved(order, item.item, 1) }), index === order.length - 1), button('clear', 'Take out', () => void take(item, index))),
    );
  }

  /** Takes a moment out; undone it stands where it stood. @param {BinItem} item @param {number} index */
  async function take(item, index) {
    const { asset_id, start_ns, end_ns, note, colour, rating, circled, question } = item;
    const before = (bin?.items ?? []).map((i) => i.item);
    const again = [{ asset_id, start_ns, end_ns, note, colour, rating, circled, question }];
    // What is added has the next number, and comes behind those that stood before it.
    await change({ remove: [item.item] }, `Moment ${index + 1} taken out`, ({ items, next_item }) => {
      const there = new Set(items.map((i) => i.item));
      return { add: again, order: [...before.slice(0, index).filter((no) => there.has(no)), next_item] };
    });
  }

  async function trash() {
    if (!bin) return;
    const { bin: id, name } = bin;
    try {
      await json(binPath(id), { method: 'PATCH', body: { trashed: true } });
      app.go({ q: '', plan: {}, at: null }, 'push');
      app.note(`${name} is in the trash`, { act: { says: 'Undo', does: () => void undo(id, () => ({ trashed: false })) } });
    } catch (error) {
      app.note(`Not removed: ${why(error)}`, { bad: true });
    }
    void keeper.load();
  }

  async function draw() {
    if (!bin) return;
    const { items, overview, name } = bin;
    const found = await Promise.all(items.map((item) => app.asset(item.asset_id)));
    const id = bin.bin;
    place = clear(name);
    const title = h('input', { type: 'text', class: 'bin-title', 'aria-label': 'Name of the bin', value: name, onchange: () => void change({ name: title.value }) });
    const overlaps = overview.overlaps?.length ?? 0;
    fill(
      place,
      h(
        'header',
        { class: 'bin-head' },
        title,
        h('span', { class: 'fine' }, `${many(items.length, 'moment')}, ${length(overview.duration_ns)}${overlaps > 0 ? `, ${overlaps} overlap` : ''}`),
        h('span', { class: 'gap' }),
        h('button', { type: 'button', class: 'quiet', disabled: items.length === 0, onclick: () => play(0) }, icon('play'), 'Play all'),
        ...exportButtons(app, (format) => ({ path: `${binPath(id)}/export?format=${format}` })),
        h('button', { type: 'button', class: 'quiet danger', onclick: () => void trash() }, icon('trash'), 'Trash'),
      ),
      items.length === 0 ? h('p', { class: 'fine' }, 'This bin is empty. Press E at a moment to keep it here.') : h('ol', { class: 'bin-rows' }, items.map((item, i) => row(item, i, found[i] ?? null))),
    );
    mark();
  }

  /** Shows a bin. @param {string} id */
  async function open(id) {
    [playing, current] = [-1, -1];
    try {
      bin = /** @type {BinDocument} */ (await json(binPath(id)));
      if (app.state.bin === id) await draw();
    } catch (error) {
      bin = null;
      fill(clear('No such bin'), h('p', {}, why(error)));
    }
  }

  return {
    open,
    /** The moment at the keyboard's place. */
    current: () => (app.state.bin === undefined ? null : (bin?.items[current] ?? null)),
    /** Moves by so many moments, and plays where something plays. @param {number} step */
    move(step) {
      const last = (bin?.items.length ?? 0) - 1;
      current = Math.min(Math.max(current + step, 0), last);
      mark();
      if (app.state.at) play(current);
    },
    /** A moment was played to its out-point: the next one follows. */
    ended() {
      if (app.state.bin !== undefined && playing >= 0 && playing + 1 < (bin?.items.length ?? 0)) play(playing + 1);
    },
  };
}
