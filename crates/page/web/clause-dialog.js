// One clause, to be changed by hand or added.

import { GROUPS, TYPES, replaced, typeName, unresolved, withClause, without } from './clauses.js';
import { byId, choice, fill, h } from './dom.js';

/** @type {[value: string, says: string][]} */
const TESTS = [
  ['label', 'is (a whole name)'],
  ['text', 'has the words'],
  ['phrase', 'says, in a row'],
  ['vector', 'looks or sounds like'],
  ['any', 'anything'],
];

/** @type {[value: string, says: string][]} */
const GROUP_CHOICES = [
  ['all', 'must be there'],
  ['any', 'one of these is enough'],
  ['none', 'must not be there'],
];

/** What of a clause each test keeps. @type {{[test: string]: string[]}} */
const KEEPS = { text: ['fuzziness', 'prefix', 'analysed', 'operator'], phrase: ['fuzziness', 'prefix', 'analysed', 'slop'] };

/** @param {Clause} clause */
const testOf = (clause) => ['label', 'text', 'phrase', 'vector'].find((t) => clause[t] !== undefined) ?? 'any';

/** @param {Clause} clause */
const wordsOf = (clause) => clause.label ?? clause.text ?? clause.phrase ?? clause.vector?.text ?? '';

/**
 * Another test for the same words; what does not fit it goes.
 * @param {Clause} clause @param {string} test @param {string} words
 * @returns {Clause}
 */
export function retested(clause, test, words) {
  /** @type {Clause} */
  const next = {};
  const own = ['label', 'text', 'phrase', 'vector', 'fuzziness', 'prefix', 'analysed', 'operator', 'slop'];
  for (const [key, value] of Object.entries(clause)) {
    if (!own.includes(key) || (KEEPS[test] ?? []).includes(key)) next[key] = value;
  }
  if (test === 'vector') next.vector = clause.vector && !clause.vector.text ? clause.vector : { ...clause.vector, text: words };
  else if (test !== 'any') next[test] = words;
  return next;
}

/** @param {App} app @returns {(place: Place | null) => void} */
export function clauseDialog(app) {
  const dialog = byId('clause-dialog', HTMLDialogElement);
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());

  return (place) => {
    /** @type {Clause} */
    let clause = place ? unresolved(place.clause) : { type: 'CHARACTER_SEARCH', label: '' };
    let group = place?.group ?? 'all';
    const set = (/** @type {Clause} */ change) => {
      clause = Object.fromEntries(Object.entries({ ...clause, ...change }).filter(([, v]) => v !== undefined));
    };
    const done = () => {
      // A clause without words asks for nothing, and breaks the question.
      if (!words.hidden && words.value.trim() === '') {
        words.focus();
        return;
      }
      app.edit((plan) => (place ? replaced(plan, place, clause, group) : withClause(plan, group, clause)));
      dialog.close();
    };
    const types = TYPES.some(([type]) => type === clause.type) || !clause.type ? TYPES : [...TYPES, /** @type {[string, string]} */ ([clause.type, typeName(clause.type)])];
    const words = h('input', {
      type: 'text',
      value: wordsOf(clause),
      'aria-label': 'Words',
      required: true,
      autocomplete: 'off',
      oninput: () => (clause = retested(clause, testOf(clause), words.value)),
    });
    const details = h('div', { class: 'form-rows' });
    const draw = () => {
      const test = testOf(clause);
      words.hidden = test === 'any' || (test === 'vector' && clause.vector?.text === undefined);
      fill(details, wordOptions(test, clause, set), test === 'vector' && vectorOptions(clause, set));
    };
    const form = h(
      'form',
      {
        method: 'dialog',
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          done();
        },
      },
      h('h2', { id: 'clause-title' }, place ? 'Change clause' : 'Add clause'),
      h(
        'div',
        { class: 'form-rows' },
        choice('Type', [['', 'Any type'], ...types], clause.type ?? '', (type) => set({ type: type || undefined })),
        choice('Test', TESTS, testOf(clause), (test) => {
          clause = retested(clause, test, words.value);
          draw();
        }),
        words,
      ),
      details,
      h(
        'div',
        { class: 'form-rows' },
        choice('Group', GROUP_CHOICES, group, (value) => (group = GROUPS.find((g) => g === value) ?? 'all')),
        number('Confidence at least', clause.min_confidence, 0, 1, 0.05, (v) => set({ min_confidence: v })),
        number('Weight', clause.weight, 0, 100, 0.5, (v) => set({ weight: v })),
      ),
      h(
        'div',
        { class: 'form-end' },
        place && h('button', { type: 'button', class: 'quiet danger', onclick: () => (app.edit((plan) => without(plan, place)), dialog.close()) }, 'Remove'),
        h('span', { class: 'gap' }),
        h('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'Cancel'),
        h('button', { type: 'submit', class: 'primary' }, place ? 'Change' : 'Add'),
      ),
    );
    fill(dialog, form);
    draw();
    dialog.showModal();
    if (!words.hidden) words.select();
  };
}

/** @param {string} test @param {Clause} clause @param {(change: Clause) => void} set */
function wordOptions(test, clause, set) {
  if (test !== 'text' && test !== 'phrase') return [];
  return [
    choice('Typos', [['0', 'None'], ['auto', 'By length'], ['1', 'One a word'], ['2', 'Two a word']], String(clause.fuzziness ?? 0), (v) =>
      set({ fuzziness: v === '0' ? undefined : v === 'auto' ? v : Number(v) }),
    ),
    test === 'phrase' && number('Slop (moves of words)', clause.slop, 0, 50, 1, (v) => set({ slop: v })),
    test === 'text' && choice('Words', [['and', 'All of them'], ['or', 'One is enough']], clause.operator ?? 'and', (v) => set({ operator: v === 'or' ? v : undefined })),
    choice('Forms', [['', test === 'text' ? 'Any form' : 'As written'], test === 'text' ? ['false', 'As written'] : ['true', 'Any form']], clause.analysed === undefined ? '' : String(clause.analysed), (v) =>
      set({ analysed: v === '' ? undefined : v === 'true' }),
    ),
  ];
}

/** @param {Clause} clause @param {(change: Clause) => void} set */
function vectorOptions(clause, set) {
  const change = (/** @type {Partial<Vector>} */ part) => set({ vector: /** @type {Vector} */ (clean({ ...clause.vector, ...part })) });
  return [
    choice('Search', [['', 'Fast'], ['exact', 'Exact']], clause.vector?.exact ? 'exact' : '', (v) => change({ exact: v === 'exact' || undefined })),
    choice('Metric', [['', 'Of the space'], ['cosine', 'Cosine'], ['l2', 'Euclidean']], clause.vector?.metric ?? '', (v) => change({ metric: v || undefined })),
    number('Neighbours', clause.vector?.k, 1, 10_000, 1, (k) => change({ k })),
    number('Cosine at least', clause.vector?.min_similarity, -1, 1, 0.05, (v) => change({ min_similarity: v })),
  ];
}

/** @param {{[key: string]: unknown}} object */
const clean = (object) => Object.fromEntries(Object.entries(object).filter(([, v]) => v !== undefined));

/**
 * @param {string} label @param {number | undefined} value @param {number} min @param {number} max @param {number} step
 * @param {(value: number | undefined) => void} change
 */
function number(label, value, min, max, step, change) {
  const input = h('input', {
    type: 'number',
    min,
    max,
    step,
    value: value ?? '',
    oninput: () => change(input.value === '' ? undefined : Number(input.value)),
  });
  return h('label', { class: 'field' }, h('span', {}, label), input);
}
