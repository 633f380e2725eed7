import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as clauses from '../../web/clauses.js';
import { decode, encode, inWords, isQuestion, pinned, readPlan, requestAround, requestOf, sameMoment } from '../../web/request.js';
import { retested } from '../../web/clause-dialog.js';

const MARA = { type: 'CHARACTER_SEARCH', label: 'Mara' };
const FOG = { type: 'DIALOGUE_SEARCH', phrase: 'the fog', slop: 2 };
const PLAN = { all: [MARA], none: [{ label: 'Otto' }], then: [{ all: [FOG], within: 30 }], mode: 'union' };

test('clauses are found in every group and step', () => {
  const places = clauses.placesOf(PLAN);
  assert.deepEqual(places.map((p) => p.pointer), ['/all/0', '/none/0', '/then/0/all/0']);
  assert.deepEqual(clauses.placesOf({}), []);
});

test('a change gives a new plan and leaves the old one', () => {
  const [mara, otto, fog] = clauses.placesOf(PLAN);
  const before = JSON.stringify(PLAN);
  assert.deepEqual(clauses.without(PLAN, otto), { all: [MARA], then: PLAN.then, mode: 'union' });
  assert.deepEqual(clauses.without(PLAN, fog), { all: [MARA], none: PLAN.none, mode: 'union' });
  assert.deepEqual(clauses.replaced(PLAN, otto, { label: 'Ines' }).none, [{ label: 'Ines' }]);
  const moved = clauses.replaced(PLAN, mara, MARA, 'any');
  assert.deepEqual([moved.all, moved.any], [undefined, [MARA]]);
  assert.deepEqual(clauses.replaced(PLAN, fog, FOG, 'none').then, undefined);
  assert.deepEqual(clauses.withClause({}, 'any', MARA), { any: [MARA] });
  assert.equal(JSON.stringify(PLAN), before);
});

test('a resolved plan becomes what a person would write', () => {
  const resolved = {
    all: [{ ...MARA, labels: ['mara'] }, { text: 'fog', words: [{ text: 'fog', weight: 3 }] }, { vector: { text: 'sea', exact: false, vectors: [{}] } }, { vector: { values: [1], space: 's', vectors: [{}] } }],
    mode: 'intersection',
    fusion: 'weighted',
    limit: 60,
    cursor: 'x',
  };
  assert.deepEqual(clauses.written(resolved), {
    all: [MARA, { text: 'fog' }, { vector: { text: 'sea' } }, { vector: { values: [1], space: 's', vectors: [{}] } }],
  });
});

test('exactness and metric are set in vector clauses only', () => {
  const plan = { all: [MARA, { vector: { text: 'sea' } }] };
  const exact = clauses.withVectors(plan, { exact: true, metric: 'cosine' });
  assert.deepEqual(exact, { all: [MARA, { vector: { text: 'sea', exact: true, metric: 'cosine' } }] });
  assert.deepEqual(clauses.withVectors(exact, { exact: false, metric: undefined }), plan);
  assert.ok(clauses.hasVector(plan) && !clauses.hasVector(PLAN));
});

test('clauses are told in words', () => {
  assert.equal(clauses.sentence(MARA), 'character is Mara');
  assert.equal(clauses.sentence(FOG), 'dialogue says “the fog” (slop 2)');
  assert.equal(clauses.sentence({ text: 'run', fuzziness: 'auto', min_confidence: 0.5 }), 'any type has run (typos, ≥ 50 %)');
  assert.equal(clauses.sentence({ type: 'SHOT' }), 'shot anything');
  assert.equal(clauses.sentence({ vector: { like: { asset_id: 'a' }, exact: true } }), 'any type looks like a moment of a (exact)');
  assert.equal(clauses.typeName('MY_OWN_TYPE'), 'my own type');
  assert.match(clauses.typeTone('MY_OWN_TYPE'), /^other-/);
});

test('another test keeps the words and drops what does not fit', () => {
  assert.deepEqual(retested(FOG, 'text', 'the fog'), { type: 'DIALOGUE_SEARCH', text: 'the fog' });
  assert.deepEqual(retested({ ...FOG, weight: 2, min_confidence: 0.5 }, 'label', 'x'), { type: 'DIALOGUE_SEARCH', weight: 2, min_confidence: 0.5, label: 'x' });
  assert.deepEqual(retested(MARA, 'vector', 'sea'), { type: 'CHARACTER_SEARCH', vector: { text: 'sea' } });
  assert.deepEqual(retested({ vector: { like: { asset_id: 'a' }, k: 3 } }, 'vector', ''), { vector: { like: { asset_id: 'a' }, k: 3 } });
  assert.deepEqual(retested(MARA, 'any', 'x'), { type: 'CHARACTER_SEARCH' });
});

