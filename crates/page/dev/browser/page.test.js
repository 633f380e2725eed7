// The page in a real browser, on a real server.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { found, launch } from './browser.js';
import { serve } from './fixture.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rushes = process.env.RUSHES_BIN;
const skip = !rushes ? 'RUSHES_BIN names no program' : !found() ? 'there is no Chromium; CHROMIUM names one' : false;
if (skip) console.log(`SKIPPED: no browser test was run: ${skip}`);

let server;
let browser;

before(async () => {
  if (skip) return;
  [server, browser] = [await serve(rushes), await launch()];
  if (!server.withVideo) console.log('SKIPPED: the tests of the player: there is no ffmpeg to make a clip with');
});
after(async () => {
  await browser?.close();
  server?.stop();
});

/** A page at an address; its mistakes fail the test. */
async function open(hash = '', options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ['clipboard-read', 'clipboard-write'], ...options });
  const page = await context.newPage();
  const mistakes = [];
  page.on('pageerror', (error) => mistakes.push(error.message));
  page.on('console', (message) => {
    // What the server refuses is a line on the console, too; those are looked at where they matter.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) mistakes.push(message.text());
  });
  await page.goto(`${server.base}/${hash}`);
  return Object.assign(page, {
    done: async () => {
      await context.close();
      assert.deepEqual(mistakes, []);
    },
  });
}

const count = (page) => page.locator('#count').innerText();
const cards = (page) => page.locator('.card:not(.ghost)');
const shows = (page, text) => page.waitForFunction((wanted) => document.querySelector('#count')?.textContent?.includes(wanted), text);
const at = (page) => page.evaluate(() => document.querySelector('video')?.currentTime ?? -1);

