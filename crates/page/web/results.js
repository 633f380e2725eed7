// The moments found: cards, in groups where asked for, moved through with the keyboard. A further page is put behind what
// is there: nothing is drawn again, and the place of who looks stays.

import { card, labels, lineOf, spanOf } from './card.js';
import { byId, fill, h, many } from './dom.js';
import { noMoments, problemBox } from './empty.js';
import { exportButtons } from './export.js';
import { keyOf, titleOf } from './groups.js';
import { requestOf, sameMoment } from './request.js';

/** Cards that stand in while the first answer is on its way. */
const GHOSTS = 8;
/** An answer that takes longer than this is waited for visibly, in milliseconds. */
const SLOW_MS = 500;

/** @param {App} app */
export function results(app) {
  const list = byId('results', HTMLDivElement);
  const count = byId('count', HTMLHeadingElement);
  const acts = byId('result-acts', HTMLDivElement);
  /** @type {Moment[]} */
  let moments = [];
  /** @type {HTMLElement[]} */
  let cards = [];
  /** In the order on the screen, which groups may change. @type {number[]} */
  let order = [];
  /** @type {Map<string, {box: Element, list: Element | null}>} */
  let groups = new Map();
  let current = -1;
  let slow = 0;
  const more = h('button', { type: 'button', class: 'more', onclick: () => app.more() }, 'More moments');
  const watcher = new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && app.more(), { rootMargin: '600px' });

  /** @param {number} index */
  function make(index) {
    const moment = /** @type {Moment} */ (moments[index]);
    const element = card(moment, {
      open: (play) => {
        mark(index);
        app.open(moment, play);
      },
      copy: () => {
        app.told.tell('kept', moment);
        app.copy(spanOf(moment).from, 'Timecode');
      },
      like: () => app.like(moment),
      keep: () => app.keep(moment),
    });
    cards[index] = element;
    order.push(index);
    app.told.watch(element, moment);
    return element;
  }

  /** @param {number} index @param {boolean} on */
  function stop(index, on) {
    cards[index]?.classList.toggle('current', on && index === current);
    for (const button of cards[index]?.querySelectorAll('button') ?? []) button.tabIndex = on ? 0 : -1;
  }

  /** Makes a card the one that the tab key stops at; none is the first. @param {number} index */
  function mark(index) {
    stop(current < 0 ? (order[0] ?? 0) : current, false);
    current = index;
    stop(index < 0 ? (order[0] ?? 0) : index, true);
  }

  /** Puts a group and its moments behind what is there; a group may go on over the end of a page. @param {Group} group @param {number} depth @param {Element} into @param {string} above */
  function place(group, depth, into, above) {
    const key = above + keyOf(group);
    let known = groups.get(key);
    if (!known) {
      const within = Object.entries(group.within ?? {}).map(([name, value]) => (name === 'season' ? `season ${value}` : String(value)));
      const box = h(
        'section',
        { class: 'group-box' },
        h(
          depth === 0 ? 'h3' : 'h4',
          { class: 'group' },
          h('span', {}, titleOf(group)),
          depth === 0 && within.length > 0 && h('span', { class: 'group-within' }, within.join(', ')),
          h('span', { class: 'group-count' }, many(group.total, 'moment')),
        ),
      );
      into.append(box);
      known = { box, list: null };
      groups.set(key, known);
    }
    for (const inner of group.groups ?? []) place(inner, depth + 1, known.box, key);
    const positions = (group.moments ?? []).filter((i) => moments[i]);
    if (positions.length === 0) return;
    if (!known.list) known.box.append((known.list = h('ol', { class: 'cards' })));
    known.list.append(...positions.map(make));
  }

  /** Draws moments from this one on. @param {Answer} answer @param {number} from @param {Group[]} inGroups */
  function add(answer, from, inGroups) {
    moments = answer.moments;
    const fresh = moments.slice(from);
    // Cards are of one height: what none of them has takes no room.
    if (fresh.some(lineOf)) list.classList.add('with-lines');
    if (fresh.some((m) => labels(m).length > 0)) list.classList.add('with-tags');
    if (inGroups.length > 0) {
      for (const group of inGroups) place(group, 0, list, '');
    } else {
      const known = list.querySelector('ol.cards') ?? list.appendChild(h('ol', { class: 'cards' }));
      known.append(...fresh.map((_, i) => make(from + i)));
    }
    more.remove();
    watcher.disconnect();
    if (!answer.next_cursor) return;
    list.append(more);
    watcher.observe(more);
  }

  /** @param {Answer} answer */
  function head(answer) {
    const shown = answer.moments.length;
    const total = answer.total === 0 ? 'No moments' : many(answer.total, 'moment');
    fill(count, total, h('span', { class: 'count-more' }, shown < answer.total ? `${shown.toLocaleString()} shown` : '', h('span', {}, `${answer.took_ms.toFixed(1)} ms`)));
    return `${total}${shown < answer.total ? `, ${shown} shown` : ''}`;
  }

  function bare() {
    [moments, cards, order, groups, current] = [[], [], [], new Map(), -1];
    list.classList.remove('with-lines', 'with-tags');
    watcher.disconnect();
    fill(acts);
  }

  function rest() {
    clearTimeout(slow);
    list.removeAttribute('aria-busy');
  }

  /** @param {number} index @param {boolean} focus @param {ScrollBehavior} behavior */
  function show(index, focus, behavior) {
    if (focus) cards[index]?.querySelector('button')?.focus({ preventScroll: true });
    cards[index]?.scrollIntoView({ block: 'nearest', behavior });
  }

  return {
    /** Shows an answer. @param {Answer} answer */
    show(answer) {
      rest();
      const said = head(answer);
      const wasHere = list.contains(document.activeElement);
      bare();
      if (answer.moments.length === 0) {
        fill(list, noMoments(app, answer));
        app.say('No moments');
        return;
      }
      fill(acts, exportButtons(app, (format) => exportOf(app.state, format)));
      fill(list);
      add(answer, 0, answer.groups ?? []);
      mark(moments.findIndex((m) => sameMoment(m, app.state.at)));
      // Who was at a card is at a card again.
      if (wasHere) cards[Math.max(current, order[0] ?? 0)]?.querySelector('button')?.focus({ preventScroll: true });
      app.say(said);
    },
    /** Puts a further page behind what is there. @param {Answer} answer @param {Moment[]} fresh @param {Group[]} inGroups */
    append(answer, fresh, inGroups) {
      head(answer);
      add(answer, answer.moments.length - fresh.length, inGroups);
    },
    /** Something else stands in place of moments. @param {string} title */
    clear(title) {
      rest();
      bare();
      fill(count, title);
      return list;
    },
    /** An answer is on its way. @param {boolean} first Is there none to leave on the screen? */
    wait(first) {
      clearTimeout(slow);
      slow = window.setTimeout(() => {
        list.setAttribute('aria-busy', 'true');
        fill(count, 'Searching …');
      }, SLOW_MS);
      if (!first || list.querySelector('.ghost')) return;
      bare();
      const ghost = () => h('li', { class: 'card ghost', 'aria-hidden': 'true' }, h('span', { class: 'pic' }), h('div', { class: 'card-body' }, h('p'), h('p')));
      fill(list, h('ol', { class: 'cards' }, Array.from({ length: GHOSTS }, ghost)));
    },
    /** The answer before stays: what was typed so far finds nothing, or the server is gone. @param {Answer | null} answer */
    hold(answer) {
      rest();
      if (answer) head(answer);
    },
    /** Something went wrong. @param {unknown} error */
    fail(error) {
      rest();
      bare();
      const { title, box } = problemBox(app, error);
      fill(count, title);
      fill(list, box);
    },
    /** The moment that the keyboard is at, or none. */
    current: () => moments[current] ?? null,
    /** Moves by so many cards; gives the moment it came to. @param {number} step @param {boolean} focus */
    move(step, focus) {
      const at = order.indexOf(current);
      const last = order.length - 1;
      if (at >= last - 1 && step > 0) app.more();
      const next = order[at < 0 ? (step > 0 ? 0 : last) : Math.min(Math.max(at + step, 0), last)];
      const moment = next === undefined ? undefined : moments[next];
      if (next === undefined || !moment) return null;
      mark(next);
      show(next, focus, matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth');
      return moment;
    },
    /** Marks the card of a moment, where there is one; else the mark stays where it was. @param {MomentRef} moment */
    mark(moment) {
      const index = moments.findIndex((m) => sameMoment(m, moment));
      if (index >= 0 && index !== current) mark(index);
    },
    /** Shows again where the keyboard is, after the cards moved. */
    stay: () => current >= 0 && show(current, false, 'instant'),
    /** Puts the focus on the current card, or the first. */
    focus() {
      if (current < 0 && order[0] !== undefined) mark(order[0]);
      if (current >= 0) show(current, true, 'instant');
      else list.querySelector('button')?.focus();
    },
  };
}

/** What the server is asked for a file of all moments. @param {State} state @param {string} format */
function exportOf(state, format) {
  const { limit: _, ...body } = requestOf(state);
  return { path: `/v1/export?format=${format}`, body };
}
