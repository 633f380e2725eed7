import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXCERPT_MAX, excerpt, segments } from '../../web/marks.js';
import { accept, merge, tails } from '../../web/suggest.js';

const drawn = (parts) => parts.map((p) => (p.hit ? `[${p.text}]` : p.text)).join('');

test('marks count characters, whatever their length in bytes', () => {
  assert.equal(drawn(segments('Ínes 🎬 ran', [[0, 4], [7, 10]])), '[Ínes] 🎬 [ran]');
  assert.equal(drawn(segments('plain', undefined)), 'plain');
  assert.deepEqual(segments('', []), []);
});

test('marks that make no sense are left out', () => {
  assert.equal(drawn(segments('abc', [[2, 1], [0, 9], [1, 2], [0, 1], [NaN, 2]])), 'a[b]c');
});

test('a long line is cut around its first hit, at words', () => {
  const long = `${'before '.repeat(60)}salt ${'after '.repeat(60)}`;
  const at = long.indexOf('salt');
  const cut = drawn(excerpt(segments(long, [[at, at + 4]])));
  assert.ok(cut.startsWith('… before') && cut.endsWith('after …') && cut.includes('[salt]'), cut);
  assert.ok(cut.length < EXCERPT_MAX + 10);
  assert.equal(drawn(excerpt(segments('short', [[0, 5]]))), '[short]');
  assert.ok(drawn(excerpt(segments(long, []))).startsWith('before'));
});

test('the ends of what is typed may begin a name', () => {
  assert.deepEqual(tails('Mara and Captain Br'), ['and Captain Br', 'Captain Br', 'Br']);
  assert.deepEqual(tails('M'), ['M']);
  for (const text of ['', '  ', 'Mara ', '"could yo', '“could yo']) assert.deepEqual(tails(text), [], text);
  assert.deepEqual(tails('"could you" Ma'), ['Ma']);
});

test('a longer end comes first, and a name is offered once', () => {
  const s = (text, count) => ({ text, type: 'CHARACTER_SEARCH', count });
  const offers = merge([
    { tail: 'captain br', suggestions: [s('Captain Brandt', 4)] },
    { tail: 'br', suggestions: [s('Bruno', 9), s('Captain Brandt', 4)] },
  ]);
  assert.deepEqual(offers.map((o) => [o.text, o.tail]), [['Captain Brandt', 'captain br'], ['Bruno', 'br']]);
  assert.equal(accept('Mara and captain br', offers[0]), 'Mara and Captain Brandt ');
});
