// Asking, in a real browser, on a real server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cards, shows, skip, started } from './helpers.js';

const { own, open } = started();

test('the welcome offers what the archive holds', { skip }, async () => {
  const page = await open();
  await page.waitForSelector('.try');
  assert.ok((await page.locator('.known-label').allInnerTexts()).some((t) => t.startsWith('Nell')));
  await page.click('.try >> nth=1');
  await shows(page, ' moments');
  assert.ok((await cards(page).count()) > 0);
  await page.done();
});

test('moments appear as one types, and the address carries them', { skip }, async () => {
  const page = await open();
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'q');
  await page.keyboard.type('Nell in the kitchen', { delay: 15 });
  await page.waitForFunction(() => location.hash === '#q=Nell+in+the+kitchen');
  await shows(page, '3 moments');
  assert.deepEqual(await page.locator('.chip-says').allInnerTexts(), ['Nell', 'kitchen']);
  const first = cards(page).first();
  assert.match(await first.innerText(), /The Lamp Room\s*S01E0\d/);
  assert.match(await first.innerText(), /10:00:22:00\s*18\.0 s/);
  assert.equal(await first.locator('.card-time').getAttribute('title'), '10:00:22:00 – 10:00:40:00');
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
  assert.match(await cards(page).first().innerText(), /10:00:00:00\s*14\.0 s/);
  assert.equal(await page.inputValue('#q'), '');
  assert.match(decodeURIComponent(page.url()), /"none":\[\{"type":"SCENE_SEARCH"/);
  await page.locator('.chip-none .chip-main').focus();
  await page.keyboard.press('Delete');
  await shows(page, '6 moments');
  await page.getByRole('button', { name: 'Advanced' }).click();
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
  await page.getByRole('button', { name: 'Advanced' }).click();
  await page.getByRole('button', { name: 'Whole' }).click();
  await page.waitForFunction(() => location.hash.includes('union'));
  await page.waitForFunction(() => document.querySelector('.card-time')?.textContent?.startsWith('10:00:00:00'));
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Whole');
  await page.keyboard.press('Escape');
  await page.getByLabel('Group').selectOption('season,episode');
  await page.waitForSelector('h3.group');
  assert.deepEqual(await page.locator('h4.group span:first-child').allInnerTexts(), ['Episode 1', 'Episode 2', 'Episode 3']);
  await page.getByLabel('Top').selectOption('1');
  await page.waitForFunction(() => document.querySelectorAll('.card').length === 3);
  await page.getByRole('button', { name: 'Advanced' }).click();
  await page.getByLabel('Confidence').focus();
  for (let i = 0; i < 40; i += 1) await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => location.hash.includes('min_confidence'));
  await page.done();
});

test('a word that is half typed begins one, and Enter makes it whole', { skip }, async () => {
  const page = await open();
  await page.keyboard.type('episode 2 Nell in the kitch', { delay: 10 });
  await page.waitForFunction(() => [...document.querySelectorAll('.chip-says')].map((c) => c.textContent).join() === 'Nell,kitchen');
  await shows(page, '1 moment');
  assert.equal((await page.locator('.chip-limit').innerText()).trim(), 'episode 2');
  await page.locator('.chip-limit .chip-drop').click();
  await shows(page, '3 moments');
  await page.goto(`${own.server.base}/`);
  await page.keyboard.type('Tob', { delay: 10 });
  await shows(page, '6 moments');
  const [asked] = await Promise.all([page.waitForRequest('**/v1/search'), page.keyboard.press('Enter')]);
  assert.equal(asked.postDataJSON().typing, undefined);
  await page.done();
});

test('while one types the good answer stays, and nothing is called malformed', { skip }, async () => {
  const page = await open();
  const seen = [];
  await page.exposeFunction('tell', (text) => seen.push(text));
  await page.evaluate(() => new MutationObserver(() => globalThis.tell(document.querySelector('#count')?.textContent ?? '')).observe(document.querySelector('#count'), { childList: true, subtree: true }));
  await page.keyboard.type('Nell', { delay: 60 });
  await shows(page, '6 moments');
  await page.keyboard.type(' with a zeppelin', { delay: 60 });
  // Nothing is like that: the cards stay while somebody types on, then it is said.
  assert.ok((await cards(page).count()) > 0);
  await page.waitForSelector('.nothing');
  assert.ok(!seen.some((text) => /malformed|cannot|went wrong/i.test(text)), seen.join(' | '));
  await page.done();
});

