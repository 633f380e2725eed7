// What stands where moments would: the welcome, no moments and why, a problem and what to do.

import { Problem, json } from './api.js';
import { describe, placesOf, replaced, sentence, told, typeName, typeTone, unresolved, without } from './clauses.js';
import { fill, h } from './dom.js';

/** Labels of each type that the welcome shows. */
const LABELS_MAX = 8;
/** Labels that are asked for. */
const LABELS_ASKED = 50;

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {App} app @param {string} q */
const tryIt = (app, q) =>
  h('button', { type: 'button', class: 'try', onclick: () => app.go({ q, plan: {}, at: null }, 'push') }, q);

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

/** @param {App} app @param {Element} place */
export async function welcome(app, place) {
  const shell = h('div', { class: 'welcome' }, h('p', { class: 'lead' }, 'Type who, where and what is said, and get the exact seconds.'));
  fill(place, shell);
  try {
    const [{ suggestions }, status] = await Promise.all([
      /** @type {Promise<{suggestions: Suggestion[]}>} */ (json(`/v1/suggest?q=&limit=${LABELS_ASKED}`)),
      /** @type {Promise<Status>} */ (json('/v1/status')),
    ]);
    if (!shell.isConnected) return;
    if (status.store.annotations === 0) {
      shell.append(
        h('p', {}, 'This archive is empty. Bring in a folder of video and subtitles, or what models wrote:'),
        h('pre', {}, 'rushes ingest FOLDER\nrushes ingest --wait annotations.jsonl'),
      );
      return;
    }
    const types = [...new Set(suggestions.map((s) => s.type))];
    shell.append(
      h('div', { class: 'tries' }, examples(suggestions).map((q) => tryIt(app, q))),
      ...types.map((type) =>
        h(
          'section',
          { class: 'known' },
          h('h3', {}, h('span', { class: `dot tone-${typeTone(type)}` }), capital(typeName(type))),
          h(
            'ul',
            {},
            suggestions
              .filter((s) => s.type === type)
              .slice(0, LABELS_MAX)
              .map((s) => h('li', {}, h('button', { type: 'button', class: 'known-label', onclick: () => app.go({ q: '', plan: { all: [{ type: s.type, label: s.text }] }, at: null }, 'push') }, s.text, h('span', {}, s.count.toLocaleString())))),
          ),
        ),
      ),
      h('p', { class: 'fine' }, `${status.store.assets.toLocaleString()} assets, ${status.store.annotations.toLocaleString()} annotations. Quotes are dialogue: “could you pass the salt”. Press ? for all keys.`),
    );
  } catch {
    // The welcome does without: what is wrong is said where something is asked.
  }
}

/**
 * Why there is nothing, and what could be done.
 * @param {App} app @param {Answer} answer
 */
export function noMoments(app, answer) {
  const places = placesOf(answer.plan);
  const hits = new Map(answer.clauses.map((c) => [c.clause, c.hits]));
  const lost = places.filter((p) => p.group !== 'none' && hits.get(p.pointer) === 0);
  const notes = answer.warnings.filter((w) => w.code !== 'no_match').map((w) => told(answer.plan, w));
  const needed = places.filter((p) => p.group === 'all');
  const apart = lost.length === 0 && needed.length > 1;
  return h(
    'div',
    { class: 'nothing' },
    lost.length > 0 && h('p', {}, lost.length === places.length ? 'Nothing in the archive matches.' : 'A part of the question matches nothing in the archive:'),
    h('ul', { class: 'reasons' }, lost.map((place) => reason(app, place, places.length))),
    apart && h('p', {}, 'Each part is found, but never at the same time.'),
    apart &&
      h('div', { class: 'mends' }, h('button', { type: 'button', class: 'quiet', onclick: () => app.edit((plan) => ({ ...plan, all: [], any: [...(plan.any ?? []), ...(plan.all ?? [])] })) }, 'Any of them')),
    (answer.plan.min_confidence ?? 0) > 0 &&
      h('div', { class: 'mends' }, h('button', { type: 'button', class: 'quiet', onclick: () => app.edit((plan) => ({ ...plan, min_confidence: 0 })) }, 'Any confidence')),
    notes.length > 0 && h('ul', { class: 'told' }, notes.map((message) => h('li', {}, capital(message)))),
  );
}

/** @param {App} app @param {Place} place @param {number} count */
function reason(app, place, count) {
  const clause = unresolved(place.clause);
  const words = clause.label ?? clause.text ?? clause.phrase;
  const loose = words !== undefined && clause.fuzziness === undefined;
  const typos = () => {
    const { label, ...rest } = clause;
    return label === undefined ? { ...rest, fuzziness: 'auto' } : { ...rest, text: label, fuzziness: 'auto' };
  };
  return h(
    'li',
    {},
    h('span', { class: `tag tone-${typeTone(clause.type)}`, title: sentence(clause) }, describe(clause).says),
    h('span', {}, sentence(clause)),
    loose && h('button', { type: 'button', class: 'quiet', onclick: () => app.edit((plan) => replaced(plan, place, typos())) }, 'Allow typos'),
    count > 1 && h('button', { type: 'button', class: 'quiet', onclick: () => app.edit((plan) => without(plan, place)) }, 'Leave it out'),
  );
}

/**
 * A problem, in words.
 * @param {App} app @param {unknown} error
 */
export function problemBox(app, error) {
  const document = error instanceof Problem ? error.document : { status: 0, title: 'the page made a mistake', detail: String(error) };
  const { title, detail, mend, pointer, instance, status } = document;
  const place = pointer ? placesOf(app.state.plan).find((p) => pointer.startsWith(p.pointer)) : undefined;
  return h(
    'div',
    { class: 'problem', role: 'alert' },
    h('h3', {}, capital(title ?? 'Something went wrong')),
    h('p', {}, capital(detail ?? '')),
    mend && mend !== detail && !(detail ?? '').includes(mend) && h('p', { class: 'mend' }, capital(mend)),
    place && h('p', {}, 'It is about: ', h('strong', {}, sentence(place.clause))),
    h(
      'div',
      { class: 'mends' },
      place && h('button', { type: 'button', class: 'quiet', onclick: () => app.edit((plan) => without(plan, place)) }, 'Leave it out'),
      h('button', { type: 'button', class: 'quiet', onclick: () => app.refresh() }, 'Try again'),
    ),
    instance && status >= 500 && h('p', { class: 'fine' }, instance),
  );
}
