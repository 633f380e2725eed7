// Moments as files for other programs, made by the server from the same question or from a bin.

import { Problem, ask } from './api.js';
import { h, many } from './dom.js';
import { icon } from './icons.js';
import { recall, remember } from './store.js';

/** @type {[group: string, formats: [format: string, says: string][]][]} */
const FORMATS = [
  ['Timelines', [
    ['edl', 'EDL (CMX 3600)'],
    ['xmeml', 'Premiere Pro, Resolve (XML)'],
    ['fcpxml', 'Final Cut Pro, Resolve (FCPXML 1.10)'],
    ['fcpxml-1.9', 'Final Cut Pro, Resolve (FCPXML 1.9)'],
    ['otio', 'OpenTimelineIO'],
    ['otioz', 'OpenTimelineIO, zipped'],
    ['ale', 'Avid log (ALE)'],
  ]],
  ['Markers', [
    ['avid-markers', 'Avid markers'],
    ['premiere-markers', 'Premiere markers'],
    ['resolve-markers', 'Resolve markers'],
  ]],
  ['Captions and lists', [
    ['paper', 'Paper edit (text)'],
    ['webvtt', 'WebVTT'],
    ['srt', 'SubRip (SRT)'],
    ['youtube-chapters', 'YouTube chapters'],
    ['csv', 'Table (CSV)'],
    ['json', 'JSON'],
    ['web-annotation', 'Web Annotation'],
  ]],
];

const CHOICE = 'rushes-export';
/** The format that was chosen last. */
let chosen = recall(CHOICE) ?? 'edl';

/** @typedef {{path: string, body?: unknown}} ExportAsk What the server is asked for a file. */

/**
 * A choice of formats, and a button that saves.
 * @param {App} app @param {(format: string) => ExportAsk} asks
 */
export function exportButtons(app, asks) {
  const groups = FORMATS.map(([label, formats]) =>
    h('optgroup', { label }, ...formats.map(([value, says]) => h('option', { value, selected: value === chosen }, says))),
  );
  const select = h('select', { 'aria-label': 'Export format', onchange: () => remember(CHOICE, (chosen = select.value)) }, ...groups);
  const save = h(
    'button',
    { type: 'button', class: 'quiet', title: 'Save all moments in this format', onclick: () => void download(app, asks(chosen), save) },
    icon('download'),
    'Export',
  );
  return [select, save];
}

/** The file's name, as the server says it. @param {Response} response */
const nameOf = (response) =>
  /filename="([\w.-]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? `moments.${chosen}`;

/** What became of it, in words. @param {Response} response @param {string} name */
function outcome(response, name) {
  const header = (/** @type {string} */ key) => response.headers.get(`x-rushes-${key}`);
  const events = `${many(Number(header('written') ?? 0), 'moment')} written to ${name}`;
  const why = header('left-out-why');
  const left = why && Number(header('left-out')) > 0 ? `, left out ${why}` : '';
  return [events + left, header('notes')].filter(Boolean).join('. ');
}

/** @param {App} app @param {ExportAsk} asked @param {HTMLButtonElement} button */
async function download(app, { path, body }, button) {
  button.disabled = true;
  try {
    const response = await ask(path, { body });
    const written = Number(response.headers.get('x-rushes-written') ?? 0);
    // An empty list would be taken for a cut without clips: it is said and not saved.
    if (written === 0) {
      app.note(`Nothing to save: ${outcome(response, 'a file')}`, { bad: true });
      return;
    }
    const name = nameOf(response);
    const address = URL.createObjectURL(await response.blob());
    const link = h('a', { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    // The browser has the file when it has begun to save it.
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
    app.note(outcome(response, name), { long: true });
  } catch (error) {
    app.note(error instanceof Problem ? `Not exported: ${error.message}` : 'Not exported: the server did not answer', { bad: true });
  } finally {
    button.disabled = false;
  }
}
