// What stands where moments would: no moments, why, and what would find something; a problem and what to do.

import { Problem } from './api.js';
import { describe, placesOf, replaced, sentence, typeTone, unresolved, without, written } from './clauses.js';
import { capital, h, many } from './dom.js';
import { inPeoplesWords, matters, plain } from './warnings.js';

/**
 * Why there is nothing, and what could be done.
 * @param {App} app @param {Answer} answer
 */
export function noMoments(app, answer) {
  const places = placesOf(answer.plan);
  const hits = new Map(answer.clauses.map((c) => [c.clause, c.hits]));
  const lost = places.filter((p) => p.group !== 'none' && hits.get(p.pointer) === 0);
  const notes = answer.warnings.filter(matters);
  const remedies = answer.remedies ?? [];
  const needed = places.filter((p) => p.group === 'all');
  const apart = lost.length === 0 && needed.length > 1;
  return h(
    'div',
    { class: 'nothing' },
    remedies.length > 0 && h('p', {}, 'Nothing is exactly that. This is there:'),
    remedies.length > 0 && h('ul', { class: 'remedies' }, remedies.map((remedy) => offer(app, remedy))),
    lost.length > 0 && h('p', {}, lost.length === places.length ? 'Nothing in the archive matches.' : 'A part of the question matches nothing in the archive:'),
    h('ul', { class: 'reasons' }, lost.map((place) => reason(app, place, places.length))),
    apart && remedies.length === 0 && h('p', {}, 'Each part is found, but never at the same time.'),
    apart &&
      h('div', { class: 'mends' }, h('button', { type: 'button', class: 'quiet', onclick: () => app.edit((plan) => ({ ...plan, all: [], any: [...(plan.any ?? []), ...(plan.all ?? [])] })) }, 'Any of them')),
    (answer.plan.min_confidence ?? 0) > 0 &&
      h('div', { class: 'mends' }, h('button', { type: 'button', class: 'quiet', onclick: () => app.edit((plan) => ({ ...plan, min_confidence: 0 })) }, 'Any confidence')),
    notes.length > 0 && h('ul', { class: 'told' }, notes.map((w) => h('li', { dataset: { code: w.code } }, capital(inPeoplesWords(answer.plan, w))))),
  );
}

/** What would find something. @param {App} app @param {Remedy} remedy */
const offer = (app, { message, total, plan }) =>
  h(
    'li',
    {},
    h('button', { type: 'button', class: 'quiet', onclick: () => app.go({ q: '', plan: written(plan), at: app.state.at }, 'push') }, capital(message)),
    h('span', { class: 'fine' }, many(total, 'moment')),
  );

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

/** What a refusal means to who asked. @type {{[status: number]: string}} */
const TITLES = {
  0: 'The server does not answer',
  400: 'This cannot be asked yet',
  401: 'Please log in',
  403: 'You may not see this',
  413: 'This asks for more than one question may',
  422: 'This cannot be asked yet',
  429: 'The server is busy',
  503: 'The server is not ready',
};

/**
 * A problem, in words: a title, and what to do.
 * @param {App} app @param {unknown} error
 */
export function problemBox(app, error) {
  const document = error instanceof Problem ? error.document : { status: -1, title: 'the page made a mistake', detail: String(error) };
  const { title, detail, mend, pointer, instance, status } = document;
  const place = pointer ? placesOf(app.state.plan).find((p) => pointer.startsWith(p.pointer)) : undefined;
  const box = h(
    'div',
    { class: status === 0 ? 'problem gone' : 'problem', role: 'alert' },
    status === 0
      ? h('p', {}, 'The question is asked again by itself as soon as the server is back.')
      : h('p', {}, capital(plain(detail ?? title ?? ''))),
    status !== 0 && mend && mend !== detail && !(detail ?? '').includes(mend) && h('p', { class: 'mend' }, capital(plain(mend))),
    place && h('p', {}, 'It is about: ', h('strong', {}, sentence(place.clause))),
    h(
      'div',
      { class: 'mends' },
      place && h('button', { type: 'button', class: 'quiet', onclick: () => app.edit((plan) => without(plan, place)) }, 'Leave it out'),
      h('button', { type: 'button', class: 'quiet', onclick: () => app.refresh() }, 'Try again'),
    ),
    instance && status >= 500 && h('p', { class: 'fine' }, instance),
  );
  return { title: TITLES[status] ?? capital(title ?? 'Something went wrong'), box };
}
