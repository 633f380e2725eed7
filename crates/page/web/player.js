// The player: picture, transport, lanes and evidence of one moment.

import { line, nameOf, spanOf } from './card.js';
import { typeName, typeTone } from './clauses.js';
import { byId, fill, h } from './dom.js';
import { icon } from './icons.js';
import { screen } from './screen.js';
import { clock, length, startOfFrame, frameAt, timecodeOf } from './time.js';
import { timeline } from './timeline.js';

/** What happens at the out-point. @type {[how: 'stop' | 'loop' | 'on', says: string][]} */
const AT_OUT = [
  ['stop', 'Stop at out'],
  ['loop', 'Loop'],
  ['on', 'Play on'],
];
/** A frame where the rate is not known, in nanoseconds. */
const SOME_FRAME_NS = 40_000_000;

/** @param {App} app @param {(step: number) => void} move */
export function player(app, move) {
  const panel = byId('player', HTMLElement);
  /** @type {Moment | MomentRef | null} */
  let moment = null;
  /** @type {Asset | null} */
  let asset = null;
  let tc = timecodeOf(null);
  const box = h('div', { class: 'screen' });
  const view = screen(box, { tick, changed: buttons });
  const lanesBox = h('section', { class: 'lanes', 'aria-label': 'Timeline' });
  const lanes = timeline(lanesBox, { seek: view.seek, step });
  const title = h('h2', { class: 'player-title', tabindex: '-1' });
  const span = h('p', { class: 'player-span' });
  const now = h('output', { class: 'now', 'aria-label': 'Playhead' });
  const evidence = h('section', { class: 'evidence', 'aria-label': 'Evidence' });

  /** @param {string} name @param {string} label @param {() => void} act @param {string} [more] */
  const button = (name, label, act, more = '') =>
    h('button', { type: 'button', class: `mini ${more}`, title: label, 'aria-label': label, onclick: act }, icon(name));
  const play = button('play', 'Play (space)', () => view.toggle(), 'mini-main');
  const sound = button('sound', 'Sound', () => view.mute());
  const out = h('button', { type: 'button', class: 'quiet at-out', title: 'At the out-point (l)', onclick: nextAtOut });
  const transport = h(
    'div',
    { class: 'transport', role: 'group', 'aria-label': 'Transport' },
    button('previous', 'Previous moment (k)', () => move(-1)),
    play,
    button('next', 'Next moment (j)', () => move(1)),
    now,
    h('span', { class: 'gap' }),
    out,
    sound,
    button('full', 'Full screen', () => view.full()),
  );
  const acts = h(
    'div',
    { class: 'player-acts' },
    h('button', { type: 'button', class: 'quiet', title: 'Copy the in-point (c)', onclick: () => copyIn() }, icon('copy'), 'Copy in'),
    h('button', { type: 'button', class: 'quiet', title: 'Copy in and out (C)', onclick: () => copyBoth() }, icon('copy'), 'In – out'),
    h('button', { type: 'button', class: 'quiet', title: 'More like this (m)', onclick: () => moment && app.like(moment) }, icon('like'), 'More like this'),
  );
  fill(
    panel,
    h('header', { class: 'player-head' }, h('div', {}, title, span), button('clear', 'Close (Esc)', () => app.close())),
    box,
    transport,
    acts,
    lanesBox,
    evidence,
  );

  /** @param {number} ns */
  function tick(ns) {
    now.textContent = tc.write(ns);
    lanes.tick(ns);
  }

  function buttons() {
    const playing = view.playing();
    fill(play, icon(playing ? 'pause' : 'play'));
    play.setAttribute('aria-label', playing ? 'Pause (space)' : 'Play (space)');
    play.title = playing ? 'Pause (space)' : 'Play (space)';
    play.disabled = !view.hasMedia();
    fill(sound, icon(view.muted() ? 'silent' : 'sound'));
    sound.setAttribute('aria-label', view.muted() ? 'Sound on' : 'Sound off');
    fill(out, AT_OUT.find(([how]) => how === view.atOut())?.[1] ?? '');
  }

  function nextAtOut() {
    const at = AT_OUT.findIndex(([how]) => how === view.atOut());
    const next = AT_OUT[(at + 1) % AT_OUT.length];
    if (!next) return;
    view.setAtOut(next[0]);
    buttons();
    app.say(next[1]);
  }

  /** @param {number} frames */
  function step(frames) {
    const ns = view.now();
    view.seek(tc.rate ? startOfFrame(Math.max(0, frameAt(ns, tc.rate) + frames), tc.rate) : ns + frames * SOME_FRAME_NS);
  }

  const ends = () => {
    if (!moment) return null;
    return 'evidence' in moment ? spanOf(moment) : { from: tc.write(moment.start_ns), to: tc.write(moment.end_ns) };
  };
  function copyIn() {
    const span = ends();
    if (span) app.copy(span.from, 'Timecode');
  }
  function copyBoth() {
    const span = ends();
    if (span) app.copy(`${span.from} – ${span.to}`, 'In and out');
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
        e.text && h('p', { class: 'card-line', lang: e.language }, line(e, false)),
        h('p', { class: 'fine' }, [e.model, `confidence ${Math.round(e.confidence * 100)} %`, e.similarity === undefined ? `match ${e.score.toFixed(2)}` : `similarity ${e.similarity.toFixed(3)}`, length(e.end_ns - e.start_ns)].join(' · ')),
      ),
    );

  function draw() {
    if (!moment) return;
    const of = 'evidence' in moment ? moment : (asset ?? { asset_id: moment.asset_id, movie_id: '' });
    const { name, code, rest } = nameOf(/** @type {Asset} */ (asset ?? of));
    const { from, to } = ends() ?? { from: '', to: '' };
    fill(title, name, code && h('span', { class: 'card-code' }, code), rest && h('span', { class: 'card-rest' }, rest));
    fill(span, from, h('span', { class: 'dash' }, ' – '), to, h('span', { class: 'fine' }, length(moment.end_ns - moment.start_ns)));
    const pieces = 'evidence' in moment ? [...moment.evidence].sort((a, b) => a.start_ns - b.start_ns) : [];
    fill(evidence, pieces.length > 0 && h('h3', {}, 'Evidence'), pieces.length > 0 && h('ol', {}, pieces.map(piece)));
    out.hidden = false;
    buttons();
    tick(view.now());
  }

  return {
    /** Shows a moment. @param {Moment | MomentRef} next @param {boolean} playing */
    open(next, playing) {
      moment = next;
      panel.hidden = false;
      document.body.classList.add('playing');
      const known = asset?.asset_id === next.asset_id;
      if (!known) [asset, tc] = [null, timecodeOf(null)];
      const written = 'evidence' in next ? spanOf(next).from : clock(next.start_ns);
      view.open(next, playing, written);
      draw();
      if (known) {
        lanes.open(next, asset, tc.write);
        return;
      }
      void app.asset(next.asset_id).then((found) => {
        if (moment !== next) return;
        [asset, tc] = [found, timecodeOf(found)];
        lanes.open(next, asset, tc.write);
        draw();
      });
    },
    close() {
      if (panel.hidden) return false;
      [moment, asset] = [null, null];
      view.close();
      panel.hidden = true;
      document.body.classList.remove('playing');
      return true;
    },
    isOpen: () => !panel.hidden,
    moment: () => moment,
    focus: () => title.focus({ preventScroll: true }),
    toggle: view.toggle,
    step,
    copyIn,
    copyBoth,
    nextAtOut,
    toIn: () => moment && view.seek(moment.start_ns),
    toOut: () => moment && view.seek(moment.end_ns),
  };
}
