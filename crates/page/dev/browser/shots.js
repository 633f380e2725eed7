// Pictures of every state of the page, in light, dark and on a phone: `RUSHES_BIN=… npm run shots -- FOLDER`.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.js';
import { serve } from './fixture.js';
import { STATES } from './states.js';

const folder = process.argv[2] ?? 'shots';
const only = process.argv[3];
mkdirSync(folder, { recursive: true });
const SCREENS = [
  ['light', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' }],
  ['dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }],
  ['wide', { viewport: { width: 1920, height: 1080 }, colorScheme: 'light' }],
];

const [server, browser] = [await serve(process.env.RUSHES_BIN), await launch()];
try {
  for (const [screen, options] of SCREENS.filter(([name]) => !only || name === only)) {
    for (const [name, hash, reach] of STATES) {
      const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
      const page = await context.newPage();
      await page.goto(`${server.base}/${hash}`);
      await reach(page).catch((error) => console.error(`${screen}, ${name}: ${error.message.split('\n')[0]}`));
      await page.waitForTimeout(1500);
      await page.screenshot({ path: join(folder, `${screen}-${name.replaceAll(' ', '-')}.png`) });
      await context.close();
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
