import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BARS_MAX, ROWS_MAX, cutOff, lanesOf, linesOf, panned, ticks, windowOf, zoomed } from '../../web/lanes.js';

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

test('what does not fit is counted and said, nearest first', () => {
  const at = (i) => one(`a${i}`, 'X', i, i + 1, `l${i}`);
  const [lane] = lanesOf([{ source_annotations: Array.from({ length: 2000 }, (_, i) => at(i)) }], 1000 * S);
  assert.deepEqual([lane.bars.length, lane.total, lane.hidden], [BARS_MAX, 2000, 0]);
  assert.deepEqual([lane.bars[0].start_ns / S, lane.bars.at(-1).start_ns / S], [800, 1199]);
  assert.equal(cutOff(lane), `the nearest ${BARS_MAX} of ${(2000).toLocaleString()}`);
  const [crowd] = lanesOf([{ source_annotations: Array.from({ length: 60 }, (_, i) => one(`b${i}`, 'X', 0, 10, `l${i}`)) }]);
  assert.deepEqual([crowd.rows, crowd.hidden, new Set(crowd.bars.map((b) => b.row)).size], [ROWS_MAX, 60 - ROWS_MAX, 60]);
  assert.equal(cutOff(crowd), `${60 - ROWS_MAX} more at the same time`);
  assert.equal(cutOff(lanesOf([{ source_annotations: [at(1)] }])[0]), '');
});

test('a lane of vectors alone says nothing and is left out, shots are not', () => {
  const lanes = lanesOf([{ source_annotations: [one('a', 'SCENE_SEARCH', 0, 1), one('b', 'SHOT', 0, 1)] }]);
  assert.deepEqual(lanes.map((l) => l.type), ['SHOT']);
});

test('lines are in time, each once, with who speaks', () => {
  const said = (id, from, text) => ({ ...one(id, 'DIALOGUE_SEARCH', from, from + 2), text, language: 'en', attributes: { speaker: 'Nell' } });
  const lines = linesOf([{ source_annotations: [said('b', 5, 'two'), said('a', 1, 'one')] }, { source_annotations: [said('b', 5, 'two'), one('c', 'DIALOGUE_SEARCH', 0, 1)] }]);
  assert.deepEqual(lines.map((l) => [l.text, l.speaker, l.start_ns / S]), [['one', 'Nell', 1], ['two', 'Nell', 5]]);
});

test('the window has air on both sides and stays inside the media', () => {
  const moment = { asset_id: 'a', start_ns: 2 * S, end_ns: 4 * S };
  assert.deepEqual(windowOf(moment, 8 * S), { from: 0, to: 8 * S });
  assert.deepEqual(windowOf({ ...moment, start_ns: 100 * S, end_ns: 110 * S }, undefined), { from: 94 * S, to: 116 * S });
  assert.deepEqual(windowOf({ ...moment, end_ns: 90 * S }, 40 * S), { from: 0, to: 90 * S });
  const day = windowOf({ asset_id: 'a', start_ns: 0, end_ns: 86_400 * S }, 86_400 * S);
  assert.equal((day.to - day.from) / S, 3600);
});

test('the playhead stays where it is when the window gets narrower, and the window stays inside the media', () => {
  const view = { from: 10 * S, to: 30 * S };
  assert.deepEqual(zoomed(view, 0.5, 15 * S, 100 * S), { from: 12.5 * S, to: 22.5 * S });
  assert.deepEqual(zoomed(view, 0.5, 90 * S, 100 * S), { from: 15 * S, to: 25 * S });
  assert.deepEqual(zoomed(view, 2, 15 * S, 100 * S), { from: 5 * S, to: 45 * S });
  assert.deepEqual(zoomed(view, 100, 15 * S, 40 * S), { from: 0, to: 40 * S });
  assert.deepEqual(panned(view, 0.5, 100 * S), { from: 20 * S, to: 40 * S });
  assert.deepEqual(panned(view, -5, 100 * S), { from: 0, to: 20 * S });
  assert.deepEqual(panned(view, 50, 100 * S), { from: 80 * S, to: 100 * S });
});

test('ticks are round and few', () => {
  assert.deepEqual(ticks(0.4 * S, 10 * S, 6).map((t) => t / S), [2, 4, 6, 8, 10]);
  assert.ok(ticks(0, 40_000 * S, 6).length <= 6);
});