/** What axe finds wrong, at the levels of WCAG 2.2 AA. */
async function axe(page) {
  // The page allows no foreign script; the test's own is run in the page's world, not loaded by it.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  );
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).slice(0, 3).join(' | ')}`);
}

test('the welcome offers what the archive holds', { skip }, async () => {
  const page = await open();
  await page.waitForSelector('.try');
  assert.ok((await page.locator('.known-label').allInnerTexts()).some((t) => t.startsWith('Nell')));
  await page.click('.try >> nth=1');
  await shows(page, 'moment');
  assert.ok((await cards(page).count()) > 0);
  await page.done();
});

test('moments appear as one types, and the address carries them', { skip }, async () => {
  const page = await open();
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'q');
  await page.keyboard.type('Nell in the kitchen', { delay: 15 });
  // The beginning of the last word finds the same three.
  await page.waitForFunction(() => location.hash === '#q=Nell+in+the+kitchen');
  await shows(page, '3 moments');
  assert.deepEqual(await page.locator('.chip-says').allInnerTexts(), ['Nell', 'kitchen']);
  const first = cards(page).first();
  assert.match(await first.innerText(), /The Lamp Room\s*S01E0\d/);
  assert.match(await first.innerText(), /10:00:22:00 – 10:00:40:00/);
  assert.match(await page.locator('#live').innerText(), /3 moments/);
  await page.reload();
  await shows(page, '3 moments');
  assert.equal(await page.inputValue('#q'), 'Nell in the kitchen');
  await page.done();
});

test('the back button goes to the question before', { skip }, async () => {
  const page = await open('#q=Nell');
  await shows(page, '6 moments');
  await page.click('.known-label, #clear');
  await page.keyboard.type('herring');
  await page.keyboard.press('Enter');
  await shows(page, '3 moments');
  await page.goBack();
  await page.goBack();
  await shows(page, '6 moments');
  assert.equal(await page.inputValue('#q'), 'Nell');
  await page.done();
});

test('names are offered at every keystroke and taken by the keyboard', { skip }, async () => {
  const page = await open();
  await page.keyboard.type('Nell and the c', { delay: 15 });
  await page.waitForSelector('#offers li');
  assert.equal(await page.getAttribute('#q', 'aria-expanded'), 'true');
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.getAttribute('#q', 'aria-activedescendant'), 'offer-0');
  await page.keyboard.press('Enter');
  assert.equal(await page.inputValue('#q'), 'Nell and The Cat ');
  await shows(page, '3 moments');
  await page.keyboard.type('ki');
  await page.waitForSelector('#offers li');
  await page.keyboard.press('Escape');
  assert.ok(await page.isHidden('#offers'));
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'q');
  await page.done();
});

test('words become chips that can be changed, moved and removed', { skip }, async () => {
  const page = await open('#q=Nell+in+the+kitchen');
  await shows(page, '3 moments');
  await page.click('.chip-main >> nth=1');
  await page.locator('#clause-dialog').getByLabel('Group').selectOption('none');
  await page.locator('#clause-dialog button[type=submit]').click();
  await page.waitForSelector('.chip-none');
  await shows(page, '3 moments');
  assert.match(await cards(page).first().innerText(), /10:00:00:00 – 10:00:14:00/);
  assert.equal(await page.inputValue('#q'), '');
  assert.match(decodeURIComponent(page.url()), /"none":\[\{"type":"SCENE_SEARCH"/);
  await page.locator('.chip-none .chip-main').focus();
  await page.keyboard.press('Delete');
  await shows(page, '6 moments');
  await page.getByRole('button', { name: 'Clause', exact: true }).click();
  await page.locator('#clause-dialog').getByRole('textbox', { name: 'Words' }).fill('Tobias');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('.chip-says').length === 2);
  await shows(page, '6 moments');
  assert.deepEqual(await page.locator('.chip-says').allInnerTexts(), ['Nell', 'Tobias']);
  await page.done();
});

test('options change the moments: span, confidence, groups, order', { skip }, async () => {
  const page = await open('#q=Nell+Tobias');
  await shows(page, '6 moments');
  await page.getByRole('button', { name: 'Whole' }).click();
  await page.waitForFunction(() => location.hash.includes('union'));
  await page.waitForFunction(() => document.querySelector('.card-time')?.textContent?.startsWith('10:00:00:00'));
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Whole');
  await page.getByLabel('Group').selectOption('season,episode');
  await page.waitForSelector('h3.group');
  assert.deepEqual(await page.locator('h4.group span:first-child').allInnerTexts(), ['Episode 1', 'Episode 2', 'Episode 3']);
  await page.getByLabel('Top').selectOption('1');
  await page.waitForFunction(() => document.querySelectorAll('.card').length === 3);
  await page.getByLabel('Confidence').focus();
  for (let i = 0; i < 40; i += 1) await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => location.hash.includes('min_confidence'));
  await page.done();
});

test('a word that is half typed finds what begins with it, and where is looked stands beside it', { skip }, async () => {
  const page = await open('#q=episode+2+Nell+kitch');
  await shows(page, '1 moment');
  assert.deepEqual(await page.locator('.chip-says').allInnerTexts(), ['Nell', 'kitch']);
  assert.equal((await page.locator('.chip-limit').innerText()).trim(), 'episode 2');
  await page.locator('.chip-limit .chip-drop').click();
  await shows(page, '3 moments');
  await page.done();
});

test('the line of dialogue shows what was found, in whatever form', { skip }, async () => {
  const page = await open('#q=run+foot');
  await shows(page, '3 moments');
  assert.deepEqual(await cards(page).first().locator('mark').allInnerTexts(), ['feet ran']);
  await page.goto(`${server.base}/#q="pass+the+salt"`);
  await page.waitForFunction(() => document.querySelector('mark')?.textContent === 'pass the salt');
  await page.done();
});

