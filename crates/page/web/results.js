// The moments found: cards, in groups where asked for, moved through with the keyboard.

import { card, spanOf } from './card.js';
import { told } from './clauses.js';
import { byId, fill, h } from './dom.js';
import { noMoments, problemBox, welcome } from './empty.js';
import { exportButtons } from './export.js';
import { sameMoment } from './request.js';

/** @param {number} n @param {string} one */
const many = (n, one) => `${n.toLocaleString()} ${one}${n === 1 ? '' : 's'}`;

/** Cards that stand in while the first answer is on its way. */
const GHOSTS = 8;

/** @param {App} app */
export function results(app) {
  const list = byId('results', HTMLDivElement);
  const count = byId('count', HTMLHeadingElement);
  const notes = byId('notes', HTMLDivElement);
  const acts = byId('result-acts', HTMLDivElement);
  /** @type {Moment[]} */
  let moments = [];
  /** @type {HTMLElement[]} */
  let cards = [];
  /** In the order on the screen, which groups may change. @type {number[]} */
  let order = [];
  let current = -1;
  const watcher = new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && app.more(), { rootMargin: '400px' });

  /** @param {Moment} moment @param {number} index */
  function make(moment, index) {
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
    });
    cards[index] = element;
    app.told.watch(element, moment);
    return element;
  }

  /** The one card that the tab key stops at. @param {number} index */
  function mark(index) {
    for (const [i, element] of cards.entries()) {
      const on = i === index;
      element?.classList.toggle('current', on);
      for (const button of element?.querySelectorAll('button') ?? []) button.tabIndex = on || (index < 0 && i === order[0]) ? 0 : -1;
    }
    current = index;
  }

  /** @param {Group} group @param {number} depth @returns {Node[]} */
  function grouped(group, depth) {
    const key = group.key === null || group.key === undefined ? 'unknown' : String(group.key);
    const within = Object.entries(group.within ?? {}).map(([name, value]) => (name === 'season' ? `season ${value}` : String(value)));
    const plain = ['movie', 'series', 'asset', 'collection'].includes(group.by);
    const positions = group.moments ?? [];
    order.push(...positions);
    return [
      h(
        depth === 0 ? 'h3' : 'h4',
        { class: 'group' },
        h('span', {}, plain ? key : `${capital(group.by.replace(/^attribute:/, ''))} ${key}`),
        depth === 0 && within.length > 0 && h('span', { class: 'group-within' }, within.join(', ')),
        h('span', { class: 'group-count' }, many(group.total, 'moment')),
      ),
      ...(group.groups ?? []).flatMap((g) => grouped(g, depth + 1)),
      ...(positions.length > 0 ? [h('ol', { class: 'cards' }, positions.map((i) => moments[i] && make(/** @type {Moment} */ (moments[i]), i)))] : []),
    ];
  }

  /** @param {Answer} answer */
  function draw(answer) {
    moments = answer.moments;
    [cards, order] = [[], []];
    const groups = answer.groups ?? [];
    if (groups.length > 0) fill(list, groups.flatMap((g) => grouped(g, 0)));
    else {
      order = moments.map((_, i) => i);
      fill(list, h('ol', { class: 'cards' }, moments.map(make)));
    }
    if (answer.next_cursor) {
      const more = h('button', { type: 'button', class: 'more', onclick: () => app.more() }, 'More moments');
      list.append(more);
      watcher.disconnect();
      watcher.observe(more);
    }
    mark(moments.findIndex((m) => sameMoment(m, app.state.at)));
  }

  /** @param {Answer} answer */
  function head(answer) {
    const shown = answer.moments.length;
    const total = answer.total === 0 ? 'No moments' : many(answer.total, 'moment');
    fill(count, total, h('span', { class: 'count-more' }, shown < answer.total ? `${shown.toLocaleString()} shown` : '', h('span', {}, `${answer.took_ms.toFixed(1)} ms`)));
    fill(acts, shown > 0 && exportButtons(app));
    const approximate = answer.clauses.some((c) => c.approximate);
    const said = answer.warnings.map((w) => told(answer.plan, w));
    if (approximate) said.push('nearest neighbours were searched approximately; choose “Exact” for the mathematically nearest');
    fill(notes, answer.total > 0 && said.length > 0 && h('ul', {}, said.map((message) => h('li', {}, capital(message)))));
    return `${total}${shown < answer.total ? `, ${shown} shown` : ''}`;
  }

  function bare() {
    [moments, cards, order, current] = [[], [], [], -1];
    fill(acts);
    fill(notes);
  }

  return {
    /** Shows an answer. @param {Answer} answer */
    show(answer) {
      list.removeAttribute('aria-busy');
      const said = head(answer);
      if (answer.moments.length > 0) {
        draw(answer);
        app.say(said);
        return;
      }
      bare();
      fill(list, noMoments(app, answer));
      app.say('No moments');
    },
    /** Nothing is asked. */
    welcome() {
      bare();
      list.removeAttribute('aria-busy');
      fill(count, 'Find a moment');
      void welcome(app, list);
    },
    /** An answer is on its way. @param {boolean} first Is there none to leave on the screen? */
    wait(first) {
      list.setAttribute('aria-busy', 'true');
      if (!first) return;
      bare();
      fill(count, 'Searching');
      const ghost = () => h('li', { class: 'card ghost', 'aria-hidden': 'true' }, h('span', { class: 'pic' }), h('div', { class: 'card-body' }, h('p'), h('p')));
      fill(list, h('ol', { class: 'cards' }, Array.from({ length: GHOSTS }, ghost)));
    },
    /** Something went wrong. @param {unknown} error */
    fail(error) {
      bare();
      list.removeAttribute('aria-busy');
      fill(count, 'Not found out');
      fill(list, problemBox(app, error));
    },
    /** The moment that the keyboard is at, or the first. */
    current: () => moments[current] ?? null,
    /** Moves by so many cards; gives the moment it came to. @param {number} step @param {boolean} focus */
    move(step, focus) {
      const at = order.indexOf(current);
      const next = order[at < 0 ? (step > 0 ? 0 : order.length - 1) : Math.min(Math.max(at + step, 0), order.length - 1)];
      const moment = next === undefined ? undefined : moments[next];
      if (next === undefined || !moment) return null;
      mark(next);
      const button = cards[next]?.querySelector('button');
      if (focus) button?.focus({ preventScroll: true });
      cards[next]?.scrollIntoView({ block: 'nearest', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
      return moment;
    },
    /** Marks the card of a moment. @param {MomentRef | null} moment */
    mark: (moment) => mark(moments.findIndex((m) => sameMoment(m, moment))),
    /** Puts the focus on the current card, or the first. */
    focus() {
      const card = cards[current >= 0 ? current : (order[0] ?? 0)];
      const target = card?.querySelector('button') ?? list.querySelector('button');
      if (current < 0 && order[0] !== undefined && card) mark(order[0]);
      target?.focus();
    },
  };
}

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
