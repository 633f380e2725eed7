// Buckets to lanes: what was seen, heard and said around a moment, one lane for each type. Pure.

/** The order of lanes; other types follow by name. */
const ORDER = ['SHOT', 'CHARACTER_SEARCH', 'SCENE_SEARCH', 'OBJECT_SEARCH', 'DIALOGUE_SEARCH'];
/** Most rows of one lane; what does not fit is drawn on the last. */
export const ROWS_MAX = 5;
/** Most bars of one lane: a lane of ten thousand bars is a solid line and a slow page. */
export const BARS_MAX = 400;

/**
 * The lanes of some buckets; an annotation that touches several buckets is there once.
 * @param {BucketDocument[]} buckets
 * @returns {Lane[]}
 */
export function lanesOf(buckets) {
  /** @type {Map<string, Map<string, BucketAnnotation>>} */
  const types = new Map();
  for (const bucket of buckets) {
    for (const annotation of bucket.source_annotations ?? []) {
      const lane = types.get(annotation.annotation_type) ?? new Map();
      types.set(annotation.annotation_type, lane);
      lane.set(`${annotation.model} ${annotation.annotation_id}`, annotation);
    }
  }
  const names = [...types.keys()].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  return names.map((type) => laneOf(type, [...(types.get(type)?.values() ?? [])]));
}

/** @param {string} type */
const rank = (type) => (ORDER.includes(type) ? ORDER.indexOf(type) : ORDER.length);

/**
 * @param {string} type
 * @param {BucketAnnotation[]} annotations
 * @returns {Lane}
 */
function laneOf(type, annotations) {
  const bars = annotations.map((a) => ({
    id: a.annotation_id,
    start_ns: a.time_range.start_time_ns,
    end_ns: a.time_range.end_time_ns,
    says: a.label ?? a.text ?? '',
    model: a.model,
    confidence: a.confidence_score ?? 1,
    row: 0,
  }));
  bars.sort((a, b) => a.start_ns - b.start_ns || b.end_ns - a.end_ns || a.says.localeCompare(b.says));
  const shown = bars.slice(0, BARS_MAX);
  return { type, rows: stack(shown), bars: shown };
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
    if (row < 0) row = Math.min(ends.length, ROWS_MAX - 1);
    bar.row = row;
    ends[row] = Math.max(ends[row] ?? 0, bar.end_ns);
    usual.set(bar.says, row);
  }
  return Math.max(1, ends.length);
}

/**
 * From when to when the lanes around a moment go: with air on both sides, inside the media.
 * @param {MomentRef} moment
 * @param {number | undefined} duration_ns
 * @param {number} zoom 1: as it comes; 2: twice as wide.
 * @returns {{from: number, to: number}}
 */
export function windowOf(moment, duration_ns, zoom) {
  const SECOND = 1_000_000_000;
  const long = moment.end_ns - moment.start_ns;
  const air = Math.min(Math.max(long * 0.4, 6 * SECOND), 60 * SECOND) * zoom + long * (zoom - 1) * 0.5;
  const end = Math.max(duration_ns ?? Number.MAX_SAFE_INTEGER, moment.end_ns);
  return { from: Math.max(0, moment.start_ns - air), to: Math.min(end, moment.end_ns + air) };
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
