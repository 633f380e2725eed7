// Times for people: clocks, lengths, SMPTE timecode at exact ratios. Nanoseconds are whole numbers below 2^53.

const NS = 1_000_000_000;

/** @param {number} n @param {number} [width] */
const pad = (n, width = 2) => String(n).padStart(width, '0');

/**
 * A place in the media as a clock: `0:40.14`, `1:02:03.50`.
 * @param {number} ns
 */
export function clock(ns) {
  const hundredths = Math.floor(Math.max(0, ns) / 10_000_000);
  const seconds = Math.floor(hundredths / 100);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${pad(s)}.${pad(hundredths % 100)}`;
  return h > 0 ? `${h}:${pad(m)}:${tail}` : `${m}:${tail}`;
}

/**
 * A length of time: `0.04 s`, `27.0 s`, `1:03`, `1:02:03`.
 * @param {number} ns
 */
export function length(ns) {
  const seconds = Math.max(0, ns) / NS;
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/**
 * Frames a second as a ratio; null where it is not known.
 * @param {string | undefined} text
 * @returns {Rate | null}
 */
export function rateOf(text) {
  const found = /^(\d+)(?:\/(\d+))?$/.exec(text ?? '');
  if (!found) return null;
  const [num, den] = [Number(found[1]), Number(found[2] ?? 1)];
  return num >= den && den > 0 && num / den <= 1000 ? { num, den } : null;
}

/** @param {Rate} rate */
const nominal = (rate) => Math.ceil(rate.num / rate.den);

/** Numbers that drop frame leaves out a minute. @param {Rate} rate */
const dropped = (rate) =>
  rate.den === 1001 && (rate.num === 30_000 || rate.num === 60_000) ? nominal(rate) / 15 : 0;

/**
 * The frame that contains the instant.
 * @param {number} ns @param {Rate} rate
 */
export function frameAt(ns, rate) {
  // The product of a day in nanoseconds and 60,000 is beyond 2^53: whole numbers without that bound.
  return Number((BigInt(Math.round(ns)) * BigInt(rate.num)) / (BigInt(rate.den) * BigInt(NS)));
}

/**
 * When a frame starts, rounded up to a whole nanosecond.
 * @param {number} frame @param {Rate} rate
 */
export function startOfFrame(frame, rate) {
  const scaled = BigInt(frame) * BigInt(rate.den) * BigInt(NS);
  const num = BigInt(rate.num);
  return Number((scaled + num - 1n) / num);
}

/** The last frame before an end, as the time in its middle: that frame is shown there. @param {number} end_ns @param {Rate | null} rate */
export function lastFrame(end_ns, rate) {
  if (!rate) return Math.max(0, end_ns - 1e6);
  const frame = frameAt(Math.max(0, end_ns - 1), rate);
  return end_ns <= 0 ? 0 : Math.round((startOfFrame(frame, rate) + startOfFrame(frame + 1, rate)) / 2);
}

/**
 * A frame count as `HH:MM:SS:FF`, with `;` before the frames where numbers are dropped.
 * @param {number} frames @param {Rate} rate @param {boolean} dropFrame
 */
export function writeTimecode(frames, rate, dropFrame) {
  const base = nominal(rate);
  const drop = dropFrame ? dropped(rate) : 0;
  // A day has 24 hours: what is written begins again at midnight.
  const day = base * 86_400 - drop * 1_296;
  let count = ((frames % day) + day) % day;
  if (drop > 0) {
    const [tens, rest] = [Math.floor(count / (base * 600 - drop * 9)), count % (base * 600 - drop * 9)];
    const minutes = rest < base * 60 ? 0 : Math.floor((rest - base * 60) / (base * 60 - drop)) + 1;
    count += tens * drop * 9 + minutes * drop;
  }
  const [seconds, frame] = [Math.floor(count / base), count % base];
  const sign = drop > 0 ? ';' : ':';
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${pad(h)}:${pad(m)}:${pad(s)}${sign}${pad(frame, base > 100 ? 3 : 2)}`;
}

/**
 * The frame count of a timecode; null where it is none at this rate.
 * @param {string} text @param {Rate} rate @param {boolean} dropFrame
 */
export function readTimecode(text, rate, dropFrame) {
  const fields = text.split(/[:;]+/).map(Number);
  const base = nominal(rate);
  const [h = -1, m = -1, s = -1, f = -1] = fields;
  const whole = fields.length === 4 && fields.every((n) => Number.isInteger(n) && n >= 0);
  if (!whole || m > 59 || s > 59 || f >= base) return null;
  const minutes = h * 60 + m;
  const drop = dropFrame ? dropped(rate) : 0;
  return (minutes * 60 + s) * base + f - drop * (minutes - Math.floor(minutes / 10));
}

/**
 * How the asset's media times are written: timecode where its rate is known, else a clock.
 * @param {Asset | null} asset
 * @returns {{write: (ns: number) => string, rate: Rate | null, start: number, drop: boolean}} `start`: the frame number of the first frame.
 */
export function timecodeOf(asset) {
  const rate = rateOf(asset?.frame_rate);
  const start = asset?.start_timecode;
  const drop = Boolean(rate && dropped(rate) > 0 && (asset?.drop_frame || start?.includes(';')));
  const first = rate && start ? readTimecode(start, rate, drop) : 0;
  if (!rate || first === null) return { write: clock, rate: null, start: 0, drop: false };
  return { write: (ns) => writeTimecode(frameAt(Math.max(0, ns), rate) + first, rate, drop), rate, start: first, drop };
}

/**
 * Season and episode as editors write them: `S01E02`, `E02`, nothing.
 * @param {{season?: number, episode?: number}} of
 */
export function episodeCode({ season, episode }) {
  const s = season === undefined ? '' : `S${pad(season)}`;
  const e = episode === undefined ? '' : `E${pad(episode)}`;
  return s + e;
}
