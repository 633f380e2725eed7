// The plan under the search box, in one row of one height: every clause a chip, then how moments are grouped, sorted and
// shown; what only experts set is in a panel.

import { clauseDialog } from './clause-dialog.js';
import { describe, hasVector, limitsOf, placesOf, sentence, typeTone, withClause, withVectors, without } from './clauses.js';
import { byId, choice, fill, h, keepFocus, panel, segmented } from './dom.js';
import { planDialog } from './dialogs.js';
import { icon } from './icons.js';
import { encode, inWords, isQuestion } from './request.js';
import { questions, recall, remember, toggleSaved } from './store.js';

/** @type {[value: string, says: string][]} */
const GROUPINGS = [
  ['', 'No groups'],
  ['movie', 'Title'],
  ['season', 'Season'],
  ['episode', 'Episode'],
  ['season,episode', 'Season, episode'],
  ['asset', 'Asset'],
  ['collection', 'Collection'],
];

const VIEW_KEY = 'rushes-view';

/** @type {[value: string, says: string][]} */
const SORTS = [
  ['score', 'Best first'],
  ['start', 'In order'],
  ['latest', 'Latest first'],
  ['duration', 'Longest first'],
  ['shortest', 'Shortest first'],
];

const GROUP_WORDS = { all: 'all of', any: 'any of', none: 'none of' };

