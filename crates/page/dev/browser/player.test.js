// The player, its keys and its lanes, in a real browser, on a real server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, cards, shows, skip, started } from './helpers.js';

const { own, open } = started();

test('everything is done by the keyboard alone', { skip }, async () => {
  const page = await open('#q=kitchen');
  await shows(page, '3 moments');
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'q');
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
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
  await page.keyboard.press('ArrowUp');
  await page.waitForFunction(() => location.hash.includes('s01e01'));
  await page.keyboard.press('?');
  assert.ok(await page.isVisible('#help-dialog'));
  await page.keyboard.press('Escape');
  assert.ok(await page.isHidden('#help-dialog'));
  await page.keyboard.press('f');
  await page.waitForFunction(() => document.querySelector('.chip-says')?.textContent?.includes('a moment of'));
  await page.waitForSelector('.card');
  await page.keyboard.press('Escape');
  assert.ok(await page.isHidden('#player'));
  await page.done();
});

test('the player starts at the in-point, stops at the out-point, or loops', { skip }, async (t) => {
  if (!own.server.withVideo) return t.skip('there is no ffmpeg');
  const page = await open('#q="pass+the+salt"');
  await shows(page, '3 moments');
  await cards(page).first().locator('.card-main').click();
  await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) > 1);
  assert.ok((await at(page)) >= 23, String(await at(page)));
  // Three seconds from 23 to 26.
  await page.waitForFunction(() => document.querySelector('video')?.paused && (document.querySelector('video')?.currentTime ?? 0) > 25.5, null, { timeout: 15_000 });
  const end = await at(page);
  assert.ok(end <= 26 && end > 25.9, String(end));
  // The last frame of the moment: the playhead says its number, and so does the key that leads there.
  assert.equal(await page.locator('.now').innerText(), '10:00:25:24');
  await page.keyboard.press('O');
  await page.waitForFunction(() => document.querySelector('.now')?.textContent === '10:00:25:24');
  await page.keyboard.press('r');
  assert.equal(await page.locator('.at-out').innerText(), 'Loop');
  await page.keyboard.press(' ');
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 99) < 24);
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 25, null, { timeout: 15_000 });
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 99) < 24.5, null, { timeout: 15_000 });
  await page.keyboard.press(' ');
  await page.waitForFunction(() => document.querySelector('video')?.paused);
  await page.keyboard.press('I');
  await page.waitForFunction(() => document.querySelector('.now')?.textContent === '10:00:23:00');
  await page.keyboard.press('.');
  await page.waitForFunction(() => document.querySelector('.now')?.textContent === '10:00:23:01');
  await page.keyboard.press(',');
  await page.waitForFunction(() => document.querySelector('.now')?.textContent === '10:00:23:00');
  // In and out are set, copied, kept; the moment as it was found is one click away.
  await page.keyboard.press('.');
  await page.keyboard.press('.');
  await page.keyboard.press('i');
  await page.waitForFunction(() => document.querySelector('.player-span')?.textContent?.startsWith('10:00:23:02 – 10:00:26:00'));
  await page.keyboard.press('C');
  await page.waitForFunction(() => document.querySelector('#toast')?.textContent?.includes('copied'));
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '10:00:23:02 – 10:00:26:00');
  await page.keyboard.press('c');
  await page.waitForFunction(async () => (await navigator.clipboard.readText()) === '10:00:23:02');
  await page.getByRole('button', { name: 'as found' }).click();
  await page.waitForFunction(() => document.querySelector('.player-span')?.textContent?.startsWith('10:00:23:00'));
  return page.done();
});

test('J, K and L play backwards, stop and play, faster at each press', { skip }, async (t) => {
  if (!own.server.withVideo) return t.skip('there is no ffmpeg');
  const page = await open('#q="pass+the+salt"&at=lamp-room-s01e01@23000000000-26000000000');
  await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) > 1);
  await page.keyboard.press('Escape');
  await cards(page).first().locator('.card-main').click();
  await page.waitForFunction(() => document.querySelector('video')?.paused === false);
  await page.keyboard.press('l');
  assert.equal(await page.locator('.speed').innerText(), '2×');
  assert.equal(await page.evaluate(() => document.querySelector('video')?.playbackRate), 2);
  // Who runs with L is not held at the out-point.
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 27);
  await page.keyboard.press('j');
  const turned = await at(page);
  await page.waitForFunction((from) => (document.querySelector('video')?.currentTime ?? 99) < from - 0.5, turned);
  await page.keyboard.press('k');
  await page.waitForFunction(() => document.querySelector('video')?.paused && document.querySelector('.speed')?.textContent === '');
  // A button that was pressed with the mouse does not take the space bar.
  await page.getByRole('button', { name: 'Sound off' }).click();
  await page.keyboard.press(' ');
  await page.waitForFunction(() => document.querySelector('video')?.paused === false);
  assert.ok(await page.evaluate(() => document.querySelector('video')?.muted));
  // A step stands still.
  await page.keyboard.press('.');
  assert.ok(await page.evaluate(() => document.querySelector('video')?.paused));
  return page.done();
});

