// The start page: questions that the archive can answer, films, people, and what was asked before.

import { json, still } from './api.js';
import { typeName, typeTone } from './clauses.js';
import { nameOf } from './card.js';
import { capital, fill, h, many } from './dom.js';
import { questions } from './store.js';
import { length } from './time.js';

/** Labels of each type that are shown. */
const LABELS_MAX = 8;
/** Labels that are asked for. */
const LABELS_ASKED = 50;
/** Films that are shown. */
const FILMS_MAX = 24;
/** Height of a poster's picture, in pixels. */
const POSTER_HEIGHT = 240;
/** Where in a film its picture is taken: after titles, before the end. */
const POSTER_AT = 0.3;
/** A film is shown in moments of at most about this many seconds, cut where it is cut. */
const FILM_SPAN_S = 20;
/** Questions of each list that are shown. */
const ASKED_MAX = 8;

/**
 * Questions that this archive can answer, from its own frequent labels.
 * @param {Suggestion[]} labels
 * @returns {string[]}
 */
export function examples(labels) {
  const of = (/** @type {string} */ type) => labels.filter((s) => s.type === type && /^[\p{L}\p{N} .'-]+$/u.test(s.text));
  const [people, places, things] = [of('CHARACTER_SEARCH'), of('SCENE_SEARCH'), of('OBJECT_SEARCH')];
  const [who, other] = [people[0]?.text, people[1]?.text];
  const [where, what] = [places[0]?.text, things[0]?.text];
  const out = [];
  if (who) out.push(who);
  if (who && where) out.push(`${who} in the ${where}`);
  if (other && what) out.push(`${other} with the ${what}`);
  if (who && other) out.push(`${who} without ${other}`, `${who} then ${other} within 10 seconds`, `${who} top 1 per episode`);
  if (!who && where) out.push(where);
  if (!who && what) out.push(what);
  if (out.length === 0) out.push(...labels.slice(0, 3).map((s) => s.text));
  return out;
}

/** A film's whole length as a moment: opening it shows the film with its transcript. @param {Asset} asset */
export const whole = (asset) => ({ asset_id: asset.asset_id, start_ns: 0, end_ns: asset.duration_ns ?? 0 });

/** @param {App} app @param {Asset} asset */
function poster(app, asset) {
  const { name, code, rest } = nameOf(asset);
  const pic = h('span', { class: 'pic' }, h('span', { class: 'slate', 'aria-hidden': 'true' }));
  const img = h('img', {
    alt: '',
    loading: 'lazy',
    decoding: 'async',
    src: still(asset.asset_id, Math.round((asset.duration_ns ?? 0) * POSTER_AT), POSTER_HEIGHT),
    onload: () => img.classList.add('there'),
    onerror: () => img.remove(),
  });
  pic.append(img);
  const open = () => app.go({ q: '', plan: { any: [{ type: 'SHOT' }, { type: 'DIALOGUE_SEARCH' }], scope: { assets: [asset.asset_id] }, rank_by: 'start', max_span: FILM_SPAN_S }, at: whole(asset) }, 'push');
  return h(
    'li',
    {},
    h(
      'button',
      { type: 'button', class: 'poster', title: [name, code, rest].filter(Boolean).join(' '), onclick: open },
      pic,
      h('span', { class: 'poster-name' }, h('bdi', {}, name)),
      h('span', { class: 'fine' }, code && h('span', { class: 'card-code' }, `${code} `), rest && h('bdi', {}, `${rest} `), asset.duration_ns !== undefined && length(asset.duration_ns)),
    ),
  );
}

/** @param {string} title @param {Node[]} items @param {string} kind */
const part = (title, items, kind = 'known') =>
  items.length > 0 && h('section', { class: kind }, h('h3', {}, title), h('ul', {}, items));

/** @param {import('./store.js').Asked} asked */
const askedBefore = ({ says, hash }) => h('li', {}, h('a', { class: 'known-label', href: `#${hash}` }, h('bdi', {}, says)));

/** @param {App} app @param {Suggestion[]} labels @param {string} type */
const known = (app, labels, type) =>
  h(
    'section',
    { class: 'known' },
    h('h3', {}, h('span', { class: `dot tone-${typeTone(type)}` }), capital(typeName(type))),
    h(
      'ul',
      {},
      labels
        .filter((s) => s.type === type)
        .slice(0, LABELS_MAX)
        .map((s) => h('li', {}, h('button', { type: 'button', class: 'known-label', onclick: () => app.go({ q: '', plan: { all: [{ type: s.type, label: s.text }] }, at: null }, 'push') }, h('bdi', {}, s.text), h('span', {}, s.count.toLocaleString())))),
    ),
  );

/** @param {App} app @param {Element} place */
export async function welcome(app, place) {
  const shell = h('div', { class: 'welcome' }, h('p', { class: 'lead' }, 'Type who, where and what is said, and get the exact seconds.'));
  fill(place, shell);
  try {
    const [{ suggestions }, status, { assets, next }] = await Promise.all([
      /** @type {Promise<{suggestions: Suggestion[]}>} */ (json(`/v1/suggest?q=&limit=${LABELS_ASKED}`)),
      /** @type {Promise<Status>} */ (json('/v1/status')),
      /** @type {Promise<{assets: Asset[], next: string | null}>} */ (json(`/v1/assets?limit=${FILMS_MAX}`)),
    ]);
    if (!shell.isConnected) return;
    if (status.store.annotations === 0) {
      shell.append(
        h('p', {}, 'This archive is empty. Bring in a folder of video and subtitles, or what models wrote:'),
        h('pre', {}, 'rushes ingest FOLDER\nrushes ingest --wait annotations.jsonl'),
      );
      return;
    }
    const labels = suggestions.filter((s) => !['TITLE', 'WORD'].includes(s.type));
    const tries = examples(labels).map((q) => h('button', { type: 'button', class: 'try', onclick: () => app.go({ q, plan: {}, at: null }, 'push') }, q));
    shell.append(
      h('div', { class: 'tries' }, tries),
      ...[
        part('Saved', questions('saved').slice(0, ASKED_MAX).map(askedBefore)),
        part(next ? `The first ${FILMS_MAX} films` : many(assets.length, 'film'), assets.map((a) => poster(app, a)), 'films'),
      ].filter((n) => n instanceof HTMLElement),
      ...[...new Set(labels.map((s) => s.type))].map((type) => known(app, labels, type)),
      h('p', { class: 'fine' }, `${status.store.assets.toLocaleString()} assets, ${status.store.annotations.toLocaleString()} annotations. Quotes are dialogue: “could you pass the salt”. Press ? for all keys.`),
    );
  } catch {
    // The start page does without: what is wrong is said where something is asked.
  }
}