test('the plan is edited as JSON, and a mistake is said before anything is lost', { skip }, async () => {
  const page = await open('#q=Nell');
  await shows(page, '6 moments');
  await page.getByRole('button', { name: 'JSON' }).click();
  const text = page.locator('#plan-dialog textarea');
  assert.deepEqual(JSON.parse(await text.inputValue()), { all: [{ type: 'CHARACTER_SEARCH', label: 'Nell' }] });
  await text.fill('{"all":[{"lable":"Nell"}]}');
  await page.locator('#plan-dialog button[type=submit]').click();
  await page.waitForSelector('#plan-dialog .bad:not([hidden])');
  assert.match(await page.locator('#plan-dialog .bad').innerText(), /lable/);
  await text.fill('{"all":[{"label":"Tobias"}],"rank_by":"start"}');
  await page.locator('#plan-dialog button[type=submit]').click();
  await page.waitForFunction(() => document.querySelector('.chip-says')?.textContent === 'Tobias');
  await page.done();
});

test('everything is done by the keyboard alone', { skip }, async () => {
  const page = await open('#q=kitchen');
  await shows(page, '3 moments');
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'q');
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  const current = () => page.evaluate(() => [...document.querySelectorAll('.card')].findIndex((c) => c.classList.contains('current')));
  assert.equal(await current(), 2);
  await page.keyboard.press('ArrowUp');
  assert.equal(await current(), 1);
  await page.keyboard.press('c');
  await page.waitForFunction(() => document.querySelector('#toast')?.textContent?.includes('copied'));
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '10:00:22:00');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#player:not([hidden])');
  assert.match(page.url(), /at=lamp-room-s01e02@22000000000-40000000000/);
  await page.keyboard.press('k');
  await page.waitForFunction(() => location.hash.includes('s01e01'));
  await page.keyboard.press('?');
  assert.ok(await page.isVisible('#help-dialog'));
  await page.keyboard.press('Escape');
  assert.ok(await page.isHidden('#help-dialog'));
  await page.keyboard.press('m');
  await page.waitForFunction(() => document.querySelector('.chip-says')?.textContent?.includes('a moment of'));
  await page.waitForSelector('.card');
  await page.keyboard.press('Escape');
  assert.ok(await page.isHidden('#player'));
  await page.done();
});

test('the player starts at the in-point, stops at the out-point, or loops', { skip }, async (t) => {
  if (!server.withVideo) return t.skip('there is no ffmpeg');
  const page = await open('#q="pass+the+salt"');
  await shows(page, '3 moments');
  await cards(page).first().locator('.card-main').click();
  await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) > 1);
  assert.ok((await at(page)) >= 23, String(await at(page)));
  // Three seconds from 23 to 26.
  await page.waitForFunction(() => document.querySelector('video')?.paused && (document.querySelector('video')?.currentTime ?? 0) > 25.5, null, { timeout: 15_000 });
  const end = await at(page);
  assert.ok(end <= 26 && end > 25.9, String(end));
  await page.keyboard.press('l');
  assert.equal(await page.locator('.at-out').innerText(), 'Loop');
  await page.keyboard.press(' ');
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 99) < 24);
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 25, null, { timeout: 15_000 });
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 99) < 24.5, null, { timeout: 15_000 });
  await page.keyboard.press(' ');
  await page.waitForFunction(() => document.querySelector('video')?.paused);
  await page.keyboard.press('i');
  await page.waitForFunction(() => document.querySelector('.now')?.textContent === '10:00:23:00');
  await page.keyboard.press('.');
  await page.waitForFunction(() => document.querySelector('.now')?.textContent === '10:00:23:01');
  await page.keyboard.press(',');
  await page.waitForFunction(() => document.querySelector('.now')?.textContent === '10:00:23:00');
  return page.done();
});

test('what the browser cannot play is played from a proxy', { skip }, async (t) => {
  if (!server.withVideo) return t.skip('there is no ffmpeg');
  const page = await open('#q=dunes');
  await shows(page, '1 moment');
  await cards(page).first().locator('.card-main').click();
  await page.waitForFunction(() => document.querySelector('video')?.src.endsWith('/proxy') && (document.querySelector('video')?.readyState ?? 0) > 1, null, { timeout: 60_000 });
  assert.ok((await at(page)) >= 1, String(await at(page)));
  assert.ok(await page.isHidden('.screen-notice'));
  return page.done();
});

