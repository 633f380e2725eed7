// Speeds of J, K and L. Pure.

/** How fast, at the first, second, third press. */
export const SPEEDS = [1, 2, 4, 8];

/**
 * The speed after a press: K stops, J and L go that way, faster at each press, and turn round at once.
 * @param {number} speed Now: negative is backwards, 0 stands still. @param {-1 | 0 | 1} way
 */
export function pressed(speed, way) {
  if (way === 0) return 0;
  if (Math.sign(speed) !== way) return way;
  const at = SPEEDS.indexOf(Math.abs(speed));
  return way * (SPEEDS[Math.min(at + 1, SPEEDS.length - 1)] ?? 1);
}

/** @param {number} speed */
export const speedText = (speed) => (speed === 0 || speed === 1 ? '' : `${speed < 0 ? '−' : ''}${Math.abs(speed)}×`);
