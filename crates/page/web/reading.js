// The line over the moments: how else the question could be meant, what to know of the answer, and how it was read.

import { describe, placesOf, typeName } from './clauses.js';
import { byId, capital, fill, h, panel } from './dom.js';
import { inPeoplesWords, matters, plain } from './warnings.js';

/** @type {{[path: string]: string}} */
const PATHS = { label: 'by its name', phrase: 'as said, word for word', words: 'by its words', vector: 'by meaning', type: 'all of them' };

/** @param {App} app */
export function reading(app) {
  const place = byId('notes', HTMLDivElement);
  const more = h('button', { type: 'button', class: 'quiet notes-more' }, 'How it was read');
  const line = h('div', { class: 'notes-line' });
  fill(place, line, more);
  /** The question that a click turned over, and what it became. @type {{before: State, hash: string} | null} */
  let turned = null;
  /** @type {Answer | null} */
  let answer = null;
  const explained = panel(more, 'How the question was read', (box) => answer && fill(box, ...explain(answer)));

  /** @param {Answer} next */
  function turn(next) {
    const { alternative } = next.understood ?? {};
    if (!alternative) {
      if (!turned || turned.hash !== location.hash) return null;
      const { before } = turned;
      return h('button', { type: 'button', class: 'quiet', onclick: () => app.go(before, 'push') }, 'Back to the first reading');
    }
    const over = () => {
      const before = app.state;
      app.go({ q: '', plan: alternative.plan, at: before.at }, 'push');
      turned = { before, hash: location.hash };
    };
    return h('button', { type: 'button', class: 'quiet turn', title: 'Read the question the other way', onclick: over }, h('span', {}, 'Or is it: '), alternative.meaning);
  }

  return {
    /** @param {Answer | null} next */
    show(next) {
      answer = next;
      more.hidden = !next?.understood && (next?.warnings.length ?? 0) === 0;
      if (!next) {
        explained.close();
        fill(line);
        return;
      }
      const said = next.moments.length > 0 ? next.warnings.filter(matters) : [];
      fill(
        line,
        turn(next),
        said.slice(0, 1).map((w) => h('span', { class: 'note', title: inPeoplesWords(next.plan, w), dataset: { code: w.code } }, capital(inPeoplesWords(next.plan, w)))),
        said.length > 1 && h('span', { class: 'note-count' }, `+${said.length - 1}`),
      );
      explained.redraw();
    },
  };
}

/** @param {string} title @param {Node[]} items */
const list = (title, items) => (items.length > 0 ? [h('h3', {}, title), h('ul', { class: 'told' }, items)] : []);

/** How a question was read, route by route. @param {Answer} answer @returns {Node[]} */
function explain({ plan, understood, warnings, clauses }) {
  const { route = [], filters = [], vectors = [] } = understood?.preparation ?? {};
  const named = (/** @type {string} */ pointer) => {
    const found = placesOf(plan).find((p) => p.pointer === pointer);
    return found ? `${typeName(found.clause.type) || 'anything'} ${describe(found.clause).says}` : pointer;
  };
  const hits = new Map(clauses.map((c) => [c.clause, c.hits]));
  const found = (/** @type {string} */ pointer) => (hits.has(pointer) ? ` – ${(hits.get(pointer) ?? 0).toLocaleString()} found` : '');
  const item = (/** @type {string} */ head, /** @type {string} */ rest) => h('li', {}, h('strong', {}, head), ` ${rest}`);
  return [
    ...list('Known by name', filters.map((f) => item(f.text, plain(f.meaning)))),
    ...list('Looked for', route.map((r) => item(named(r.pointer), `${PATHS[r.path] ?? r.path}: ${plain(r.why)}${found(r.pointer)}`))),
    ...list('By meaning', vectors.map((v) => item(v.text, `in ${v.space}${v.encoder ? `, with ${v.encoder}` : ''}`))),
    ...list('To know', warnings.map((w) => h('li', { dataset: { code: w.code } }, capital(inPeoplesWords(plan, w)), ' ', h('code', { class: 'fine' }, w.code)))),
  ];
}