test('lanes show what is around, and lead there', { skip }, async () => {
  const page = await open('#q="pass+the+salt"');
  await shows(page, '3 moments');
  await cards(page).first().locator('.card-main').click();
  await page.waitForSelector('.lane .bar');
  const names = await page.locator('.lane .lane-name').allInnerTexts();
  assert.deepEqual(names.filter(Boolean), ['shot', 'character', 'scene', 'object', 'dialogue']);
  await page.keyboard.press(' ');
  const bar = page.locator('.bar', { hasText: 'The Cat' });
  const box = await bar.boundingBox();
  await page.mouse.click(box.x + 1, box.y + box.height / 2);
  await page.waitForFunction(() => /10:00:2[56]:/.test(document.querySelector('.now')?.textContent ?? ''));
  await page.locator('.ruler').focus();
  await page.keyboard.press('Home');
  await page.waitForFunction(() => document.querySelector('.ruler')?.getAttribute('aria-valuetext')?.startsWith('10:00:23'));
  await page.keyboard.press('Shift+ArrowRight');
  await page.waitForFunction(() => document.querySelector('.ruler')?.getAttribute('aria-valuetext')?.startsWith('10:00:24'));
  await page.locator('.lanes-list summary').click();
  assert.ok((await page.locator('.lanes-list tbody tr').count()) > 5);
  await page.done();
});

test('an asset without media keeps its lanes', { skip }, async () => {
  const page = await open('#plan={"all":[{"label":"kitchen"}],"scope":{"episodes":[3]}}');
  await shows(page, '1 moment');
  await cards(page).first().locator('.card-main').click();
  await page.waitForSelector('.screen-notice:not([hidden])');
  assert.match(await page.locator('.screen-notice').innerText(), /No media of this asset/);
  await page.waitForSelector('.lane .bar');
  assert.ok(await cards(page).first().locator('.slate').isVisible());
  await page.done();
});

test('moments are saved as a table and as an edit list', { skip }, async () => {
  const page = await open('#q=Nell+in+the+kitchen');
  await shows(page, '3 moments');
  const save = async (name) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name, exact: true }).click()]);
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
  };
  const table = await save('CSV');
  assert.equal(table.name, 'moments.csv');
  assert.equal(table.text.trim().split('\r\n').length, 4);
  const list = await save('EDL');
  assert.equal(list.name, 'moments.edl');
  assert.match(list.text, /^TITLE: Nell in the kitchen\r\nFCM: NON-DROP FRAME/);
  assert.match(list.text, /003 {2}\w+ +V +C +10:00:22:00 10:00:40:00 01:00:36:00 01:00:54:00/);
  await page.done();
});

test('no moments come with the reason and what to do', { skip }, async () => {
  const page = await open('#plan={"all":[{"type":"CHARACTER_SEARCH","label":"Tobais"},{"label":"kitchen"}]}');
  await page.waitForSelector('.nothing');
  assert.match(await page.locator('.nothing').innerText(), /character is Tobais/);
  await page.getByRole('button', { name: 'Allow typos' }).click();
  await shows(page, '3 moments');
  await page.goto(`${server.base}/#plan={"all":[{"label":"stairs"},{"label":"kitchen"}]}`);
  await page.waitForSelector('.nothing');
  assert.match(await page.locator('.nothing').innerText(), /never at the same time/);
  await page.done();
});

test('a line says that the archive catches up, and moments follow when it has', { skip }, async () => {
  const page = await open('#q=Nell');
  await shows(page, '6 moments');
  let busy = true;
  await page.route('**/v1/status', async (route) => {
    const response = await route.fetch();
    const status = await response.json();
    const lag = [{ consumer: 'index', topic: 'x', behind: 12 }];
    await route.fulfill({ json: busy ? { ...status, catching_up: true, lag } : status });
  });
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await page.waitForSelector('#banner:not([hidden])');
  assert.match(await page.locator('#banner').innerText(), /Catching up \(12 to index\)/);
  busy = false;
  const [again] = await Promise.all([page.waitForRequest('**/v1/search'), page.waitForSelector('#banner', { state: 'hidden' })]);
  assert.equal(again.method(), 'POST');
  await page.done();
});

