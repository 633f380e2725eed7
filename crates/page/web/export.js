// Results as files: a table and an edit decision list, made by the server from the same question.

import { Problem, ask } from './api.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { requestOf } from './request.js';

/** @type {[format: string, says: string, title: string][]} */
const FORMATS = [
  ['csv', 'CSV', 'All moments as a table'],
  ['edl', 'EDL', 'All moments as a CMX 3600 edit decision list, one event each'],
];

/** @param {App} app */
export function exportButtons(app) {
  return FORMATS.map(([format, says, title]) =>
    h('button', { type: 'button', class: 'quiet', title, onclick: () => void download(app, format) }, icon('download'), says),
  );
}

/** The file's name, as the server says it. @param {Response} response @param {string} format */
const nameOf = (response, format) =>
  /filename="([\w.-]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? `moments.${format}`;

/** @param {App} app @param {string} format */
async function download(app, format) {
  const { limit: _, ...body } = requestOf(app.state);
  try {
    const response = await ask(`/v1/export?format=${format}`, { body });
    const address = URL.createObjectURL(await response.blob());
    const link = h('a', { href: address, download: nameOf(response, format) });
    document.body.append(link);
    link.click();
    link.remove();
    // The browser has the file when it has begun to save it.
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
    const left = response.headers.get('x-rushes-left-out');
    app.say(left && left !== '0' ? `Exported; ${left} moments left out` : 'Exported');
  } catch (error) {
    app.say(error instanceof Problem ? error.message : 'The export failed');
  }
}
