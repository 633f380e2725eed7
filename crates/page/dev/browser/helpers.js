// What every browser test needs: a server with the small archive, a browser, a page whose mistakes fail the test.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { found, launch } from './browser.js';
import { serve } from './fixture.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rushes = process.env.RUSHES_BIN;
export const skip = !rushes ? 'RUSHES_BIN names no program' : !found() ? 'there is no Chromium; CHROMIUM names one' : false;

/** The server and the browser of a file of tests. */
export function started() {
  const own = { server: null, browser: null };
  if (skip) console.log(`SKIPPED: no browser test was run: ${skip}`);
  before(async () => {
    if (skip) return;
    [own.server, own.browser] = [await serve(rushes), await launch()];
    if (!own.server.withVideo) console.log('SKIPPED: the tests of the player: there is no ffmpeg to make a clip with');
  });
  after(async () => {
    await own.browser?.close();
    await own.server?.stop();
  });

  /** A page at an address; its mistakes fail the test. */
  async function open(hash = '', options = {}) {
    const context = await own.browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ['clipboard-read', 'clipboard-write'], ...options });
    const page = await context.newPage();
    const mistakes = [];
    page.on('pageerror', (error) => mistakes.push(error.message));
    page.on('console', (message) => {
      // What the server refuses is a line on the console, too; those are looked at where they matter.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) mistakes.push(message.text());
    });
    await page.goto(`${own.server.base}/${hash}`);
    return Object.assign(page, {
      done: async () => {
        await context.close();
        assert.deepEqual(mistakes, []);
      },
    });
  }
  return { own, open };
}

export const cards = (page) => page.locator('.card:not(.ghost)');
export const shows = (page, text) => page.waitForFunction((wanted) => document.querySelector('#count')?.textContent?.includes(wanted), text);
export const at = (page) => page.evaluate(() => document.querySelector('video')?.currentTime ?? -1);

/** What axe finds wrong, at the levels of WCAG 2.2 AA. */
export async function axe(page) {
  // The page allows no foreign script; the test's own is run in the page's world, not loaded by it.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  );
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).slice(0, 3).join(' | ')}`);
}
