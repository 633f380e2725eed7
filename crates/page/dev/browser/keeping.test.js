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
  assert.match(list.text, /003 {2}\w+ +AA\/V +C +10:00:22:00 10:00:40:00 01:00:36:00 01:00:54:00/);
  await page.done();
});
