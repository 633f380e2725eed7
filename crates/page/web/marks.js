// A line of dialogue with what was looked for marked in it: pure text work, no markup.

/** Most letters of a line that a card shows. */
export const EXCERPT_MAX = 150;

/**
 * @typedef {{text: string, hit: boolean}} Segment
 */

/**
 * Cuts a text at its marks. Marks count characters (code points), as the server does; what is out of range or out of
 * order is left out.
 * @param {string} text
 * @param {[number, number][] | undefined} marks
 * @returns {Segment[]}
 */
export function segments(text, marks) {
  const letters = Array.from(text);
  const parts = [];
  let at = 0;
  for (const [from, to] of marks ?? []) {
    if (!(from >= at && to > from && to <= letters.length)) continue;
    if (from > at) parts.push({ text: letters.slice(at, from).join(''), hit: false });
    parts.push({ text: letters.slice(from, to).join(''), hit: true });
    at = to;
  }
  if (at < letters.length) parts.push({ text: letters.slice(at).join(''), hit: false });
  return parts;
}

/**
 * Shortens a long line around its first hit, at spaces, with an ellipsis where something is left out.
 * @param {Segment[]} parts
 * @param {number} [max]
 * @returns {Segment[]}
 */
export function excerpt(parts, max = EXCERPT_MAX) {
  const total = parts.reduce((n, p) => n + p.text.length, 0);
  if (total <= max) return parts;
  const first = Math.max(0, parts.findIndex((p) => p.hit));
  const before = parts.slice(0, first).reduce((n, p) => n + p.text.length, 0);
  const from = Math.max(0, Math.min(before - Math.floor(max / 3), total - max));
  return window(parts, from, from + max, total);
}

/** @param {Segment[]} parts @param {number} from @param {number} to @param {number} total */
function window(parts, from, to, total) {
  /** @type {Segment[]} */
  const out = [];
  let at = 0;
  for (const part of parts) {
    const [start, end] = [Math.max(from - at, 0), Math.min(to - at, part.text.length)];
    if (end > start) out.push({ text: part.text.slice(start, end), hit: part.hit });
    at += part.text.length;
  }
  const [head, tail] = [out[0], out[out.length - 1]];
  // Words are not cut where a space is near.
  if (from > 0 && head && !head.hit) head.text = `… ${head.text.replace(/^\S{0,20}\s+/, '')}`;
  if (to < total && tail && !tail.hit) tail.text = `${tail.text.replace(/\s+\S{0,20}$/, '')} …`;
  return out;
}
