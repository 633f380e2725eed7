// The player: picture, transport, timeline, and beside it what is said, why the moment was found, and all as a list.

import { line, nameOf, spanOf } from './card.js';
import { typeName, typeTone } from './clauses.js';
import { byId, fill, h } from './dom.js';
import { icon } from './icons.js';
import { screen } from './screen.js';
import { speedText } from './shuttle.js';
import { recall, remember } from './store.js';
import { tabs } from './tabs.js';
import { clock, frameAt, lastFrame, length, startOfFrame, timecodeOf } from './time.js';
import { timeline } from './timeline.js';
import { transcript } from './transcript.js';

const AT_OUT_KEY = 'rushes-at-out';
/** What happens at the out-point. @type {[how: 'stop' | 'loop' | 'on', says: string][]} */
const AT_OUT = [
  ['stop', 'Stop at out'],
  ['loop', 'Loop'],
  ['on', 'Play on'],
];
/** A frame where the rate is not known, in nanoseconds. */
const SOME_FRAME_NS = 40_000_000;

/** @param {App} app @param {(step: number) => void} move @param {() => void} ended A moment was played to its out-point. */
export function player(app, move, ended) {
  const panel = byId('player', HTMLElement);
  /** @type {Moment | MomentRef | null} */
  let moment = null;
  /** In and out as they were set here; those of the moment where they were not. @type {MomentRef | null} */
  let marks = null;
  /** @type {Asset | null} */
  let asset = null;
  let tc = timecodeOf(null);
  const box = h('div', { class: 'screen' });
  const view = screen(box, { tick, changed: buttons, ended });
  view.setAtOut(AT_OUT.find(([how]) => how === recall(AT_OUT_KEY))?.[0] ?? 'stop');
  const lanesBox = h('section', { class: 'lanes', 'aria-label': 'Timeline' });
  const lanes = timeline(lanesBox, { seek: view.seek, step });
  const title = h('h2', { class: 'player-title', tabindex: '-1' });
  const span = h('p', { class: 'player-span' });
  const now = h('button', { type: 'button', class: 'now', title: 'The playhead: copy this timecode (C)', onclick: () => copyHere() });
  const fast = h('span', { class: 'speed', 'aria-hidden': 'true' });
  const evidence = h('section', { class: 'evidence', 'aria-label': 'Evidence' });
  const saidBox = h('div', { class: 'transcript', tabindex: '0', role: 'region', 'aria-label': 'Transcript' });
  const said = transcript(saidBox, view.seek);

  /** @param {string} name @param {string} label @param {() => void} act @param {string} [more] */
  const button = (name, label, act, more = '') =>
    h('button', { type: 'button', class: `mini ${more}`, title: label, 'aria-label': label, onclick: act }, icon(name));
  const play = button('play', 'Play (space)', () => view.toggle(), 'mini-main');
  const sound = button('sound', 'Sound', () => view.mute());
  const out = h('button', { type: 'button', class: 'quiet at-out', title: 'At the out-point (R)', onclick: nextAtOut });
  const stage = h('div', { class: 'stage' });
  const transport = h(
    'div',
    { class: 'transport', role: 'group', 'aria-label': 'Transport' },
    button('previous', 'Previous moment', () => move(-1)),
    button('reverse', 'Backwards (J)', () => view.shuttle(-1)),
    play,
    button('forward', 'Faster (L)', () => view.shuttle(1)),
    button('next', 'Next moment', () => move(1)),
    now,
    fast,
    h('span', { class: 'gap' }),
    button('in', 'In-point here (I)', setIn),
    button('out', 'Out-point here (O)', setOut),
    out,
    sound,
    button('full', 'Full screen', () => void (document.fullscreenElement ? document.exitFullscreen() : stage.requestFullscreen?.())),
  );
  fill(stage, box, transport);
  const below = tabs('More of this moment', [
    ['Transcript', saidBox],
    ['Why', evidence],
    ['As a list', lanes.list],
  ]);
  fill(
    panel,
    h(
      'header',
      { class: 'player-head' },
      h('div', { class: 'player-name' }, title, span),
      h('div', { class: 'player-acts' }, button('keep', 'Keep in the bin (E)', () => marks && app.keep(marks)), button('copy', 'Copy in and out (⇧C)', () => copyBoth()), button('like', 'Find similar (F)', () => moment && app.like(moment)), button('clear', 'Close (Esc)', () => app.close())),
    ),
    stage,
    lanesBox,
    below,
  );

  /** @param {number} ns */
  function tick(ns) {
    now.textContent = tc.write(ns);
    lanes.tick(ns, view.playing());
    said.tick(ns);
  }

  function buttons() {
    const playing = view.playing();
    fill(play, icon(playing ? 'pause' : 'play'));
    play.setAttribute('aria-label', playing ? 'Pause (space)' : 'Play (space)');
    play.title = playing ? 'Pause (space)' : 'Play (space)';
    play.disabled = !view.hasMedia();
    fast.textContent = speedText(view.speed());
    fill(sound, icon(view.muted() ? 'silent' : 'sound'));
    sound.setAttribute('aria-label', view.muted() ? 'Sound on' : 'Sound off');
    fill(out, AT_OUT.find(([how]) => how === view.atOut())?.[1] ?? '');
  }

  function nextAtOut() {
    const at = AT_OUT.findIndex(([how]) => how === view.atOut());
    const next = AT_OUT[(at + 1) % AT_OUT.length];
    if (!next) return;
    view.setAtOut(next[0]);
    remember(AT_OUT_KEY, next[0]);
    buttons();
    app.say(next[1]);
  }

  /** @param {number} frames */
  function step(frames) {
    if (view.playing()) view.rest();
    const ns = view.now();
    view.seek(tc.rate ? startOfFrame(Math.max(0, frameAt(ns, tc.rate) + frames), tc.rate) : ns + frames * SOME_FRAME_NS);
  }

  /** The frame at the playhead: from when to when. */
  function frameHere() {
    const ns = view.now();
    if (!tc.rate) return { from: ns, to: ns + SOME_FRAME_NS };
    const frame = frameAt(ns, tc.rate);
    return { from: startOfFrame(frame, tc.rate), to: startOfFrame(frame + 1, tc.rate) };
  }

  /** @param {number} start_ns @param {number} end_ns */
  function setMarks(start_ns, end_ns) {
    if (!marks || !moment) return;
    marks = { asset_id: moment.asset_id, start_ns, end_ns };
    view.setRange(marks);
    lanes.setRange(marks);
    drawSpan();
  }
  /** An in-point behind the out-point leaves a frame. */
  function setIn() {
    const { from, to } = frameHere();
    if (marks) setMarks(from, Math.max(marks.end_ns, to));
  }
  function setOut() {
    const { from, to } = frameHere();
    if (marks) setMarks(Math.min(marks.start_ns, from), to);
  }

  const isTrimmed = () => marks !== null && moment !== null && (marks.start_ns !== moment.start_ns || marks.end_ns !== moment.end_ns);

  /** @param {Moment | MomentRef} of */
  const ends = (of) => ('evidence' in of && !isTrimmed() ? spanOf(of) : { from: tc.write(of.start_ns), to: tc.write(of.end_ns) });
  const copyHere = () => app.copy(tc.write(view.now()), 'Timecode');
  function copyBoth() {
    if (!marks || !moment) return;
    const { from, to } = ends(isTrimmed() ? marks : moment);
    app.copy(`${from} – ${to}`, 'In and out');
  }

  /** @param {Evidence} e */
  const piece = (e) =>
    h(
      'li',
      { class: 'piece' },
      h('button', { type: 'button', class: 'link piece-time', title: 'To this place', onclick: () => view.seek(e.start_ns) }, tc.write(e.start_ns)),
      h(
        'div',
        {},
        h('span', { class: `tag tone-${typeTone(e.type)}` }, typeName(e.type)),
        e.label && h('strong', {}, ` ${e.label}`),
        e.text && h('p', { class: 'card-line', lang: e.language, dir: 'auto' }, line(e, false)),
        h('p', { class: 'fine' }, [e.model, `confidence ${Math.round(e.confidence * 100)} %`, e.similarity === undefined ? `match ${e.score.toFixed(2)}` : `similarity ${e.similarity.toFixed(3)}`, length(e.end_ns - e.start_ns)].join(' · ')),
      ),
    );

  function drawSpan() {
    if (!moment || !marks) return;
    const { from, to } = ends(isTrimmed() ? marks : moment);
    const { start_ns, end_ns } = moment;
    fill(
      span,
      from,
      h('span', { class: 'dash' }, ' – '),
      to,
      h('span', { class: 'fine' }, length(marks.end_ns - marks.start_ns)),
      isTrimmed() && h('button', { type: 'button', class: 'link', onclick: () => setMarks(start_ns, end_ns) }, 'as found'),
    );
  }

  function draw() {
    if (!moment) return;
    const of = asset ?? ('evidence' in moment ? moment : { asset_id: moment.asset_id, movie_id: '' });
    const { name, code, rest } = nameOf(/** @type {Asset} */ (of));
    fill(title, h('bdi', {}, name), code && h('span', { class: 'card-code' }, code), rest && h('bdi', { class: 'card-rest' }, rest));
    drawSpan();
    const pieces = 'evidence' in moment ? [...moment.evidence].sort((a, b) => a.start_ns - b.start_ns) : [];
    const score = 'evidence' in moment ? moment.score : 0;
    fill(evidence, pieces.length > 0 ? h('p', { class: 'fine' }, `Score ${score.toFixed(2)}`) : h('p', { class: 'fine' }, 'Nothing was asked that this moment answers.'), h('ol', {}, pieces.map(piece)));
    buttons();
    tick(view.now());
  }

  function describe() {
    if (!moment) return;
    view.describe(asset, tc.rate);
    lanes.open(moment, asset, tc.write);
    if (marks && isTrimmed()) lanes.setRange(marks);
    const hits = new Set('evidence' in moment ? moment.evidence.map((e) => e.annotation_id) : []);
    void said.open(moment, asset, tc.write, hits);
    draw();
  }

  return {
    /** Shows a moment. @param {Moment | MomentRef} next @param {boolean} playing */
    open(next, playing) {
      moment = next;
      marks = { asset_id: next.asset_id, start_ns: next.start_ns, end_ns: next.end_ns };
      panel.hidden = false;
      document.body.classList.add('playing');
      const known = asset?.asset_id === next.asset_id;
      if (!known) [asset, tc] = [null, timecodeOf(null)];
      const written = 'evidence' in next ? spanOf(next).from : clock(next.start_ns);
      view.open(next, playing, written);
      draw();
      if (known) {
        describe();
        return;
      }
      void app.asset(next.asset_id).then((found) => {
        if (moment !== next) return;
        [asset, tc] = [found, timecodeOf(found)];
        describe();
      });
    },
    close() {
      if (panel.hidden) return false;
      [moment, marks, asset] = [null, null, null];
      view.close();
      panel.hidden = true;
      document.body.classList.remove('playing');
      return true;
    },
    again: () => view.again(),
    /** What was found in the moment that is shown became known. @param {Moment} found */
    prove(found) {
      moment = found;
      describe();
    },
    isOpen: () => !panel.hidden,
    moment: () => moment,
    /** The moment with in and out as they were set here. */
    marked: () => (isTrimmed() ? marks : moment),
    toggle: view.toggle,
    shuttle: view.shuttle,
    step,
    setIn,
    setOut,
    copyHere,
    copyBoth,
    /** @param {Moment | MomentRef} of */
    copyIn: (of) => app.copy('evidence' in of ? spanOf(of).from : clock(of.start_ns), 'Timecode'),
    nextAtOut,
    toIn: () => marks && view.seek(marks.start_ns),
    toOut: () => marks && view.seek(Math.max(marks.start_ns, lastFrame(marks.end_ns, tc.rate))),
  };
}
