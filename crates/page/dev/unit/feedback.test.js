import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QUEUE_MAX, eventOf, isSettled, queued, shownAs } from '../../web/feedback.js';

const moment = { asset_id: 'a', movie_id: 'm', start_ns: 1, end_ns: 2, score: 0.5, evidence: [], timecode_in: null, timecode_out: null };

test('an event names its moment by asset, time and read point, and nothing of the question', () => {
  assert.deepEqual(eventOf('kept', 'i', moment, '7', 9), { impression: 'i', event: 'kept', asset_id: 'a', start_ns: 1, end_ns: 2, read_point: '7', at_ms: 9 });
});

test('what the answer says of a place is sent back', () => {
  assert.deepEqual(shownAs(moment, 3), { rank: 3, score: 0.5 });
  const ranking = { shift: 0.1, features: { close_up: 1 }, by_coin: true, side: 'b', propensity: 0.5 };
  assert.deepEqual(shownAs({ ...moment, ranking }, 1), { rank: 1, score: 0.5, features: { close_up: 1 }, by_coin: true, side: 'b', propensity: 0.5 });
});

test('the queue is bounded, and the newest stay', () => {
  const all = queued(Array.from({ length: QUEUE_MAX }, (_, i) => i), [-1, -2]);
  assert.equal(all.length, QUEUE_MAX);
  assert.deepEqual([all[0], all.at(-1)], [2, -2]);
});

test('what the server refuses for good is dropped, what may pass later waits', () => {
  assert.deepEqual([400, 404, 413, 401, 408, 429, 500, 503, 0].map(isSettled), [true, true, true, false, false, false, false, false, false]);
});
