// Bins: lists of moments that people keep. Keeping one, with a note where wanted, and the menu of all bins.

import { Problem, json } from './api.js';
import { byId, choice, fill, h, many, panel } from './dom.js';
import { icon } from './icons.js';
import { inWords, sameMoment } from './request.js';
import { recall, remember } from './store.js';

const CHOICE = 'rushes-bin';
/** What the first bin is called. */
const FIRST_NAME = 'Selects';
const RATING_MAX = 5;

/** The address of a bin. @param {string} id */
export const binPath = (id) => `/v1/bins/${encodeURIComponent(id)}`;

/** @param {unknown} error */
export const why = (error) => (error instanceof Problem ? [error.message, error.document.mend].filter(Boolean).join(': ') : String(error));

/** Ratings to choose from. @type {[value: string, says: string][]} */
export const RATINGS = [['', 'No rating'], ...Array.from({ length: RATING_MAX }, (_, i) => /** @type {[string, string]} */ ([String(i + 1), '★'.repeat(i + 1)]))];

/** @param {App} app */
export function bins(app) {
  const button = byId('bins', HTMLButtonElement);
  const dialog = byId('note-dialog', HTMLDialogElement);
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  /** @type {BinHead[]} */
  let heads = [];
  let chosen = recall(CHOICE) ?? '';
  const menu = panel(button, 'Bins', drawMenu);
  button.addEventListener('click', () => void load().then(() => menu.redraw()));

  async function load() {
    try {
      heads = /** @type {{bins: BinHead[]}} */ (await json('/v1/bins')).bins;
    } catch {
      heads = [];
    }
    drawButton();
  }

  /** The bin that moments go to: the one that was chosen last, else the first. */
  const target = () => heads.find((b) => b.bin === chosen) ?? heads[0];

  function drawButton() {
    const bin = target();
    fill(button, icon('bins'), h('span', { class: 'bins-name' }, bin?.name ?? 'Bins'), bin && h('span', { class: 'bins-count' }, String(bin.moments)));
  }

  /** @param {string} id */
  function choose(id) {
    chosen = id;
    remember(CHOICE, id);
    drawButton();
  }

  /** @param {string} id */
  function show(id) {
    menu.close();
    choose(id);
    app.go({ q: '', plan: {}, at: null, bin: id }, 'push');
  }

  /** @param {string} name @param {Addition[]} add */
  async function make(name, add = []) {
    const made = /** @type {BinDocument} */ (await json('/v1/bins', { body: { name, add } }));
    choose(made.bin);
    await load();
    return made;
  }

  /** @param {HTMLElement} box */
  function drawMenu(box) {
    const name = h('input', { type: 'text', 'aria-label': 'Name of the new bin', placeholder: 'New bin', autocomplete: 'off' });
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (name.value.trim() === '') return;
      try {
        show((await make(name.value.trim())).bin);
      } catch (error) {
        app.note(`Not made: ${why(error)}`, { bad: true });
      }
    };
    fill(
      box,
      heads.length === 0 && h('p', { class: 'fine' }, 'A bin keeps moments in your order, with notes. Press E at a moment.'),
      h(
        'ul',
        { class: 'bins-list' },
        heads.map((b) => h('li', {}, h('button', { type: 'button', class: 'known-label', 'aria-current': b.bin === target()?.bin ? 'true' : false, onclick: () => show(b.bin) }, h('bdi', {}, b.name), h('span', {}, many(b.moments, 'moment'))))),
      ),
      h('form', { class: 'bins-new', onsubmit: submit }, name, h('button', { type: 'submit', class: 'quiet' }, icon('add'), 'Make')),
    );
  }

  /** @param {MomentRef} moment @param {Partial<Addition>} [more] @returns {Addition} */
  const addition = ({ asset_id, start_ns, end_ns }, more = {}) => {
    const question = inWords(app.state);
    return { asset_id, start_ns, end_ns, ...(question && { question }), ...more };
  };

  /**
   * Puts a moment into the chosen bin, which is made where there is none. One that is there already takes the note.
   * @param {MomentRef} moment @param {Partial<Addition>} [more]
   */
  async function keep(moment, more) {
    app.told.tell('kept', moment);
    try {
      if (heads.length === 0) await load();
      const head = target();
      const bin = head && /** @type {BinDocument} */ (await json(binPath(head.bin)));
      const there = bin?.items.find((item) => sameMoment(item, moment));
      if (bin && there) {
        if (more) await json(binPath(bin.bin), { method: 'PATCH', body: { change: [{ item: there.item, ...more }] } });
        app.note(more ? `Noted in ${bin.name}` : `It is in ${bin.name} already`);
        return;
      }
      const add = [addition(moment, more)];
      const kept = bin ? /** @type {BinDocument} */ (await json(binPath(bin.bin), { method: 'PATCH', body: { add } })) : await make(FIRST_NAME, add);
      const item = kept.items.at(-1)?.item;
      await load();
      app.note(`Kept in ${kept.name}`, { act: { says: 'Undo', does: () => void undo(kept.bin, item) } });
    } catch (error) {
      app.note(`Not kept: ${why(error)}`, { bad: true });
    }
  }

  /** @param {string} id @param {number | undefined} item */
  async function undo(id, item) {
    if (item === undefined) return;
    try {
      await json(binPath(id), { method: 'PATCH', body: { remove: [item] } });
      app.note('Taken out again');
    } catch (error) {
      app.note(`Not taken out: ${why(error)}`, { bad: true });
    }
    await load();
    if (app.state.bin === id) app.refresh();
  }

  /** @param {MomentRef} moment */
  function keepWithNote(moment) {
    const note = h('textarea', { 'aria-label': 'Note', rows: '3', placeholder: 'What to say of it', autofocus: true });
    let rating = '';
    const options = heads.map((b) => /** @type {[string, string]} */ ([b.bin, b.name]));
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      dialog.close();
      void keep(moment, { note: note.value, ...(rating && { rating: Number(rating) }) });
    };
    fill(
      dialog,
      h(
        'form',
        { onsubmit: submit },
        h('h2', {}, 'Keep with a note'),
        note,
        h('div', { class: 'form-rows' }, heads.length > 0 && choice('Bin', options, target()?.bin ?? '', choose), choice('Rating', RATINGS, '', (value) => (rating = value))),
        h('div', { class: 'form-end' }, h('span', { class: 'gap' }), h('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'Cancel'), h('button', { type: 'submit', class: 'primary' }, 'Keep')),
      ),
    );
    dialog.showModal();
  }

  /** By the keyboard the menu is entered, too. */
  function openMenu() {
    button.click();
    menu.box.querySelector('button')?.focus();
  }

  drawButton();
  void load();
  return { keep, keepWithNote, menu: openMenu, load };
}
