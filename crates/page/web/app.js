// The page: keeps what is shown, and lets the parts ask and draw. What is shown stands in the address.

import { Problem, json } from './api.js';
import { asking } from './asking.js';
import { banner } from './banner.js';
import { binView } from './bin-view.js';
import { bins } from './bins.js';
import { likeThis } from './clauses.js';
import { helpDialog, loginDialog } from './dialogs.js';
import { byId } from './dom.js';
import { feedback } from './feedback.js';
import { icon } from './icons.js';
import { keyboard } from './keyboard.js';
import { planBar } from './plan-bar.js';
import { player } from './player.js';
import { reading } from './reading.js';
import { decode, encode, inWords, isQuestion, nothing, pinned, requestAround, sameMoment } from './request.js';
import { results } from './results.js';
import { searchBox } from './search-box.js';
import { noteRecent } from './store.js';
import { toaster, write } from './toast.js';
import { logoutButton, themeSwitch } from './tools.js';
import { welcome } from './welcome.js';

let state = nothing();
/** Was the state asked while its last word was typed? */
let typed = false;
/** @type {Map<string, Promise<Asset | null>>} */
const assets = new Map();

const told = feedback();
const { say, note } = toaster();

const ask = asking({
  told,
  show(answer) {
    bar.show();
    notes.show(answer);
    found.show(answer);
    if (!typed && answer.total > 0) noteRecent({ says: inWords(state), hash: encode({ ...state, at: null }) });
    show();
  },
  append: (answer, fresh, groups) => found.append(answer, fresh, groups),
  waiting: () => found.wait(ask.answer() === null),
  holds: () => found.hold(ask.answer()),
  fails(error) {
    bar.show();
    notes.show(null);
    found.fail(error);
    if (error instanceof Problem && error.status === 401) login();
    show();
  },
  gone: () => void status.look(),
});

/** @type {App} */
const app = {
  told,
  get state() {
    return state;
  },
  get answer() {
    return ask.answer();
  },
  go(next, how, typing = false) {
    const address = encode(next);
    const same = address === encode(state);
    // The words are the same, but nobody types on: the last word is a whole one now.
    const asksSame = encode({ ...next, at: null }) === encode({ ...state, at: null }) && (typing || !typed);
    [state, typed] = [next, typing];
    if (!same) history[how === 'push' ? 'pushState' : 'replaceState'](null, '', `#${address}`);
    if (!asksSame) look();
    else if (!same) show();
  },
  edit(change) {
    const base = pinned(state, ask.answer()?.plan ?? null);
    app.go({ ...base, plan: change(base.plan) }, 'push');
  },
  refresh: () => look(),
  more: () => void ask.more((text) => note(text, { bad: true })),
  open(moment, play) {
    if (play) told.plays(moment);
    const { asset_id, start_ns, end_ns } = moment;
    const at = { asset_id, start_ns, end_ns };
    const first = state.at === null;
    if (!sameMoment(at, state.at)) {
      state = { ...state, at };
      // One step back closes the player, however many moments were looked at.
      history[first ? 'pushState' : 'replaceState'](null, '', `#${encode(state)}`);
    }
    if (sameMoment(view.moment(), at) && view.isOpen()) {
      if (play) view.toggle();
      return;
    }
    view.open(moment, play);
    found.mark(at);
    if (first) found.stay();
  },
  close() {
    told.stopped();
    if (!view.isOpen()) return;
    app.go({ ...state, at: null }, 'push');
    found.focus();
  },
  like(moment) {
    told.tell('more_like', moment);
    app.go({ q: '', plan: likeThis(moment), at: state.at }, 'push');
  },
  keep: (moment) => void keeper.keep(moment),
  copy(text, what) {
    void write(text).then((done) => note(done ? `${what} copied: ${text.length < 40 ? text : ''}`.replace(/: $/, '') : 'Copying is not allowed here'));
  },
  asset(id) {
    const known = assets.get(id) ?? json(`/v1/assets/${encodeURIComponent(id)}`).catch(() => (assets.delete(id), null));
    assets.set(id, known);
    return known;
  },
  say,
  note,
};

const found = results(app);
const bar = planBar(app);
const notes = reading(app);
const box = searchBox(app);
const view = player(app, (step) => go(step, true), () => shown.ended());
const keeper = bins(app);
const shown = binView(app, keeper, (title) => found.clear(title));
const help = helpDialog(told);
const showLogin = logoutButton();
const login = loginDialog(() => {
  void status.look();
  look();
  void keeper.load();
  void showLogin();
});
const status = banner(app, login, () => ask.isLost(), () => view.again());

