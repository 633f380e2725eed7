// The dialogs but that of a clause: the plan as text, the keys, the login.

import { Problem, ask, json } from './api.js';
import { written } from './clauses.js';
import { byId, choice, fill, h } from './dom.js';
import { COMMANDS, MAPS, chooseMap, chosenMap, keysOf } from './keys.js';
import { readPlan } from './request.js';

/** @param {HTMLDialogElement} dialog */
const shut = (dialog) => h('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'Close');

/** The plan as JSON, to be edited. @param {App} app */
export function planDialog(app) {
  const dialog = byId('plan-dialog', HTMLDialogElement);
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  return () => {
    const plan = app.answer ? written({ ...app.answer.plan, ...app.state.plan, ...groupsOf(app.answer.plan) }) : app.state.plan;
    const text = h('textarea', { 'aria-label': 'Plan as JSON', spellcheck: 'false', rows: '18' });
    text.value = JSON.stringify(plan, null, 2);
    const wrong = h('p', { class: 'bad', role: 'alert', hidden: true });
    const tell = (/** @type {string} */ message) => {
      fill(wrong, message);
      wrong.hidden = false;
    };
    const apply = async () => {
      const next = readPlan(text.value);
      if (!next) {
        tell(syntaxOf(text.value));
        return;
      }
      try {
        // The server says what is wrong with a field, before anything is lost.
        await json('/v1/plan', { body: next });
        dialog.close();
        app.go({ q: '', plan: next, at: null }, 'push');
      } catch (error) {
        tell(error instanceof Problem ? `${error.document.pointer ? `${error.document.pointer}: ` : ''}${error.message}` : String(error));
      }
    };
    fill(
      dialog,
      h(
        'form',
        {
          onsubmit: (/** @type {Event} */ event) => {
            event.preventDefault();
            void apply();
          },
        },
        h('h2', {}, 'Plan as JSON'),
        h('p', { class: 'fine' }, 'What was understood, as a structured query. Change it and ask with it.'),
        text,
        wrong,
        h('div', { class: 'form-end' }, h('button', { type: 'button', class: 'quiet', onclick: () => app.copy(text.value, 'Plan') }, 'Copy'), h('span', { class: 'gap' }), shut(dialog), h('button', { type: 'submit', class: 'primary' }, 'Search')),
      ),
    );
    dialog.showModal();
  };
}

/** The clauses of a plan alone. @param {Plan} plan @returns {Plan} */
const groupsOf = ({ all, any, none, then }) => Object.fromEntries(Object.entries({ all, any, none, then }).filter(([, v]) => v !== undefined));

/** Why a text is no plan. @param {string} text */
function syntaxOf(text) {
  try {
    JSON.parse(text);
    return 'A plan is an object whose “all”, “any”, “none” and “then” are lists of objects.';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The keys, and whose keys they are. @param {Told} told */
export function helpDialog(told) {
  const tells = h('input', { type: 'checkbox', onchange: () => told.turn(tells.checked) });
  tells.checked = told.isOn();
  const list = h('dl', { class: 'keys' });
  const draw = () => {
    const keys = (/** @type {string} */ action) => keysOf(chosenMap(), action).map((key) => h('kbd', {}, key));
    fill(list, COMMANDS.map(([action, says]) => h('div', {}, h('dt', {}, keys(action)), h('dd', {}, says))));
  };
  draw();
  const dialog = byId('help-dialog', HTMLDialogElement);
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  fill(
    dialog,
    h('div', { class: 'keys-head' }, h('h2', { tabindex: '-1', autofocus: true }, 'Keys'), h('span', { class: 'gap' }), choice('As in', Object.entries(MAPS).map(([name, { says }]) => [name, says]), chosenMap(), (name) => (chooseMap(name), draw()))),
    list,
    h('p', { class: 'fine' }, 'Quotes are dialogue: “could you pass the salt”. A name leads to its label; other words are looked for in labels and dialogue. Each part of what was understood is a chip: press it to change it, press Delete on it to remove it.'),
    h('label', { class: 'fine' }, tells, ' Tell the server which moments I look at and take along, so that it ranks better. Never what I ask.'),
    h('div', { class: 'form-end' }, h('a', { href: '/openapi.json' }, 'The interface as OpenAPI'), h('span', { class: 'gap' }), shut(dialog)),
  );
  return () => (dialog.open ? dialog.close() : dialog.showModal());
}

/**
 * The login, where the archive has access tokens. The token goes to the server once; what stays here is a cookie that
 * no script can read.
 * @param {() => void} done
 */
export function loginDialog(done) {
  const dialog = byId('login-dialog', HTMLDialogElement);
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  return () => {
    if (dialog.open) return;
    const token = h('input', { type: 'password', autocomplete: 'current-password', 'aria-label': 'Access token', required: true });
    const wrong = h('p', { class: 'bad', role: 'alert', hidden: true });
    const provider = h('a', { class: 'provider', hidden: true }, 'Log in with your organisation');
    void byProvider(provider);
    const enter = async () => {
      try {
        await ask('/v1/login', { body: { token: token.value.trim() } });
        token.value = '';
        dialog.close();
        done();
      } catch (error) {
        fill(wrong, error instanceof Problem && error.status === 401 ? 'This token is not valid here.' : error instanceof Problem ? error.message : String(error));
        wrong.hidden = false;
        token.select();
      }
    };
    fill(
      dialog,
      h(
        'form',
        {
          onsubmit: (/** @type {Event} */ event) => {
            event.preventDefault();
            void enter();
          },
        },
        h('h2', {}, 'Log in'),
        h('p', {}, 'This archive is open to those who have an access token. Its administrator makes one with ', h('code', {}, 'rushes token create'), '.'),
        token,
        wrong,
        h('div', { class: 'form-end' }, provider, h('span', { class: 'gap' }), h('button', { type: 'submit', class: 'primary' }, 'Log in')),
      ),
    );
    dialog.showModal();
  };
}

/** Shows the way to the login provider, where there is one; it leads back to what is asked. @param {HTMLAnchorElement} link */
async function byProvider(link) {
  try {
    const { provider } = /** @type {{provider: string | null}} */ (await json('/v1/login'));
    if (provider === null) return;
    link.href = `${provider}?to=${encodeURIComponent(location.pathname + location.hash)}`;
    link.hidden = false;
  } catch {
    // The login by a token is there all the same.
  }
}