test('a mistake in a plan is told in words', { skip }, async () => {
  const page = await open('#plan={"all":[{"label":"a","text":"b"}]}');
  await page.waitForSelector('.problem');
  assert.match(await page.locator('.problem').innerText(), /one of label, text, phrase, vector/);
  await page.done();
});

test('what an archive holds cannot become markup', { skip }, async () => {
  const page = await open(`#q=${encodeURIComponent('<img src=x onerror=alert(1)>')}`);
  await page.waitForSelector('.nothing, .card');
  assert.equal(await page.locator('#results img[src="x"], .chips img').count(), 0);
  await page.done();
});

const STATES = [
  ['the welcome', '', async (page) => page.waitForSelector('.try')],
  ['moments', '#q=Nell', async (page) => shows(page, 'moments')],
  ['groups', '#q=Nell&plan={"group_by":["season","episode"]}', async (page) => page.waitForSelector('h4.group')],
  ['no moments', '#q=zeppelin', async (page) => page.waitForSelector('.nothing')],
  ['a problem', '#plan={"all":[{"label":"a","text":"b"}]}', async (page) => page.waitForSelector('.problem')],
  ['the player', '#q="pass+the+salt"&at=lamp-room-s01e01@23000000000-26000000000', async (page) => (await page.waitForSelector('.lane .bar'), page.locator('.lanes-list summary').click())],
  ['a clause', '#q=Nell', async (page) => (await page.waitForSelector('.chip-main'), page.click('.chip-main'))],
  ['the keys', '#q=Nell', async (page) => page.click('#help')],
  ['offers', '', async (page) => (await page.keyboard.type('N'), page.waitForSelector('#offers li'))],
];
for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing wrong with any state, ${colorScheme}`, { skip }, async () => {
    for (const [name, hash, reach] of STATES) {
      const page = await open(hash, { colorScheme, reducedMotion: 'reduce' });
      await reach(page);
      await page.waitForTimeout(250);
      assert.deepEqual(await axe(page), [], name);
      await page.done();
    }
  });
}

test('a phone shows all of it without a sideways scroll', { skip }, async () => {
  for (const [name, hash, reach] of STATES) {
    const page = await open(hash, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    await reach(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${name}: ${wide} px too wide`);
    await page.done();
  }
});

test('with tokens the page asks for one, and pictures and video follow', { skip }, async () => {
  const made = server.run('token', 'create', 'anna', '--right', 'read', '--json');
  const token = JSON.parse(made).secret;
  const page = await open('#q=kitchen');
  await page.waitForSelector('#login-dialog[open]');
  const field = page.locator('#login-dialog input');
  await field.fill('wrong');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#login-dialog .bad:not([hidden])');
  await field.fill(token);
  await page.keyboard.press('Enter');
  await shows(page, '3 moments');
  assert.ok(await page.isHidden('#login-dialog'));
  assert.equal(await page.evaluate(() => document.cookie), '');
  if (server.withVideo) {
    await cards(page).first().locator('.card-main').click();
    await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) > 0);
  }
  await page.click('#logout');
  await page.waitForSelector('#login-dialog[open]');
  await page.done();
});

test('where there is a login provider the login leads to it, and back to what was asked', { skip }, async () => {
  const page = await open('#q=kitchen');
  await page.waitForSelector('#login-dialog[open]');
  assert.ok(await page.isHidden('#login-dialog .provider'));
  await page.route('**/v1/login', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ json: { ...(await response.json()), provider: '/v1/login/oidc' } });
  });
  await page.reload();
  await page.waitForSelector('#login-dialog .provider:not([hidden])');
  assert.equal(await page.getAttribute('#login-dialog .provider', 'href'), '/v1/login/oidc?to=%2F%23q%3Dkitchen');
  assert.deepEqual(await axe(page), []);
  await page.done();
});
