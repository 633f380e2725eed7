// Buckets to lanes: what was seen, heard and said around a moment, one lane for each type. Pure.

/** The order of lanes; other types follow by name. */
const ORDER = ['SHOT', 'CHARACTER_SEARCH', 'SCENE_SEARCH', 'OBJECT_SEARCH', 'DIALOGUE_SEARCH'];
/** Most rows of one lane; what does not fit is counted. */
export const ROWS_MAX = 8;
/** Most bars of one lane: a lane of ten thousand bars is a solid line and a slow page. */
export const BARS_MAX = 400;
/** The most and the least time that lanes show, in nanoseconds. */
const WIDEST = 3_600_000_000_000;
const NARROWEST = 1_000_000_000;

/**
 * The lanes of some buckets; an annotation that touches several buckets is there once.
 * @param {BucketDocument[]} buckets
 * @param {number} [around] Where a lane of too many bars is looked at: those farthest from here are left out.
 * @returns {Lane[]}
 */
export function lanesOf(buckets, around = 0) {
  const types = byType(buckets);
  const names = [...types.keys()].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  return names.map((type) => laneOf(type, [...(types.get(type)?.values() ?? [])], around)).filter((lane) => lane.bars.length > 0);
}

/**
 * What is said in some buckets, in time, each line once.
 * @param {BucketDocument[]} buckets
 * @returns {Line[]}
 */
export function linesOf(buckets) {
  const lines = [...(byType(buckets).get('DIALOGUE_SEARCH')?.values() ?? [])].filter((a) => a.text);
  const out = lines.map((a) => ({
    id: a.annotation_id,
    text: a.text ?? '',
    speaker: typeof a.attributes?.speaker === 'string' ? a.attributes.speaker : '',
    language: a.language,
    start_ns: a.time_range.start_time_ns,
    end_ns: a.time_range.end_time_ns,
  }));
  return out.sort((a, b) => a.start_ns - b.start_ns || a.end_ns - b.end_ns);
}

/** @param {BucketDocument[]} buckets */
function byType(buckets) {
  /** @type {Map<string, Map<string, BucketAnnotation>>} */
  const types = new Map();
  for (const bucket of buckets) {
    for (const annotation of bucket.source_annotations ?? []) {
      const lane = types.get(annotation.annotation_type) ?? new Map();
      types.set(annotation.annotation_type, lane);
      lane.set(`${annotation.model} ${annotation.annotation_id}`, annotation);
    }
  }
  return types;
}

/** @param {string} type */
const rank = (type) => (ORDER.includes(type) ? ORDER.indexOf(type) : ORDER.length);

/**
 * @param {string} type
 * @param {BucketAnnotation[]} annotations
 * @param {number} around
 * @returns {Lane}
 */
function laneOf(type, annotations, around) {
  // A vector says nothing to people: only that it is there, which its shot or scene says, too.
  const told = annotations.some((a) => a.label || a.text) ? annotations.filter((a) => a.label || a.text) : type === 'SHOT' ? annotations : [];
  const bars = told.map((a) => ({
    id: a.annotation_id,
    start_ns: a.time_range.start_time_ns,
    end_ns: a.time_range.end_time_ns,
    says: a.label ?? a.text ?? '',
    model: a.model,
    confidence: a.confidence_score ?? 1,
    row: 0,
  }));
  const far = (/** @type {Bar} */ bar) => Math.max(bar.start_ns - around, around - bar.end_ns, 0);
  const shown = bars.length > BARS_MAX ? bars.sort((a, b) => far(a) - far(b)).slice(0, BARS_MAX) : bars;
  shown.sort((a, b) => a.start_ns - b.start_ns || b.end_ns - a.end_ns || a.says.localeCompare(b.says));
  const rows = stack(shown);
  return { type, rows: Math.min(rows, ROWS_MAX), bars: shown, total: bars.length, hidden: shown.filter((b) => b.row >= ROWS_MAX).length };
}

/**
 * Gives each bar a row in which it overlaps no other; one label keeps its row where it can. Returns the rows used.
 * @param {Bar[]} bars
 */
function stack(bars) {
  /** @type {number[]} */
  const ends = [];
  /** @type {Map<string, number>} */
  const usual = new Map();
  for (const bar of bars) {
    const free = (/** @type {number | undefined} */ row) =>
      row !== undefined && (ends[row] ?? -1) <= bar.start_ns;
    const own = usual.get(bar.says);
    let row = bar.says !== '' && free(own) ? /** @type {number} */ (own) : ends.findIndex((_, i) => free(i));
    if (row < 0) row = ends.length;
    bar.row = row;
    ends[row] = Math.max(ends[row] ?? 0, bar.end_ns);
    usual.set(bar.says, row);
  }
  return Math.max(1, ends.length);
}

/** What of a lane is not drawn, in words; nothing where all is. @param {Lane} lane */
export const cutOff = ({ total, bars, hidden }) =>
  [total > bars.length ? `the nearest ${bars.length} of ${total.toLocaleString()}` : '', hidden > 0 ? `${hidden} more at the same time` : ''].filter(Boolean).join(', ');

/**
 * From when to when the lanes around a moment go: with air on both sides, inside the media.
 * @param {MomentRef} moment
 * @param {number | undefined} duration_ns
 * @returns {{from: number, to: number}}
 */
export function windowOf(moment, duration_ns) {
  const SECOND = 1_000_000_000;
  const long = moment.end_ns - moment.start_ns;
  const air = Math.min(Math.max(long * 0.4, 6 * SECOND), 60 * SECOND);
  return within(moment.start_ns - air, Math.min(long + 2 * air, WIDEST), Math.max(duration_ns ?? Infinity, moment.end_ns));
}

/**
 * The window with another width, in which one time stays where it is on the screen.
 * @param {{from: number, to: number}} view @param {number} by 2: twice the time. @param {number} at @param {number | undefined} duration_ns
 */
export function zoomed({ from, to }, by, at, duration_ns) {
  const width = Math.min(Math.max((to - from) * by, NARROWEST), WIDEST);
  const share = (Math.min(Math.max(at, from), to) - from) / (to - from);
  return within(at >= from && at <= to ? at - share * width : from + (to - from - width) / 2, width, Math.max(duration_ns ?? Infinity, to));
}

/** The window moved by a part of its width. @param {{from: number, to: number}} view @param {number} part @param {number | undefined} duration_ns */
export const panned = ({ from, to }, part, duration_ns) => within(from + part * (to - from), to - from, duration_ns ?? Infinity);

/** A window that lies in the media. @param {number} from @param {number} width @param {number} end Where the media end. */
function within(from, width, end) {
  const start = Math.round(Math.max(0, Math.min(from, end - width)));
  return { from: start, to: Math.round(Math.min(start + width, end)) };
}

/**
 * Round times for the ruler, at most `count` of them.
 * @param {number} from @param {number} to @param {number} count
 */
export function ticks(from, to, count) {
  const STEPS = [0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600].map((s) => s * 1e9);
  const step = STEPS.find((s) => (to - from) / s <= count) ?? 7200e9;
  const out = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) out.push(at);
  return out;
}