test('sound without a picture is no picture: a copy is asked for', { skip }, async (t) => {
  if (!own.server.withVideo) return t.skip('there is no ffmpeg');
  const page = await open('#q=mesa');
  await shows(page, '1 moment');
  await cards(page).first().locator('.card-main').click();
  await page.waitForFunction(() => document.querySelector('video')?.src.endsWith('/proxy') && (document.querySelector('video')?.videoWidth ?? 0) > 0, null, { timeout: 60_000 });
  return page.done();
});

test('what the browser cannot play is played from a proxy', { skip }, async (t) => {
  if (!own.server.withVideo) return t.skip('there is no ffmpeg');
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
  await page.waitForFunction(() => document.querySelector('.said.hit')?.textContent?.includes('Could you pass the salt'));
  const bar = page.locator('.bar', { hasText: 'The Cat' });
  const box = await bar.boundingBox();
  await page.mouse.click(box.x + 1, box.y + box.height / 2);
  await page.waitForFunction(() => /10:00:2[56]:/.test(document.querySelector('.now')?.textContent ?? ''));
  await page.locator('.ruler').focus();
  await page.keyboard.press('Home');
  await page.waitForFunction(() => document.querySelector('.ruler')?.getAttribute('aria-valuetext')?.startsWith('10:00:23'));
  await page.keyboard.press('Shift+ArrowRight');
  await page.waitForFunction(() => document.querySelector('.ruler')?.getAttribute('aria-valuetext')?.startsWith('10:00:24'));
  await page.getByRole('tab', { name: 'As a list' }).click();
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

test('a damaged file and one that is not there are told apart', { skip }, async (t) => {
  if (!own.server.withVideo) return t.skip('there is no ffmpeg');
  const page = await open('#q=broken');
  await shows(page, '1 moment');
  await cards(page).first().locator('.card-main').click();
  await page.waitForFunction(() => /The file of this asset cannot be played/.test(document.querySelector('.screen-notice:not([hidden])')?.textContent ?? ''), null, { timeout: 60_000 });
  return page.done();
});

test('a moment of a later page is shown with what was found in it', { skip }, async () => {
  const page = await open();
  await page.route('**/v1/search', async (route) => {
    const body = route.request().postDataJSON();
    await route.continue({ postData: JSON.stringify({ ...body, limit: body.scope?.assets ? 60 : 2 }) });
  });
  await page.goto(`${own.server.base}/#q=Nell&at=lamp-room-s01e03@22000000000-40000000000`);
  await page.reload();
  await page.getByRole('tab', { name: 'Why' }).click();
  await page.waitForSelector('.piece');
  assert.match(await page.locator('.evidence').innerText(), /Nell/);
  await page.done();
});

test('the window of the lanes turns about the playhead, moves, and follows', { skip }, async () => {
  const page = await open('#q="pass+the+salt"&at=lamp-room-s01e01@23000000000-26000000000');
  await page.waitForSelector('.lane .bar');
  const head = () => page.evaluate(() => Math.round(document.querySelector('.head').getBoundingClientRect().left));
  const width = () => page.evaluate(() => document.querySelectorAll('.tick')[0].textContent + document.querySelectorAll('.tick').length);
  const [before, wide] = [await head(), await width()];
  await page.getByRole('button', { name: 'Show less time' }).click();
  await page.waitForFunction((was) => document.querySelectorAll('.tick')[0]?.textContent + document.querySelectorAll('.tick').length !== was, wide);
  assert.ok(Math.abs((await head()) - before) <= 2, `${before} ${await head()}`);
  const places = await page.evaluate(() => ({ names: document.querySelector('.lane-name').getBoundingClientRect().right, span: document.querySelector('.span').getBoundingClientRect().left }));
  assert.ok(places.span >= places.names - 1, JSON.stringify(places));
  await page.getByRole('button', { name: 'Later' }).click();
  await page.getByRole('button', { name: 'Later' }).click();
  await page.waitForFunction(() => document.querySelector('.head').hidden);
  await page.done();
});

test('a picture that did not come for want of a server comes when it is back', { skip }, async (t) => {
  if (!own.server.withVideo) return t.skip('there is no ffmpeg');
  const page = await open('#q="pass+the+salt"');
  await shows(page, '3 moments');
  let gone = true;
  await page.route('**/v1/{media,status,assets,buckets}**', (route) => (gone ? route.abort() : route.continue()));
  await page.route('**/v1/media/**', (route) => (gone ? route.abort() : route.continue()));
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await cards(page).first().locator('.card-main').click();
  await page.waitForFunction(() => /does not answer/.test(document.querySelector('.screen-notice:not([hidden])')?.textContent ?? ''));
  gone = false;
  await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) > 0);
  return page.done();
});