test('what is shown is read back from its address', () => {
  for (const state of [
    { q: '', plan: {}, at: null },
    { q: 'Mara & "the fog" #1 50% = 1+1', plan: {}, at: null },
    { q: '', plan: {}, at: null, bin: '0f3c' },
    { q: 'é 🎬', plan: PLAN, at: { asset_id: 'a@b-c', start_ns: 40_140_000_000, end_ns: 67_160_000_000 } },
  ]) {
    assert.deepEqual(decode(encode(state)), state);
    assert.deepEqual(decode(`#${encode(state)}`), state);
  }
  assert.equal(encode({ q: 'Mara in the galley', plan: {}, at: null }), 'q=Mara+in+the+galley');
});

test('an address that is nonsense shows nothing and breaks nothing', () => {
  for (const hash of ['#%', '#q=%E0%A4%A', '#plan=[]', '#plan={"all":1}', '#plan={"all":[1]}', '#plan={"then":[{"all":{}}]}', '#at=x', '#at=a@9-1', '#=', '#q', '#bin=../x', '#__proto__=1']) {
    assert.deepEqual(decode(hash), { q: '', plan: {}, at: null }, hash);
  }
  assert.equal(readPlan('{"then":[null]}'), null);
});

test('requests carry words, plan and page', () => {
  const state = { q: ' Mara ', plan: { mode: 'union' }, at: null };
  assert.deepEqual(requestOf(state), { q: 'Mara', mode: 'union', limit: 60 });
  assert.deepEqual(requestOf({ ...state, q: ' ' }, { cursor: 'c', typing: true }), { mode: 'union', limit: 60, cursor: 'c' });
  // A word without a blank behind it may be the beginning of one, while somebody types.
  assert.deepEqual(requestOf({ ...state, q: 'Mara in the gal', plan: {} }, { typing: true }), { q: 'Mara in the gal', typing: true, limit: 60 });
  assert.deepEqual(requestOf({ ...state, q: 'Mara ', plan: {} }, { typing: true }), { q: 'Mara', limit: 60 });
  const around = requestAround({ ...state, plan: { group_by: ['season'], scope: { seasons: [1] } } }, { asset_id: 'a', start_ns: 1, end_ns: 2 });
  assert.deepEqual(JSON.parse(JSON.stringify(around)), { q: 'Mara', scope: { seasons: [1], assets: ['a'] }, limit: 60 });
  assert.ok(isQuestion(state) && !isQuestion({ ...state, q: '' }) && isQuestion({ ...state, q: '', plan: PLAN }));
});

test('words become clauses when the plan is changed by hand', () => {
  const state = { q: 'Mara', plan: { mode: 'union' }, at: null };
  assert.deepEqual(pinned(state, { all: [{ ...MARA, labels: ['mara'] }], mode: 'union' }), { q: '', plan: { all: [MARA], mode: 'union' }, at: null });
  assert.deepEqual(pinned(state, null), state);
  assert.deepEqual(pinned({ ...state, q: '' }, { all: [] }).plan, { mode: 'union' });
  assert.equal(inWords({ q: ' Mara ', plan: PLAN, at: null }), 'Mara, Mara, not Otto, “the fog”');
});

test('more like this names the moment', () => {
  const like = clauses.likeThis({ asset_id: 'a', start_ns: 1, end_ns: 2, score: 1 });
  assert.deepEqual(like.all[0].vector.like, { asset_id: 'a', start_ns: 1, end_ns: 2 });
  assert.ok(sameMoment({ asset_id: 'a', start_ns: 1, end_ns: 2 }, { asset_id: 'a', start_ns: 1, end_ns: 2 }));
  assert.ok(!sameMoment(null, { asset_id: 'a', start_ns: 1, end_ns: 2 }) && sameMoment(null, null));
});

test('where is looked is told and taken away piece by piece', () => {
  const plan = { all: [MARA], scope: { seasons: [1, 2], time: [{ from: 3 }], exclude: { movies: ['x'] } }, merge_gap: 2 };
  const limits = clauses.limitsOf(plan);
  assert.deepEqual(limits.map((l) => l.says), ['season 1', 'season 2', 'from 3 to the end', 'not title x', 'gaps up to 2 s']);
  assert.deepEqual(limits[0].without(plan).scope.seasons, [2]);
  assert.deepEqual(limits[3].without(plan).scope, { seasons: [1, 2], time: [{ from: 3 }] });
  assert.equal(limits[4].without(plan).merge_gap, undefined);
  const one = { all: [MARA], scope: { exclude: { attributes: { mood: 'x' } } } };
  assert.deepEqual(clauses.limitsOf(one)[0].without(one), { all: [MARA] });
  assert.deepEqual(clauses.limitsOf({ all: [MARA] }), []);
});
