// The page: keeps what is shown, asks the server, and lets the parts draw it. What is shown stands in the address.

import { Problem, ask, isAbort, json } from './api.js';
import { banner } from './banner.js';
import { beginning, likeThis } from './clauses.js';
import { helpDialog, loginDialog } from './dialogs.js';
import { byId, fill, h } from './dom.js';
import { feedback } from './feedback.js';
import { icon } from './icons.js';
import { actionOf } from './keys.js';
import { planBar } from './plan-bar.js';
import { player } from './player.js';
import { PAGE_SIZE, decode, encode, isQuestion, nothing, pinned, requestOf, sameMoment } from './request.js';
import { results } from './results.js';
import { searchBox } from './search-box.js';

const THEME_KEY = 'rushes-theme';
/** How long a short message stays, in milliseconds. */
const TOAST_MS = 1_800;

let state = nothing();
/** @type {Answer | null} */
let answer = null;
let asked = new AbortController();
/** Is the next page on its way? */
let paging = false;
/** What was asked in place of the state, where the last word was taken for a beginning. @type {Plan | null} */
let asking = null;
/** @type {Map<string, Promise<Asset | null>>} */
const assets = new Map();
let toastTimer = 0;

const live = byId('live', HTMLDivElement);
const toast = byId('toast', HTMLDivElement);

const told = feedback();

/** @type {App} */
const app = {
  told,
  get state() {
    return state;
  },
  get answer() {
    return answer;
  },
  go(next, how) {
    const address = encode(next);
    const same = address === encode(state);
    const asksSame = encode({ ...next, at: null }) === encode({ ...state, at: null });
    state = next;
    if (!same) history[how === 'push' ? 'pushState' : 'replaceState'](null, '', `#${address}`);
    if (!asksSame) void search();
    else if (!same) show();
  },
  edit(change) {
    const base = pinned(state, answer?.plan ?? null);
    app.go({ ...base, plan: change(base.plan) }, 'push');
  },
  refresh: () => void search(),
  more: () => void nextPage(),
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
  },
  close() {
    told.stopped();
    if (!view.close()) return;
    app.go({ ...state, at: null }, 'push');
    found.focus();
  },
  like(moment) {
    told.tell('more_like', moment);
    app.go({ q: '', plan: likeThis(moment), at: null }, 'push');
  },
  copy(text, what) {
    void write(text).then((done) => note(done ? `${what} copied: ${text.length < 40 ? text : ''}`.replace(/: $/, '') : 'Copying is not allowed here'));
  },
  asset(id) {
    const known = assets.get(id) ?? json(`/v1/assets/${encodeURIComponent(id)}`).catch(() => (assets.delete(id), null));
    assets.set(id, known);
    return known;
  },
  say(text) {
    live.textContent = text;
  },
};

const found = results(app);
const bar = planBar(app);
const box = searchBox(app);
const view = player(app, (step) => go(step, true));
const help = helpDialog(told);
const login = loginDialog(() => {
  void status.look();
  void search();
  void showLogin();
});
const status = banner(app, login);

/** @param {string} text */
function note(text) {
  app.say(text);
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = window.setTimeout(() => (toast.hidden = true), TOAST_MS);
}

/** @param {string} text @returns {Promise<boolean>} */
async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Where the page is not served from this machine or over TLS, browsers have no clipboard of that kind.
    const area = h('textarea', { class: 'visually-hidden', 'aria-hidden': 'true' });
    area.value = text;
    document.body.append(area);
    const focused = document.activeElement;
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return done;
  }
}

/** Asks for the moments of the state, and shows them. */
async function search() {
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  document.body.classList.toggle('asked', isQuestion(state));
  document.title = state.q.trim() ? `${state.q.trim()} – Rushes` : 'Rushes';
  box.show();
  if (!isQuestion(state)) {
    answer = null;
    bar.show();
    found.welcome();
    show();
    return;
  }
  found.wait(answer === null);
  try {
    let next = /** @type {Answer} */ (await json('/v1/search', { body: ranked(requestOf(state)), signal }));
    // A word that is still being typed finds nothing as it is: it is taken for a beginning.
    const begun = next.total === 0 && state.q !== '' ? beginning(next.plan, state.q) : null;
    if (begun) next = /** @type {Answer} */ (await json('/v1/search', { body: ranked({ ...begun, limit: PAGE_SIZE }), signal }));
    if (signal.aborted) return;
    asking = begun;
    answer = next;
    bar.show();
    found.show(next);
    told.shown(next, next.moments, 0);
  } catch (error) {
    if (isAbort(error)) return;
    answer = null;
    bar.show();
    found.fail(error);
    if (error instanceof Problem && error.status === 401) login();
  }
  show();
}

/** Shows or closes the player as the state says. */
function show() {
  const { at } = state;
  if (!at) {
    view.close();
    found.mark(null);
    return;
  }
  if (sameMoment(view.moment(), at)) return;
  view.open(answer?.moments.find((m) => sameMoment(m, at)) ?? at, false);
  found.mark(at);
}

/** A request that asks for what feedback sends back. @param {object} body */
const ranked = (body) => (told.isOn() ? { ...body, ranking: { features: true } } : body);

/** Who copies a timecode takes the moment along. @param {Moment} moment @param {string} text */
function keep(moment, text) {
  told.tell('kept', moment);
  app.copy(text, 'Timecode');
}

