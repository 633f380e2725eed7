// The few icons of the page, drawn in a square of 16.

const SVG = 'http://www.w3.org/2000/svg';

/** @type {{[name: string]: string}} */
const PATHS = {
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.3 10.3 14 14',
  clear: 'm4 4 8 8M12 4l-8 8',
  play: 'M4.5 2.8v10.4L13 8Z',
  pause: 'M5 3v10M11 3v10',
  previous: 'M12.5 3v10L6 8ZM3.5 3v10',
  next: 'M3.5 3v10L10 8ZM12.5 3v10',
  copy: 'M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3',
  like: 'M2.5 4.5h7v7h-7ZM6.5 4.5v-2h7v7h-4',
  loop: 'M3 8a4.5 3.5 0 0 1 4.5-3.5H13M10.5 2 13 4.5 10.5 7M13 8a4.5 3.5 0 0 1-4.5 3.5H3M5.500 9 3 11.500 5.500 14',
  download: 'M8 2v8M4.5 7 8 10.500 11.500 7M2.500 13.500h11',
  braces: 'M6 2.500H5q-1.500 0-1.500 1.500v2.500L2 8l1.500 1.500V12q0 1.500 1.500 1.500h1M10 2.500h1q1.500 0 1.500 1.500v2.500L14 8l-1.500 1.500V12q0 1.500-1.500 1.500h-1',
  add: 'M8 3v10M3 8h10',
  light: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  dark: 'M13 9.500A5.500 5.500 0 0 1 6.500 3 5.500 5.500 0 1 0 13 9.500Z',
  auto: 'M8 2.500a5.500 5.500 0 1 0 0 11ZM8 2.500a5.500 5.500 0 0 1 0 11',
  help: 'M5.500 6q0-2.500 2.500-2.500t2.500 2.200Q10.500 7.500 8 8.500v1.200M8 12.200v.600',
  sound: 'M2.500 6h2.500l3.500-3v10L5 10H2.500ZM11 5.500q2 2.500 0 5',
  silent: 'M2.500 6h2.500l3.500-3v10L5 10H2.500ZM11 6l3.500 4M14.500 6 11 10',
  full: 'M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10',
  wider: 'M2 8h12M4.500 5.500 2 8l2.500 2.500M11.500 5.500 14 8l-2.500 2.500',
  closer: 'M1.500 8h4.500M4 5.500 6.500 8 4 10.500M14.500 8H10M12 5.500 9.500 8l2.500 2.500',
  keep: 'M8 2.500v7M4.500 6 8 9.500 11.500 6M2.500 9.500v4h11v-4',
  kept: 'M4 2.500h8v11L8 10.500 4 13.500ZM6 6l1.500 1.500L10.500 5',
  save: 'M4 2.500h8v11L8 10.500 4 13.500Z',
  bins: 'M2.500 4.500h11v9h-11ZM2.500 7.500h11M5 2h6',
  note: 'M3 2.500h10v8l-3 3H3ZM5.500 6h5M5.500 8.500h3',
  reverse: 'M8 3.500v9L2.500 8ZM13.500 3.500v9L8 8Z',
  forward: 'M8 3.500v9L13.500 8ZM2.500 3.500v9L8 8Z',
  in: 'M10 2.500H6v11h4',
  out: 'M6 2.500h4v11H6',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
  trash: 'M3 4.500h10M6.500 4.500V2.500h3v2M4.500 4.500l.500 9h6l.500-9',
  exit: 'M9.500 2.500h-6v11h6M7 8h7M11.500 5.500 14 8l-2.500 2.500',
};

/**
 * An icon; it says nothing to a screen reader: the button that holds it does.
 * @param {string} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', `icon icon-${name}`);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name] ?? '');
  svg.append(path);
  return svg;
}