test('a key that leads to the box types nothing into it, and ? helps there', { skip }, async () => {
  const page = await open();
  await page.waitForSelector('.try');
  await page.keyboard.press('/');
  await page.keyboard.press('?');
  assert.ok(await page.isVisible('#help-dialog'));
  assert.equal(await page.inputValue('#q'), '');
  await page.locator('#help-dialog').getByLabel('As in').selectOption('avid');
  assert.match(await page.locator('.keys').innerText(), /W\s*to the out-point/);
  await page.keyboard.press('Escape');
  await page.reload();
  await page.waitForSelector('.try');
  await page.keyboard.press('?');
  assert.equal(await page.locator('#help-dialog').getByLabel('As in').inputValue(), 'avid');
  await page.done();
});

test('what finds nothing offers what would, and one click asks it', { skip }, async () => {
  const page = await open('#q=The+Cat+in+the+stairs');
  await page.waitForSelector('.remedies');
  const [first] = await page.locator('.remedies li').allInnerTexts();
  assert.match(first, /within 10 s of each other\s*3 moments/);
  await page.locator('.remedies button').first().click();
  await shows(page, '3 moments');
  await page.goBack();
  await page.waitForSelector('.remedies');
  await page.done();
});

test('how a question was read is told, and turned over by one click', { skip }, async () => {
  const page = await open('#q=Nell+in+the+kitchen');
  await shows(page, '3 moments');
  await page.getByRole('button', { name: 'How it was read' }).click();
  assert.match(await page.locator('.panel:popover-open').innerText(), /Nell by its name.*6 found/s);
  // The second reading comes from the server where it is nearly as likely; here it is given one.
  await page.route('**/v1/search', async (route) => {
    const answer = await (await route.fetch()).json();
    if (answer.understood) answer.understood.alternative = { meaning: 'the line “kitchen”', plan: { all: [{ type: 'CHARACTER_SEARCH', label: 'Tobias' }] } };
    await route.fulfill({ json: answer });
  });
  await page.reload();
  await page.getByRole('button', { name: 'Or is it: the line “kitchen”' }).click();
  await shows(page, '6 moments');
  await page.getByRole('button', { name: 'Back to the first reading' }).click();
  await shows(page, '3 moments');
  assert.equal(await page.inputValue('#q'), 'Nell in the kitchen');
  await page.done();
});

test('what to know of an answer is told in words, its code is kept for programs', { skip }, async () => {
  const page = await open('#plan={"all":[{"label":"Nell"},{"type":"SCENE_SEARCH","vector":{"text":"kitchen"}}]}');
  await page.waitForSelector('[data-code=no_encoder]');
  const told = await page.locator('[data-code=no_encoder]').first().innerText();
  assert.match(told, /looked for in names and lines only/);
  assert.doesNotMatch(told, /frames@1|space/);
  await page.done();
});

test('the next page comes behind what is there: the selection, the focus and the cards stay', { skip }, async () => {
  const page = await open('');
  // A page is made of six moments here, so that there are several.
  await page.route('**/v1/search', async (route) => {
    const body = route.request().postDataJSON();
    await route.continue({ postData: JSON.stringify({ ...body, limit: 6 }) });
  });
  await page.goto(`${own.server.base}/#plan={"all":[{"type":"SHOT"}],"max_span":4}`);
  await page.reload();
  await shows(page, 'shown');
  await page.evaluate(() => (document.querySelector('.card').dataset.mine = 'yes'));
  for (let i = 0; i < 14; i += 1) {
    await page.keyboard.press('ArrowDown');
    await page.waitForTimeout(60);
  }
  await page.waitForFunction(() => document.querySelectorAll('.card').length > 14);
  const state = () => page.evaluate(() => [[...document.querySelectorAll('.card')].findIndex((c) => c.classList.contains('current')), document.activeElement?.closest('.card')?.classList.contains('current'), document.querySelectorAll('.card[data-mine]').length]);
  assert.deepEqual(await state(), [13, true, 1]);
  // What is shown closes, and the place is kept.
  await page.keyboard.press('Enter');
  await page.waitForSelector('#player:not([hidden])');
  const scrolled = await page.evaluate(() => scrollY);
  await page.keyboard.press('Escape');
  assert.deepEqual(await state(), [13, true, 1]);
  assert.ok(Math.abs((await page.evaluate(() => scrollY)) - scrolled) < 400);
  await page.done();
});

