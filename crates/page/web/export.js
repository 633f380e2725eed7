// Results as files for other programs, made by the server from the same question.

import { Problem, ask } from './api.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { requestOf } from './request.js';

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

/** The format that was chosen last. */
let chosen = 'edl';

/** @param {App} app */
export function exportButtons(app) {
  const groups = FORMATS.map(([label, formats]) =>
    h('optgroup', { label }, ...formats.map(([value, says]) => h('option', { value, selected: value === chosen }, says))),
  );
  const select = h('select', { 'aria-label': 'Export format', onchange: () => void (chosen = select.value) }, ...groups);
  const save = h(
    'button',
    { type: 'button', class: 'quiet', title: 'Save all moments in this format', onclick: () => void download(app, chosen, save) },
    icon('download'),
    'Export',
  );
  return [select, save];
}

/** The file's name, as the server says it. @param {Response} response @param {string} format */
const nameOf = (response, format) =>
  /filename="([\w.-]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? `moments.${format}`;

/** What became of it, in words. @param {Response} response @param {string} name */
function outcome(response, name) {
  const header = (/** @type {string} */ key) => response.headers.get(`x-rushes-${key}`);
  const written = Number(header('written') ?? 0);
  const events = `${written} ${written === 1 ? 'moment' : 'moments'} written to ${name}`;
  const why = header('left-out-why');
  const left = why && Number(header('left-out')) > 0 ? `, left out ${why}` : '';
  return [events + left, header('notes')].filter(Boolean).join('. ');
}

/** @param {App} app @param {string} format @param {HTMLButtonElement} button */
async function download(app, format, button) {
  const { limit: _, ...body } = requestOf(app.state);
  button.disabled = true;
  try {
    const response = await ask(`/v1/export?format=${format}`, { body });
    const written = Number(response.headers.get('x-rushes-written') ?? 0);
    // An empty list would be taken for a cut without clips: it is said and not saved.
    if (written === 0) {
      app.say(`Nothing to save: ${outcome(response, 'a file')}`);
      return;
    }
    const name = nameOf(response, format);
    const address = URL.createObjectURL(await response.blob());
    const link = h('a', { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    // The browser has the file when it has begun to save it.
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
    app.say(outcome(response, name));
  } catch (error) {
    app.say(error instanceof Problem ? `Not exported: ${error.message}` : 'Not exported: the server did not answer');
  } finally {
    button.disabled = false;
  }
}
