import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock, episodeCode, frameAt, lastFrame, length, rateOf, readTimecode, startOfFrame, timecodeOf, writeTimecode } from '../../web/time.js';

const rate = (text) => rateOf(text);

test('clocks and lengths are written as people read them', () => {
  assert.equal(clock(0), '0:00.00');
  assert.equal(clock(40_149_999_999), '0:40.14');
  assert.equal(clock(3_723_500_000_000), '1:02:03.50');
  assert.equal(clock(-5), '0:00.00');
  assert.equal(length(40_000_000), '0.04 s');
  assert.equal(length(27_020_000_000), '27.0 s');
  assert.equal(length(59_970_000_000), '1:00');
  assert.equal(length(3_723_000_000_000), '1:02:03');
});

test('rates are ratios', () => {
  assert.deepEqual(rate('24000/1001'), { num: 24000, den: 1001 });
  assert.deepEqual(rate('25'), { num: 25, den: 1 });
  for (const text of ['', undefined, '0', '1/0', '25.0', 'x', '1/2']) assert.equal(rateOf(text), null, String(text));
});

test('drop frame skips two numbers a minute but every tenth', () => {
  const ntsc = rate('30000/1001');
  for (const [frames, text] of [
    [0, '00:00:00;00'],
    [1799, '00:00:59;29'],
    [1800, '00:01:00;02'],
    [17981, '00:09:59;29'],
    [17982, '00:10:00;00'],
    [107_892, '01:00:00;00'],
  ]) {
    assert.equal(writeTimecode(frames, ntsc, true), text);
    assert.equal(readTimecode(text, ntsc, true), frames);
  }
  assert.equal(writeTimecode(1800, ntsc, false), '00:01:00:00');
  assert.equal(writeTimecode(2_589_408, ntsc, true), '00:00:00;00', 'a day begins again at midnight');
});

test('a frame contains its first instant and not the one before', () => {
  for (const text of ['24000/1001', '24', '25', '30000/1001', '60000/1001']) {
    for (const frame of [0, 1, 1000, 123_456, 5_184_000]) {
      const start = startOfFrame(frame, rate(text));
      assert.equal(frameAt(start, rate(text)), frame, text);
      if (frame > 0) assert.equal(frameAt(start - 1, rate(text)), frame - 1, text);
    }
  }
});

test('an asset writes its times with its start timecode, or as a clock', () => {
  const film = { asset_id: 'a', movie_id: 'm', frame_rate: '25/1', start_timecode: '10:00:00:00' };
  assert.equal(timecodeOf(film).write(40_140_000_000), '10:00:40:03');
  assert.equal(timecodeOf({ ...film, frame_rate: '30000/1001', start_timecode: '01:00:00;00' }).write(0), '01:00:00;00');
  assert.equal(timecodeOf({ ...film, start_timecode: undefined }).write(1e9), '00:00:01:00');
  for (const asset of [null, { ...film, frame_rate: undefined }, { ...film, start_timecode: 'nonsense' }]) {
    assert.equal(timecodeOf(asset).write(1e9), '0:01.00');
  }
});

test('season and episode are a code', () => {
  assert.equal(episodeCode({ season: 1, episode: 12 }), 'S01E12');
  assert.equal(episodeCode({ episode: 3 }), 'E03');
  assert.equal(episodeCode({}), '');
});

test('the last frame before an end is the one that is shown there', () => {
  const of = (text) => rateOf(text);
  // 3 s at 25 frames a second end behind frame 74, whose middle is at 2.98 s.
  assert.equal(lastFrame(3_000_000_000, of('25/1')), 2_980_000_000);
  assert.equal(lastFrame(3_000_000_001, of('25/1')), 3_020_000_000);
  assert.equal(frameAt(lastFrame(startOfFrame(1000, of('30000/1001')), of('30000/1001')), of('30000/1001')), 999);
  assert.equal(lastFrame(0, of('25/1')), 0);
  assert.equal(lastFrame(5_000_000_000, null), 4_999_000_000);
});
