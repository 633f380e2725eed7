import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../web/api.js';
import { isGone, keepsBefore } from '../../web/asking.js';
import { moved, timeOf } from '../../web/bin-view.js';
import { shifted, titleOf } from '../../web/groups.js';
import { inFront } from '../../web/store.js';
import { inPeoplesWords, matters, plain } from '../../web/warnings.js';

test('what is half typed leaves the good answer on the screen, what is asked does not', () => {
  assert.ok(keepsBefore({ typing: true, total: 0 }));
  assert.ok(keepsBefore({ typing: true, total: null }));
  assert.ok(!keepsBefore({ typing: true, total: 3 }));
  assert.ok(!keepsBefore({ typing: false, total: 0 }));
});

test('a server that is gone is no mistake of who asks', () => {
  assert.ok(isGone(new Problem({ status: 0 })) && isGone(new Problem({ status: 502 })));
  assert.ok(!isGone(new Problem({ status: 400 })) && !isGone(new Error('x')));
});

test('warnings are told in words, with no name of a program in them', () => {
  const plan = { all: [{ type: 'SCENE_SEARCH', vector: { text: 'sea' } }] };
  const told = inPeoplesWords(plan, { code: 'no_encoder', pointer: '/all/0', message: 'nothing turns text into vectors of space `frames@1`: not searched' });
  assert.match(told, /“sea” was looked for in names and lines only/);
  assert.doesNotMatch(told, /frames@1|space/);
  assert.equal(inPeoplesWords(plan, { code: 'corrected', pointer: '/q', message: '`Captian` was taken for `Captain`' }), '“Captian” was taken for “Captain”');
  assert.equal(inPeoplesWords(plan, { code: 'other', pointer: '/all/0', message: 'is `odd`' }), 'scene looks like sea: is “odd”');
  assert.equal(inPeoplesWords(plan, { code: 'constructor', pointer: '/q', message: 'x' }), 'x');
  assert.ok(!matters({ code: 'no_match' }) && matters({ code: 'no_encoder' }));
  assert.equal(plain('`a` and `b'), '“a” and `b');
});

test('a moment of a bin goes up and down, not out of it', () => {
  assert.deepEqual(moved([4, 7, 9], 7, -1), [7, 4, 9]);
  assert.deepEqual(moved([4, 7, 9], 7, 1), [4, 9, 7]);
  for (const [item, by] of [[4, -1], [9, 1], [5, 1]]) assert.deepEqual(moved([4, 7, 9], item, by), [4, 7, 9]);
});

test('a point is typed as timecode, as a clock, in seconds', () => {
  const asset = { frame_rate: '25/1', start_timecode: '10:00:00:00' };
  assert.equal(timeOf('10:00:22:05', asset), 22_200_000_000);
  assert.equal(timeOf('1:02.5', asset), 62_500_000_000);
  assert.equal(timeOf('12.5', null), 12_500_000_000);
  for (const text of ['', 'x', '-1', '09:59:59:24', '10:00:22:25', '1:2:3:4:5']) assert.equal(timeOf(text, asset), null, text);
});

test('groups of a later page name their moments by where they stand in all', () => {
  const [group] = shifted([{ by: 'season', key: 1, total: 3, groups: [{ by: 'episode', key: 2, total: 3, moments: [0, 1] }] }], 60);
  assert.deepEqual(group.groups[0].moments, [60, 61]);
  assert.deepEqual([titleOf(group), titleOf({ by: 'movie', key: 'Fog' }), titleOf({ by: 'attribute:mood', key: null })], ['Season 1', 'Fog', 'Mood unknown']);
});

test('a question is remembered once, the newest first, and only so many', () => {
  const asked = (hash) => ({ says: hash, hash });
  assert.deepEqual(inFront([asked('a'), asked('b')], asked('b'), 9), [asked('b'), asked('a')]);
  assert.deepEqual(inFront([asked('a'), asked('b')], asked('c'), 2), [asked('c'), asked('a')]);
});
