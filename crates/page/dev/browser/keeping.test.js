// Bins and files: what people take along, in a real browser, on a real server.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cards, shows, skip, started } from './helpers.js';

const { own, open } = started();

test('moments are saved as a table and as an edit list', { skip }, async () => {
  const page = await open('#q=Nell+in+the+kitchen');
  await shows(page, '3 moments');
  const save = async (format) => {
    await page.getByLabel('Export format').selectOption(format);
    const button = page.getByRole('button', { name: 'Export', exact: true });
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
  };
  const table = await save('csv');
  assert.equal(table.name, 'moments.csv');
  assert.equal(table.text.trim().split('\r\n').length, 4);
  const list = await save('edl');
  assert.equal(list.name, 'moments.edl');
  assert.match(list.text, /^TITLE: Nell in the kitchen\r\nFCM: NON-DROP FRAME/);
  assert.match(await page.locator('#toast').innerText(), /3 moments written to moments.edl/);
  assert.match(list.text, /003 {2}\w+ +AA\/V +C +10:00:22:00 10:00:40:00 01:00:36:00 01:00:54:00/);
  await page.done();
});

test('moments are kept in a bin, noted, ordered, cut, taken out and put back', { skip }, async () => {
  const page = await open('#q=kitchen');
  await shows(page, '3 moments');
  const keep = async () => {
    await page.keyboard.press('ArrowDown');
    const [kept] = await Promise.all([page.waitForResponse((r) => /v1\/bins/.test(r.url()) && r.request().method() !== 'GET'), page.keyboard.press('e')]);
    assert.ok(kept.ok());
    await page.waitForFunction(() => document.querySelector('#toast')?.textContent?.startsWith('Kept in Selects'));
  };
  await keep();
  await page.keyboard.press('e');
  await page.waitForFunction(() => document.querySelector('#toast')?.textContent === 'It is in Selects already');
  await keep();
  // With a note and a rating.
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('m');
  await page.locator('#note-dialog textarea').fill('the look');
  await page.locator('#note-dialog').getByLabel('Rating').selectOption('4');
  await page.locator('#note-dialog button[type=submit]').click();
  await page.waitForFunction(() => document.querySelector('.bins-count')?.textContent === '3');
  await page.keyboard.press('b');
  await page.locator('.bins-list button', { hasText: 'Selects' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.bin-row').length === 3);
  assert.match(await page.locator('.bin-head').innerText(), /3 moments, 54\.0 s/);
  assert.equal(await page.getByLabel('Note of moment 3').inputValue(), 'the look');
  assert.equal(await page.getByLabel('Rating of moment 3').inputValue(), '4');
  // The third goes up; its in-point is typed.
  await page.getByRole('button', { name: 'Up: moment 3' }).click();
  await page.waitForFunction(() => document.querySelector('[aria-label="Note of moment 2"]')?.value === 'the look');
  await page.getByLabel('In of moment 2').fill('10:00:30:00');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('.bin-head')?.textContent?.includes('46.0 s'));
  await page.getByLabel('In of moment 2').fill('nonsense');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('#toast')?.textContent?.includes('is no time here'));
  // Taken out and undone it stands where it stood.
  await page.getByRole('button', { name: 'Take out: moment 2' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.bin-row').length === 2);
  await page.locator('#toast button').click();
  await page.waitForFunction(() => document.querySelector('[aria-label="Note of moment 2"]')?.value === 'the look');
  assert.equal(await page.getByLabel('Rating of moment 2').inputValue(), '4');
  await page.getByLabel('Export format').selectOption('edl');
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export', exact: true }).click()]);
  const text = readFileSync(await file.path(), 'utf8');
  assert.match(text, /^TITLE: Selects/);
  assert.match(text, /002 {2}\w+ +AA\/V +C +10:00:30:00 10:00:40:00/);
  // To the trash, and back.
  await page.getByRole('button', { name: 'Trash' }).click();
  await page.waitForSelector('.try');
  await page.locator('#toast button').click();
  await page.waitForFunction(() => document.querySelectorAll('.bin-row').length === 3);
  await page.done();
});

test('a bin plays one moment after another', { skip }, async (t) => {
  if (!own.server.withVideo) return t.skip('there is no ffmpeg');
  const add = [1, 2].map((episode) => ({ asset_id: `lamp-room-s01e0${episode}`, start_ns: 5_000_000_000, end_ns: 5_800_000_000 }));
  const page = await open();
  const made = await page.evaluate(async (body) => (await fetch('/v1/bins', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json(), JSON.stringify({ name: 'Two', add }));
  await page.goto(`${own.server.base}/#bin=${made.bin}`);
  await page.reload();
  await page.getByRole('button', { name: 'Play all' }).click();
  await page.waitForFunction(() => location.hash.includes('s01e01'));
  await page.waitForFunction(() => location.hash.includes('s01e02'), null, { timeout: 15_000 });
  assert.equal(await page.locator('.bin-row.current .bin-no').innerText(), '2');
  await page.done();
});