/** @param {App} app */
export function planBar(app) {
  const chips = byId('chips', HTMLDivElement);
  const options = byId('options', HTMLDivElement);
  const openClause = clauseDialog(app);
  const openPlan = planDialog(app);
  const advanced = h('button', { type: 'button', class: 'quiet' }, 'Advanced');
  const choices = h('span', { class: 'options-part' });
  const save = h('button', { type: 'button', class: 'mini', onclick: keepQuestion });
  fill(options, choices, save, advanced);
  const expert = panel(advanced, 'Advanced', (box) => fill(box, ...experts(planNow())));
  document.body.dataset.view = recall(VIEW_KEY) ?? 'cards';

  /** The plan of the answer, or of the state where there is none yet, with the options as they were set. */
  const planNow = () => ({ ...(app.answer?.plan ?? app.state.plan), ...optionsOf(app.state.plan) });
  const edit = (/** @type {Plan} */ set) => app.go({ ...app.state, plan: cleaned({ ...app.state.plan, ...set }) }, 'push');

  function keepQuestion() {
    const isKept = toggleSaved({ says: inWords(app.state), hash: encode({ ...app.state, at: null }) });
    app.note(isKept ? 'Saved: it stands on the start page' : 'Not saved any more');
    drawSave();
  }

  function drawSave() {
    const isKept = questions('saved').some((a) => a.hash === encode({ ...app.state, at: null }));
    fill(save, icon(isKept ? 'kept' : 'save'));
    save.title = isKept ? 'Give up this saved search' : 'Save this search';
    save.setAttribute('aria-label', save.title);
    save.setAttribute('aria-pressed', String(isKept));
  }

  /** @param {Place} place @param {boolean} byWords */
  function chip(place, byWords) {
    const { type, verb, says, extras } = describe(place.clause);
    const drop = () => app.edit((plan) => without(plan, place));
    return h(
      'span',
      { class: `chip tone-${typeTone(place.clause.type)} ${place.group === 'none' ? 'chip-none' : ''}`, role: 'listitem' },
      h(
        'button',
        {
          type: 'button',
          class: 'chip-main',
          title: byWords ? 'From your words; change it to make it a clause of its own' : 'Change this clause',
          dataset: { pointer: place.pointer },
          onclick: () => openClause(place),
          onkeydown: (/** @type {KeyboardEvent} */ event) => {
            if (event.key === 'Delete' || event.key === 'Backspace') drop();
          },
        },
        place.group !== 'all' && h('span', { class: 'visually-hidden' }, `${GROUP_WORDS[place.group]}: `),
        h('span', { class: 'chip-type' }, type),
        verb !== 'is' && verb !== '' && h('span', { class: 'chip-verb' }, verb),
        h('bdi', { class: 'chip-says' }, says),
        extras.map((extra) => h('span', { class: 'chip-extra' }, extra)),
      ),
      h(
        'button',
        { type: 'button', class: 'chip-drop', title: 'Remove', 'aria-label': `Remove ${sentence(place.clause)}`, onclick: drop },
        icon('clear'),
      ),
    );
  }

  /** Where and how is looked. @param {{says: string, without: (plan: Plan) => Plan}} part */
  const limit = ({ says, without: rest }) =>
    h(
      'span',
      { class: 'chip chip-limit tone-plain', role: 'listitem' },
      h('span', { class: 'chip-main' }, says),
      h('button', { type: 'button', class: 'chip-drop', title: 'Remove', 'aria-label': `Remove ${says}`, onclick: () => app.edit(rest) }, icon('clear')),
    );

  /** Where nothing is asked yet: what was asked before. */
  function drawRecent() {
    const recent = questions('recent');
    const chip = (/** @type {import('./store.js').Asked} */ { says, hash }) => h('a', { class: 'chip chip-limit tone-plain', href: `#${hash}` }, h('bdi', { class: 'chip-main' }, says));
    fill(chips, recent.length > 0 && h('span', { class: 'chip-group', role: 'listitem' }, 'Recent'), recent.map((asked) => h('span', { role: 'listitem' }, chip(asked))));
    chips.parentElement?.toggleAttribute('data-empty', recent.length === 0);
  }

  /** @param {Plan} plan */
  function drawChips(plan) {
    const places = placesOf(plan);
    const fixed = new Set(placesOf(app.state.plan).map((p) => p.pointer));
    const out = [];
    let before = '';
    for (const place of places) {
      const key = `${place.step} ${place.group}`;
      if (key !== before) {
        const step = place.step > 0 && before.split(' ')[0] !== String(place.step);
        const within = step ? (plan.then ?? [])[place.step - 1]?.within : undefined;
        if (step) out.push(h('span', { class: 'chip-step', role: 'listitem' }, within === undefined ? 'then' : `then within ${within} s`));
        if (place.group !== 'all') out.push(h('span', { class: 'chip-group', role: 'listitem' }, GROUP_WORDS[place.group]));
        before = key;
      }
      out.push(chip(place, !fixed.has(place.pointer)));
    }
    const limits = limitsOf(plan);
    out.push(...limits.map(limit));
    fill(chips, out);
    chips.parentElement?.toggleAttribute('data-empty', out.length === 0);
  }

  /** @param {Plan} plan */
  function drawOptions(plan) {
    const grouping = (plan.group_by ?? []).join(',');
    const known = GROUPINGS.some(([value]) => value === grouping);
    const order = typeof plan.rank_by === 'string' ? plan.rank_by : plan.rank_by ? 'attribute' : 'score';
    const sorts = SORTS.some(([value]) => value === order) ? SORTS : [...SORTS, /** @type {[string, string]} */ ([order, 'By attribute'])];
    fill(
      choices,
      choice(
        'Group',
        known ? GROUPINGS : [...GROUPINGS, [grouping, grouping]],
        grouping,
        (value) => edit({ group_by: value ? value.split(',') : undefined, top: undefined }),
      ),
      grouping !== '' && top(plan, (value) => edit({ top: value })),
      choice('Sort', sorts, order, (value) => value !== 'attribute' && edit({ rank_by: value === 'score' ? undefined : value })),
      choice('View', [['cards', 'Cards'], ['list', 'List']], document.body.dataset.view ?? 'cards', (value) => {
        document.body.dataset.view = value;
        remember(VIEW_KEY, value);
      }),
    );
    drawSave();
  }

  /** What only experts set. @param {Plan} plan @returns {Node[]} */
  const experts = (plan) => [
    segmented(
      'What a moment spans',
      [
        ['intersection', 'Overlap', 'Exactly where everything meets'],
        ['union', 'Whole', 'The whole of what met'],
      ],
      plan.mode ?? 'intersection',
      (mode) => edit({ mode: mode === 'union' ? mode : undefined }),
    ),
    confidence(plan.min_confidence ?? 0, (value) => edit({ min_confidence: value || undefined })),
    ...(hasVector(plan) ? [vectorOptions(plan)] : []),
    h(
      'div',
      { class: 'form-end' },
      h('button', { type: 'button', class: 'quiet', onclick: () => (expert.close(), openClause(null)) }, icon('add'), 'Clause'),
      h('button', { type: 'button', class: 'quiet', onclick: () => (expert.close(), openPlan()) }, icon('braces'), 'JSON'),
    ),
  ];

  /** @param {Plan} plan */
  function vectorOptions(plan) {
    const vectors = placesOf(plan).flatMap(({ clause }) => (clause.vector ? [clause.vector] : []));
    const exact = vectors.every((v) => v.exact);
    const metric = vectors.every((v) => v.metric === vectors[0]?.metric) ? (vectors[0]?.metric ?? '') : '';
    const set = (/** @type {Partial<Vector>} */ change) => app.edit((p) => withVectors(p, change));
    return h(
      'span',
      { class: 'options-part' },
      segmented(
        'Nearest neighbours',
        [
          ['exact', 'Exact', 'The mathematically nearest, always'],
          ['near', 'Fast', 'Approximate is allowed; the answer says which was used'],
        ],
        exact ? 'exact' : 'near',
        (value) => set({ exact: value === 'exact' }),
      ),
      choice('Metric', [['', 'Of the space'], ['cosine', 'Cosine'], ['l2', 'Euclidean']], metric, (value) =>
        set({ metric: value || undefined }),
      ),
    );
  }

  return {
    /** Draws the plan of the answer, or of the state where there is none yet. */
    show() {
      keepFocus(chips, () => (isQuestion(app.state) ? drawChips(app.answer?.plan ?? app.state.plan) : drawRecent()));
      keepFocus(choices, () => drawOptions(planNow()));
      expert.redraw();
    },
    /** Adds a clause. @param {GroupName} group @param {Clause} clause */
    add: (group, clause) => app.edit((plan) => withClause(plan, group, clause)),
  };
}

