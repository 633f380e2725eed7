// How every state of the page looks: to axe, on a phone, enlarged, and while it changes; and who may see it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, cards, shows, skip, started } from './helpers.js';
import { STATES } from './states.js';

const { own, open } = started();

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

test('the phone shows the picture of the card that is tapped', { skip }, async () => {
  const page = await open('#plan={"all":[{"type":"SHOT"}],"max_span":4}', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await shows(page, 'moments');
  await cards(page).nth(11).locator('.card-main').tap();
  await page.waitForSelector('#player:not([hidden])');
  const seen = await page.locator('.screen').boundingBox();
  assert.ok(seen.y >= -1 && seen.y + seen.height < 740, JSON.stringify(seen));
  const card = await page.locator('.card.current').boundingBox();
  assert.ok(card.y > seen.y + seen.height && card.y < 740, JSON.stringify(card));
  await page.done();
});

test('the layout holds still over a session of questions', { skip }, async () => {
  const page = await open();
  await page.waitForSelector('.poster');
  await page.evaluate(() => {
    globalThis.moved = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.moved += entry.value;
    }).observe({ type: 'layout-shift', buffered: false });
  });
  for (const words of ['Nell', 'Nell in the kitchen', 'Tobias without Nell', '"pass the salt"', 'lantern', 'zeppelin', 'Nell then Tobias within 10 s', 'episode 2 kitchen', 'herring', 'feet', 'Nell top 1 per episode', 'The Cat in the stairs', 'Tobias']) {
    await page.fill('#q', words);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => !document.querySelector('[aria-busy]'));
    await page.waitForTimeout(150);
  }
  const moved = await page.evaluate(() => globalThis.moved);
  assert.ok(moved <= 0.02, `moved by ${moved}`);
  await page.done();
});

test('nothing is cut off at 200 % zoom', { skip }, async () => {
  for (const [name, hash, reach] of STATES) {
    const page = await open(hash, { viewport: { width: 640, height: 400 } });
    await reach(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${name}: ${wide} px too wide`);
    await page.done();
  }
});

test('with tokens the page asks for one, and pictures and video follow', { skip }, async () => {
  const made = own.server.run('token', 'create', 'anna', '--right', 'read', '--json');
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
  // What the visitor before could not have is there after the login.
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('e');
  await page.waitForFunction(() => document.querySelector('.bins-count')?.textContent === '1');
  if (own.server.withVideo) {
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
