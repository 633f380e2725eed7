import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS, MAPS, actionOf, keysOf } from '../../web/keys.js';
import { SPEEDS, pressed, speedText } from '../../web/shuttle.js';

const NOWHERE = { typing: false, blank: false, button: false, slider: false, dialog: false };
const key = (name, more = {}) => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, ...more });

test('keys belong to what has the focus before they are ours', () => {
  assert.equal(actionOf(key('c'), NOWHERE), 'copy');
  assert.equal(actionOf(key('c', { ctrlKey: true }), NOWHERE), null);
  assert.equal(actionOf(key('j'), { ...NOWHERE, typing: true }), null);
  assert.equal(actionOf(key('Escape'), { ...NOWHERE, typing: true }), 'close');
  assert.equal(actionOf(key(' '), { ...NOWHERE, button: true }), null);
  assert.equal(actionOf(key('ArrowDown'), { ...NOWHERE, slider: true }), null);
  assert.equal(actionOf(key('j'), { ...NOWHERE, dialog: true }), null);
  assert.equal(actionOf(key('toString'), NOWHERE), null);
});

test('a key that leads to the box types nothing into a blank one, and the help is there', () => {
  const blank = { ...NOWHERE, typing: true, blank: true };
  assert.equal(actionOf(key('/'), blank), 'search');
  assert.equal(actionOf(key('?'), blank), 'help');
  assert.equal(actionOf(key('j'), blank), null);
  assert.equal(actionOf(key('/'), { ...blank, blank: false }), null);
});

test('J, K and L are those of cutting rooms in every map, and each map has every command', () => {
  for (const [name, { keys }] of Object.entries(MAPS)) {
    assert.deepEqual(['j', 'k', 'l', 'i', 'o', ' '].map((k) => actionOf(key(k), NOWHERE, name)), ['reverse', 'stop', 'forward', 'mark-in', 'mark-out', 'pause'], name);
    const missing = COMMANDS.filter(([action]) => keysOf(name, action).length === 0);
    assert.deepEqual(missing, [], name);
    const unknown = Object.values(keys).filter((action) => !COMMANDS.some(([known]) => known === action));
    assert.deepEqual(unknown, [], name);
  }
  assert.equal(actionOf(key('ArrowRight'), NOWHERE, 'rushes'), 'next');
  assert.equal(actionOf(key('ArrowRight'), NOWHERE, 'avid'), 'on');
  assert.equal(actionOf(key('w'), NOWHERE, 'avid'), 'to-out');
  assert.equal(actionOf(key('w'), NOWHERE, 'premiere'), null);
  assert.deepEqual(keysOf('premiere', 'to-in'), ['⇧I']);
});

test('each press of L is faster, J turns round at once, K stops', () => {
  let speed = 0;
  const speeds = SPEEDS.map(() => (speed = pressed(speed, 1)));
  assert.deepEqual(speeds, SPEEDS);
  assert.equal(pressed(speed, 1), SPEEDS.at(-1));
  assert.equal(pressed(speed, -1), -1);
  assert.equal(pressed(-2, -1), -4);
  assert.equal(pressed(-2, 0), 0);
  assert.deepEqual([speedText(0), speedText(1), speedText(4), speedText(-2)], ['', '', '4×', '−2×']);
});
