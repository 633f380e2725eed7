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
