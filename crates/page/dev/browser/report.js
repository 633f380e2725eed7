// What the page costs and how fast it is, as a table: `RUSHES_BIN=… npm run report`. Nothing is asserted: machines differ.

import { launch } from './browser.js';
import { serve } from './fixture.js';

/** Moments of the large answer. */
const MANY = 10_000;
const SEARCHES = 500;
const S = 1_000_000_000;

/** Lines that answer one question with many moments. */
const many = () =>
  Array.from({ length: MANY }, (_, i) => {
    const range = { start_time_ns: i * 2 * S, end_time_ns: (i * 2 + 1) * S };
    return { asset_id: 'long-watch', movie_id: 'lamp-room', model: 'props@1', type: 'OBJECT_SEARCH', label: 'gull', time_range: range };
  });

const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const ms = (time) => `${time.toFixed(0)} ms`;
const sorted = (list) => [...list].sort((a, b) => a - b);
const p95 = (list) => sorted(list)[Math.floor(list.length * 0.95)] ?? 0;

/** How long it takes until something in the page holds. */
async function until(page, act, condition) {
  const began = await page.evaluate(() => performance.now());
  await act();
  await page.waitForFunction(condition, null, { polling: 'raf' });
  return (await page.evaluate(() => performance.now())) - began;
}

const [server, browser] = [await serve(process.env.RUSHES_BIN, many()), await launch()];
const rows = [];
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  await page.goto(server.base);
  await page.waitForSelector('.poster');
  const loaded = await page.evaluate(() => {
    const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].filter((e) => !/\/v1\//.test(e.name));
    const sum = (key) => all.reduce((n, e) => n + e[key], 0);
    return { requests: all.length, sent: sum('transferSize'), whole: sum('decodedBodySize'), paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0 };
  });
  rows.push(['requests of the page itself', String(loaded.requests)], ['on the wire', kb(loaded.sent)], ['unpacked', kb(loaded.whole)], ['first paint', ms(loaded.paint)]);

  await page.evaluate(() => {
    globalThis.lags = [];
    let pressed = 0;
    document.querySelector('#q').addEventListener('input', () => (pressed = performance.now()), true);
    new MutationObserver(() => {
      if (pressed > 0) globalThis.lags.push(performance.now() - pressed);
      pressed = 0;
    }).observe(document.querySelector('#offers'), { childList: true });
  });
  await page.keyboard.type('Nell and Tob in the lamp room with the kettle', { delay: 120 });
  rows.push(['key to what is offered, 95 of 100', ms(p95(await page.evaluate(() => globalThis.lags)))]);

  const firsts = [];
  for (const words of ['Nell', 'kitchen', 'Tobias without Nell', 'lantern', 'herring', 'stairs', 'Nell in the kitchen', 'kettle']) {
    await page.fill('#q', words);
    await page.evaluate(() => document.querySelector('#results').replaceChildren());
    firsts.push(await until(page, () => page.keyboard.press('Enter'), () => document.querySelector('.card:not(.ghost)') !== null));
  }
  rows.push(['Enter to the first moment, median', ms(sorted(firsts)[firsts.length >> 1])]);

  await page.fill('#q', 'gull');
  rows.push([`${MANY.toLocaleString('en')} moments: the first page`, ms(await until(page, () => page.keyboard.press('Enter'), () => document.querySelector('#count').textContent.includes('10,000')))]);
  const pages = [];
  for (let shown = 60; shown < 2_400; shown += 60) {
    const wanted = shown + 60;
    const began = await page.evaluate(() => performance.now());
    await page.evaluate(() => document.querySelector('.more')?.scrollIntoView());
    await page.waitForFunction((n) => document.querySelectorAll('.card').length >= n, wanted, { polling: 'raf' });
    pages.push((await page.evaluate(() => performance.now())) - began);
  }
  rows.push(['a further page, at 60 cards', ms(pages[0])], ['a further page, at 2,400 cards, median of ten', ms(sorted(pages.slice(-10))[5])]);

  await page.goto(`${server.base}/#q=Nell`);
  await page.reload();
  const heap = async () => {
    await client.send('HeapProfiler.collectGarbage');
    return page.evaluate(() => performance.memory.usedJSHeapSize);
  };
  const before = await heap();
  for (let i = 0; i < SEARCHES; i += 1) {
    await page.fill('#q', ['Nell', 'kitchen', 'lantern', 'Tobias'][(i + 1) % 4]);
    await Promise.all([page.waitForResponse('**/v1/search'), page.keyboard.press('Enter')]);
  }
  rows.push([`memory after ${SEARCHES} searches`, `${kb(await heap())}, before ${kb(before)}`]);
} finally {
  await browser.close();
  await server.stop();
}
const width = Math.max(...rows.map(([name]) => name.length));
for (const [name, value] of rows) console.log(`${name.padEnd(width)}  ${value}`);