async function nextPage() {
  const cursor = answer?.next_cursor;
  if (!answer || !cursor || paging) return;
  paging = true;
  const before = answer;
  try {
    const next = /** @type {Answer} */ (await json('/v1/search', { body: ranked(asking ? { ...asking, limit: PAGE_SIZE, cursor } : requestOf(state, cursor)) }));
    if (answer !== before) return;
    const shift = before.moments.length;
    answer = {
      ...next,
      moments: [...before.moments, ...next.moments],
      groups: joined(before.groups ?? [], shifted(next.groups, shift)),
      warnings: before.warnings,
      clauses: before.clauses,
    };
    found.show(answer);
    told.shown(answer, next.moments, shift);
  } catch (error) {
    // 410: what the cursor saw is gone; the question is asked again.
    if (error instanceof Problem && error.status === 410) void search();
    else note(error instanceof Problem ? error.message : 'The next page did not come');
  } finally {
    paging = false;
  }
}

/** Groups whose moments stand further back by so many. @param {Group[] | undefined} groups @param {number} by @returns {Group[]} */
const shifted = (groups, by) =>
  (groups ?? []).map((g) => ({ ...g, groups: shifted(g.groups, by), moments: (g.moments ?? []).map((i) => i + by) }));

/** The groups of two pages as one list: a group goes on over the end of a page. @param {Group[]} a @param {Group[]} b @returns {Group[]} */
function joined(a, b) {
  const key = (/** @type {Group} */ g) => JSON.stringify([g.by, g.key, g.within]);
  const out = a.map((g) => ({ ...g }));
  for (const group of b) {
    const same = out.find((g) => key(g) === key(group));
    if (!same) out.push(group);
    else {
      same.moments = [...(same.moments ?? []), ...(group.moments ?? [])];
      same.groups = joined(same.groups ?? [], group.groups ?? []);
    }
  }
  return out;
}

/** Moves to another moment; an open player follows. @param {number} step @param {boolean} [playing] */
function go(step, playing = view.isOpen()) {
  const focus = !document.activeElement?.closest('#player');
  const moment = found.move(step, focus);
  if (moment && view.isOpen() && playing) app.open(moment, true);
}

/** @type {{[action: string]: () => void}} */
const ACTIONS = {
  search: () => box.focus(),
  next: () => go(1),
  previous: () => go(-1),
  pause: () => {
    const moment = found.current();
    if (view.isOpen()) view.toggle();
    else if (moment) app.open(moment, true);
  },
  copy: () => {
    const moment = found.current();
    if (view.isOpen()) view.copyIn();
    else if (moment) keep(moment, moment.timecode_in ?? String(moment.start_ns / 1e9));
  },
  'copy-out': () => view.isOpen() && view.copyBoth(),
  like: () => {
    const moment = view.moment() ?? found.current();
    if (moment) app.like(moment);
  },
  loop: () => view.isOpen() && view.nextAtOut(),
  back: () => view.isOpen() && view.step(-1),
  forward: () => view.isOpen() && view.step(1),
  in: () => view.toIn(),
  out: () => view.toOut(),
  help,
  close: () => {
    if (document.activeElement?.matches('input, textarea, select')) {
      box.leave();
      found.focus();
    } else app.close();
  },
};

document.addEventListener('keydown', (event) => {
  const focused = document.activeElement;
  const action = actionOf(event, {
    typing: Boolean(focused?.matches('input:not([type=range]), textarea')),
    button: Boolean(focused?.matches('button:not(.card-main), a, summary')),
    slider: Boolean(focused?.matches('[role=slider], input[type=range], select')),
    dialog: document.querySelector('dialog[open]') !== null,
  });
  if (!action) return;
  event.preventDefault();
  ACTIONS[action]?.();
});
document.addEventListener('to-results', () => found.focus());
window.addEventListener('popstate', () => {
  state = decode(location.hash);
  void search();
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

/** The switch between light, dark and what the system says. */
function themeSwitch() {
  const button = byId('theme', HTMLButtonElement);
  const root = document.documentElement;
  const draw = () => {
    const theme = root.dataset.theme ?? 'auto';
    fill(button, icon(theme));
    button.title = `Colours: ${theme === 'auto' ? 'as the system' : theme}`;
    button.setAttribute('aria-label', button.title);
  };
  button.addEventListener('click', () => {
    const next = { auto: 'light', light: 'dark', dark: '' }[root.dataset.theme ?? 'auto'] ?? '';
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    try {
      localStorage.setItem(THEME_KEY, next);
    } catch {
      // A browser that keeps nothing keeps no theme either.
    }
    draw();
  });
  draw();
}

/** A way out for who logged in. */
async function showLogin() {
  const button = byId('logout', HTMLButtonElement);
  try {
    const who = /** @type {{name: string | null}} */ (await json('/v1/login'));
    button.hidden = who.name === null;
    button.title = `Log out ${who.name ?? ''}`;
    button.setAttribute('aria-label', button.title);
  } catch {
    button.hidden = true;
  }
}
byId('logout', HTMLButtonElement).addEventListener('click', () => {
  void ask('/v1/login', { method: 'DELETE' }).finally(() => location.reload());
});

for (const element of document.querySelectorAll('[data-icon]')) {
  if (element instanceof HTMLElement) element.prepend(icon(element.dataset.icon ?? ''));
}
// The player stands below the top, however many rows the plan takes.
const top = document.querySelector('.top');
if (top) new ResizeObserver(() => document.body.style.setProperty('--top', `${top.clientHeight + 1}px`)).observe(top);
themeSwitch();
state = decode(location.hash);
void search();
void status.look();
void showLogin();
if (!isQuestion(state)) box.focus();