/** Asks for what the state says, and shows it. */
function look() {
  document.body.classList.toggle('asked', isQuestion(state) || state.bin !== undefined);
  document.body.classList.toggle('in-bin', state.bin !== undefined);
  document.title = state.q.trim() ? `${state.q.trim()} – Rushes` : 'Rushes';
  box.show();
  if (state.bin === undefined && isQuestion(state)) {
    void ask.ask(state, typed);
    return;
  }
  ask.forget();
  bar.show();
  notes.show(null);
  if (state.bin !== undefined) void shown.open(state.bin);
  else void welcome(app, found.clear('Find a moment'));
  show();
}

/** Shows or closes the player as the state says. */
function show() {
  const { at } = state;
  if (!at) {
    if (view.close()) found.stay();
    return;
  }
  if (sameMoment(view.moment(), at)) {
    found.mark(at);
    return;
  }
  const known = ask.answer()?.moments.find((m) => sameMoment(m, at));
  view.open(known ?? at, false);
  found.mark(at);
  if (!known && isQuestion(state)) void proof(at);
}

/** What was found in a moment of a later page: the same question, of its asset alone. @param {MomentRef} at */
async function proof(at) {
  try {
    const answer = /** @type {Answer} */ (await json('/v1/search', { body: requestAround(state, at) }));
    const moment = answer.moments.find((m) => sameMoment(m, at));
    if (moment && sameMoment(view.moment(), at)) view.prove(moment);
  } catch {
    // The moment is shown without it.
  }
}

/** Moves to another moment; an open player follows. @param {number} step @param {boolean} [playing] */
function go(step, playing = view.isOpen()) {
  if (state.bin !== undefined) {
    shown.move(step);
    return;
  }
  const focus = !document.activeElement?.closest('#player');
  const moment = found.move(step, focus);
  if (moment && view.isOpen() && playing) app.open(moment, true);
}

/** The moment that a key is about. */
const current = () => (view.isOpen() ? view.marked() : (shown.current() ?? found.current()));

/** @param {(moment: Moment | MomentRef) => void} act */
const withCurrent = (act) => () => {
  const moment = current();
  if (moment) act(moment);
};

const whenOpen = (/** @type {() => void} */ act) => () => view.isOpen() && act();

keyboard({
  search: () => box.focus(),
  next: () => go(1),
  previous: () => go(-1),
  pause: () => {
    const moment = current();
    if (view.isOpen()) view.toggle();
    else if (moment) app.open(moment, true);
  },
  reverse: whenOpen(() => view.shuttle(-1)),
  stop: whenOpen(() => view.shuttle(0)),
  forward: whenOpen(() => view.shuttle(1)),
  back: whenOpen(() => view.step(-1)),
  on: whenOpen(() => view.step(1)),
  'mark-in': whenOpen(() => view.setIn()),
  'mark-out': whenOpen(() => view.setOut()),
  'to-in': whenOpen(() => view.toIn()),
  'to-out': whenOpen(() => view.toOut()),
  keep: withCurrent((moment) => app.keep(moment)),
  note: withCurrent((moment) => keeper.keepWithNote(moment)),
  like: withCurrent((moment) => app.like(moment)),
  copy: () => {
    const moment = current();
    if (view.isOpen()) view.copyHere();
    else if (moment) view.copyIn(moment);
  },
  'copy-out': whenOpen(() => view.copyBoth()),
  loop: whenOpen(() => view.nextAtOut()),
  bins: () => keeper.menu(),
  help,
  close: () => {
    if (document.activeElement?.matches('input, textarea, select')) {
      box.leave();
      found.focus();
    } else app.close();
  },
});

document.addEventListener('to-results', () => found.focus());
window.addEventListener('popstate', () => {
  const next = decode(location.hash);
  const same = encode({ ...next, at: null }) === encode({ ...state, at: null });
  [state, typed] = [next, false];
  // A step back that only closes the player asks nothing again.
  if (same) show();
  else look();
});
byId('skip', HTMLAnchorElement).addEventListener('click', (event) => {
  event.preventDefault();
  found.focus();
});
byId('home', HTMLAnchorElement).addEventListener('click', (event) => {
  event.preventDefault();
  app.go(nothing(), 'push');
  box.focus();
});
byId('help', HTMLButtonElement).addEventListener('click', help);

for (const element of document.querySelectorAll('[data-icon]')) {
  if (element instanceof HTMLElement) element.prepend(icon(element.dataset.icon ?? ''));
}
// The player stands below the top, however high that is.
const top = document.querySelector('.top');
if (top) new ResizeObserver(() => document.body.style.setProperty('--top', `${top.clientHeight + 1}px`)).observe(top);
themeSwitch();
state = decode(location.hash);
look();
void status.look();
void showLogin();
if (!isQuestion(state) && state.bin === undefined) box.focus();