/** The options of a plan, without its clauses. @param {Plan} plan @returns {Plan} */
function optionsOf({ mode, min_confidence, group_by, top, rank_by }) {
  return cleaned({ mode, min_confidence, group_by, top, rank_by });
}

/** Without what is undefined: so it stays out of addresses. @param {Plan} plan @returns {Plan} */
const cleaned = (plan) => Object.fromEntries(Object.entries(plan).filter(([, value]) => value !== undefined));

/** @param {number} value @param {(value: number) => void} change */
function confidence(value, change) {
  const percent = Math.round(value * 100);
  const shown = h('output', {}, percent > 0 ? `${percent} %` : 'any');
  const range = h('input', {
    type: 'range',
    min: '0',
    max: '95',
    step: '5',
    value: String(percent),
    oninput: () => fill(shown, Number(range.value) > 0 ? `${range.value} %` : 'any'),
    onchange: () => change(Number(range.value) / 100),
  });
  return h('label', { class: 'field' }, h('span', {}, 'Confidence'), range, shown);
}

/** @param {Plan} plan @param {(value: number | (number | null)[] | undefined) => void} change */
function top(plan, change) {
  const value = typeof plan.top === 'number' ? String(plan.top) : '';
  return choice(
    'Top',
    [['', 'All'], ['1', '1'], ['3', '3'], ['5', '5'], ['10', '10'], ...(['', '1', '3', '5', '10'].includes(value) ? [] : [/** @type {[string, string]} */ ([value, value])])],
    value,
    (number) => change(number ? Number(number) : undefined),
  );
}