test('sorting leaves the player open; the start page has films, what was asked, and what was saved', { skip }, async () => {
  const page = await open('#q=kitchen');
  await shows(page, '3 moments');
  await cards(page).first().locator('.card-main').click();
  await page.getByLabel('Sort').selectOption('start');
  await page.waitForFunction(() => location.hash.includes('rank_by'));
  assert.ok(await page.isVisible('#player'));
  await page.getByRole('button', { name: 'Save this search' }).click();
  await page.click('#home');
  await page.waitForSelector('.poster');
  assert.equal(await page.locator('.known h3').first().innerText(), 'Saved');
  assert.deepEqual(await page.locator('a.chip').allInnerTexts(), ['kitchen']);
  await page.locator('.poster', { hasText: 'Before the Fog' }).click();
  await page.waitForSelector('.said');
  assert.equal(await page.locator('.said').count(), 5);
  await page.done();
});

test('a server that is gone takes nothing away, and is asked again when it is back', { skip }, async () => {
  const page = await open('#q=Nell');
  await shows(page, '6 moments');
  let gone = true;
  await page.route('**/v1/**', (route) => (gone ? route.abort() : route.continue()));
  await page.fill('#q', 'kitchen');
  await page.waitForSelector('#banner:not([hidden])');
  assert.match(await page.locator('#banner').innerText(), /does not answer/);
  assert.equal(await cards(page).count(), 6);
  assert.equal(await page.getByText('does not answer').count(), 1);
  gone = false;
  await shows(page, '3 moments');
  assert.ok(await page.isHidden('#banner'));
  await page.done();
});

test('the line of dialogue shows what was found, in whatever form', { skip }, async () => {
  const page = await open('#q=run+foot');
  await shows(page, '3 moments');
  assert.deepEqual(await cards(page).first().locator('mark').allInnerTexts(), ['feet ran']);
  await page.goto(`${own.server.base}/#q="pass+the+salt"`);
  await page.waitForFunction(() => document.querySelector('mark')?.textContent === 'pass the salt');
  await page.done();
});

test('the plan is edited as JSON, and a mistake is said before anything is lost', { skip }, async () => {
  const page = await open('#q=Nell');
  await shows(page, '6 moments');
  await page.getByRole('button', { name: 'Advanced' }).click();
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

test('no moments come with the reason and what to do', { skip }, async () => {
  const page = await open('#plan={"all":[{"type":"CHARACTER_SEARCH","label":"Tobais"},{"label":"kitchen"}]}');
  await page.waitForSelector('.nothing');
  assert.match(await page.locator('.nothing').innerText(), /character is Tobais/);
  await page.getByRole('button', { name: 'Allow typos' }).click();
  await shows(page, '3 moments');
  await page.goto(`${own.server.base}/#plan={"all":[{"label":"stairs"},{"label":"kitchen"}]}`);
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


test('an empty clause is not taken, a long one stays small, and × takes all of it away', { skip }, async () => {
  const page = await open(`#plan=${encodeURIComponent(JSON.stringify({ all: [{ label: 'Nell' }], any: [{ text: 'x'.repeat(400) }] }))}`);
  await page.waitForFunction(() => document.querySelectorAll('.chip-says').length === 2);
  for (const chip of await page.locator('.chip').all()) assert.ok((await chip.boundingBox()).width <= 321);
  await page.getByRole('button', { name: 'Advanced' }).click();
  await page.getByRole('button', { name: 'Clause', exact: true }).click();
  await page.locator('#clause-dialog button[type=submit]').click();
  assert.ok(await page.isVisible('#clause-dialog'));
  await page.keyboard.press('Escape');
  assert.equal(await page.getAttribute('#q', 'placeholder'), 'Add to what stands below');
  await page.click('#clear');
  await page.waitForSelector('.try');
  assert.equal(await page.evaluate(() => location.hash), '');
  await page.done();
});

test('cards or rows, as this browser was told; lines run as their language does', { skip }, async () => {
  const page = await open('#q=herring');
  await shows(page, 'moments');
  await page.getByLabel('View').selectOption('list');
  const [first, second] = [await cards(page).nth(0).boundingBox(), await cards(page).nth(1).boundingBox()];
  assert.ok(first.x === second.x && first.height < 80, JSON.stringify([first, second]));
  await page.reload();
  await shows(page, 'moments');
  assert.equal(await page.getByLabel('View').inputValue(), 'list');
  await page.goto(`${own.server.base}/#q="pass+the+salt"`);
  await page.waitForSelector('.card-line mark');
  assert.equal(await page.locator('.card-line').first().getAttribute('dir'), 'auto');
  await page.done();
});
