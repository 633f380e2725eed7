// The search box: a combobox with offers at every keystroke, and results as one types.

import { isAbort, json } from './api.js';
import { placesOf, typeName, typeTone } from './clauses.js';
import { byId, debounce, fill, h } from './dom.js';
import { OFFERS_MAX, accept, merge, tails } from './suggest.js';

/** Results follow typing after this pause, in milliseconds. */
const PAUSE_MS = 90;

/** @param {App} app */
export function searchBox(app) {
  const input = byId('q', HTMLInputElement);
  const list = byId('offers', HTMLUListElement);
  const form = byId('search', HTMLFormElement);
  const clear = byId('clear', HTMLButtonElement);
  /** @type {Offer[]} */
  let offers = [];
  let chosen = -1;
  /** The first keystroke after a step of the back button makes the next step; those that follow go on in it. */
  let typing = false;
  let asked = new AbortController();

  const search = debounce(PAUSE_MS, () => {
    app.go(asks(), typing ? 'replace' : 'push', true);
    typing = true;
  });
  /** What is asked with the words of the box: what plays stays, a bin is left. @returns {State} */
  const asks = () => ({ q: input.value, plan: app.state.plan, at: input.value.trim() === '' ? null : app.state.at });

  const hasClauses = () => placesOf(app.state.plan).length > 0;

  function close() {
    asked.abort();
    [offers, chosen] = [[], -1];
    draw();
  }

  function draw() {
    list.hidden = offers.length === 0;
    input.setAttribute('aria-expanded', String(offers.length > 0));
    if (chosen >= 0) input.setAttribute('aria-activedescendant', `offer-${chosen}`);
    else input.removeAttribute('aria-activedescendant');
    fill(
      list,
      offers.map((offer, i) =>
        h(
          'li',
          {
            id: `offer-${i}`,
            role: 'option',
            'aria-selected': String(i === chosen),
            // Before the box loses the focus.
            onpointerdown: (/** @type {Event} */ event) => {
              event.preventDefault();
              take(offer);
            },
          },
          h('span', { class: `dot tone-${typeTone(offer.type)}` }),
          h('span', { class: 'offer-text' }, matched(offer)),
          h('span', { class: 'offer-type' }, typeName(offer.type)),
          h('span', { class: 'offer-count' }, offer.count.toLocaleString()),
        ),
      ),
    );
  }

  /** @param {Offer} offer */
  function take(offer) {
    input.value = accept(input.value, offer);
    clear.hidden = false;
    close();
    search();
    input.focus();
  }

  async function offer() {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const ends = tails(input.value);
    try {
      const found = await Promise.all(
        ends.map(async (tail) => {
          const path = `/v1/suggest?limit=${OFFERS_MAX}&q=${encodeURIComponent(tail)}`;
          /** @type {{suggestions: Suggestion[]}} */
          const answer = await json(path, { signal });
          return { tail, suggestions: answer.suggestions };
        }),
      );
      if (signal.aborted) return;
      offers = merge(found);
      // Nothing is offered that is there already.
      if (offers.length === 1 && offers[0]?.text === offers[0]?.tail) offers = [];
      chosen = -1;
      draw();
    } catch (error) {
      if (!isAbort(error)) close();
    }
  }

  input.addEventListener('input', () => {
    clear.hidden = input.value === '' && !hasClauses();
    search();
    void offer();
  });
  input.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && offers.length > 0) {
      event.preventDefault();
      // One place more than there are offers: none is chosen.
      chosen = ((chosen + 1 + step + offers.length + 1) % (offers.length + 1)) - 1;
      draw();
    } else if (step > 0) {
      event.preventDefault();
      document.dispatchEvent(new CustomEvent('to-results'));
    } else if ((event.key === 'Enter' || event.key === 'Tab') && offers[chosen]) {
      event.preventDefault();
      event.stopPropagation();
      take(/** @type {Offer} */ (offers[chosen]));
    } else if (event.key === 'Escape' && offers.length > 0) {
      event.stopPropagation();
      close();
    }
  });
  input.addEventListener('blur', () => {
    close();
    typing = false;
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    search.cancel();
    close();
    app.go(asks(), typing ? 'replace' : 'push');
    typing = false;
  });
  clear.addEventListener('click', () => {
    input.value = '';
    close();
    // All that is asked goes: words, and what stands below them.
    app.go({ q: '', plan: {}, at: null }, 'push');
    input.focus();
  });

  return {
    /** Shows the words of the state, unless somebody is typing them. */
    show() {
      if (input.value.trim() !== app.state.q.trim()) input.value = app.state.q;
      clear.hidden = input.value === '' && !hasClauses();
      input.placeholder = hasClauses() ? 'Add to what stands below' : 'Who, where, what is said';
    },
    focus() {
      input.focus();
      input.select();
    },
    /** Leaves the box. */
    leave() {
      close();
      input.blur();
    },
  };
}

/** The offer's text with what was typed in bold. @param {Offer} offer */
function matched({ text, tail }) {
  const at = text.toLowerCase().indexOf(tail.toLowerCase());
  if (at < 0) return [text];
  return [text.slice(0, at), h('b', {}, text.slice(at, at + tail.length)), text.slice(at + tail.length)];
}
