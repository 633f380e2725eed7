import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BARS_MAX, ROWS_MAX, lanesOf, ticks, windowOf } from '../../web/lanes.js';
import { KEYS, actionOf } from '../../web/keys.js';

const S = 1e9;
const one = (id, type, from, to, label) => ({ annotation_id: id, annotation_type: type, model: 'm@1', label, time_range: { start_time_ns: from * S, end_time_ns: to * S } });

test('an annotation that touches several buckets is one bar', () => {
  const joey = one('a', 'CHARACTER_SEARCH', 2, 8, 'Joey');
  const lanes = lanesOf([{ source_annotations: [joey] }, { source_annotations: [joey, one('b', 'SHOT', 2, 9)] }, {}]);
  assert.deepEqual(lanes.map((l) => [l.type, l.bars.length]), [['SHOT', 1], ['CHARACTER_SEARCH', 1]]);
});

test('overlapping bars lie in rows, and a name keeps its row', () => {
  const [lane] = lanesOf([{ source_annotations: [one('a', 'X', 0, 4, 'Mara'), one('b', 'X', 2, 6, 'Otto'), one('c', 'X', 5, 7, 'Mara'), one('d', 'X', 7, 9, 'Otto')] }]);
  assert.deepEqual(lane.bars.map((b) => [b.says, b.row]), [['Mara', 0], ['Otto', 1], ['Mara', 0], ['Otto', 1]]);
  assert.equal(lane.rows, 2);
});

test('rows and bars are bounded', () => {
  const many = Array.from({ length: 2000 }, (_, i) => one(`a${i}`, 'X', 0, 10, `l${i}`));
  const [lane] = lanesOf([{ source_annotations: many }]);
  assert.equal(lane.rows, ROWS_MAX);
  assert.equal(lane.bars.length, BARS_MAX);
  assert.ok(lane.bars.every((b) => b.row < ROWS_MAX));
});

test('the window has air on both sides and stays inside the media', () => {
  const moment = { asset_id: 'a', start_ns: 2 * S, end_ns: 4 * S };
  assert.deepEqual(windowOf(moment, 8 * S, 1), { from: 0, to: 8 * S });
  const wide = windowOf({ ...moment, start_ns: 100 * S, end_ns: 110 * S }, undefined, 1);
  assert.deepEqual(wide, { from: 94 * S, to: 116 * S });
  assert.ok(windowOf({ ...moment, start_ns: 100 * S, end_ns: 110 * S }, undefined, 2).to > 116 * S);
});

test('ticks are round and few', () => {
  assert.deepEqual(ticks(0.4 * S, 10 * S, 6).map((t) => t / S), [2, 4, 6, 8, 10]);
  assert.ok(ticks(0, 40_000 * S, 6).length <= 6);
});

test('keys belong to what has the focus before they are ours', () => {
  const at = { typing: false, button: false, slider: false, dialog: false };
  const key = (name, more = {}) => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, ...more });
  assert.equal(actionOf(key('j'), at), 'next');
  assert.equal(actionOf(key('c'), at), 'copy');
  assert.equal(actionOf(key('c', { ctrlKey: true }), at), null);
  assert.equal(actionOf(key('j'), { ...at, typing: true }), null);
  assert.equal(actionOf(key('Escape'), { ...at, typing: true }), 'close');
  assert.equal(actionOf(key(' '), { ...at, button: true }), null);
  assert.equal(actionOf(key('ArrowDown'), { ...at, slider: true }), null);
  assert.equal(actionOf(key('j'), { ...at, dialog: true }), null);
  assert.equal(new Set(KEYS.map(([action]) => action)).size, KEYS.length);
});
