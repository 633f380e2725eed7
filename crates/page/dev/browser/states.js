// Every state of the page that is looked at: its name, its address, and how it is reached.

const shows = (page, text) => page.waitForFunction((wanted) => document.querySelector('#count')?.textContent?.includes(wanted), text);

/** Keeps two moments of the kitchen, and shows the bin. */
async function bin(page) {
  await shows(page, 'moments');
  for (let i = 0; i < 2; i += 1) {
    await page.keyboard.press('ArrowDown');
    await Promise.all([page.waitForResponse((r) => r.url().includes('/v1/bins')), page.keyboard.press('e')]);
  }
  await page.keyboard.press('b');
  await page.locator('.bins-list button').first().click();
  await page.waitForSelector('.bin-row');
}

export const STATES = [
  ['the welcome', '', async (page) => (await page.waitForSelector('.try'), page.waitForSelector('.poster'))],
  ['moments', '#q=Nell', async (page) => shows(page, 'moments')],
  ['lines', '#q=wind+the+lamp', async (page) => shows(page, 'moment')],
  ['groups', '#q=Nell&plan={"group_by":["season","episode"]}', async (page) => page.waitForSelector('h4.group')],
  ['no moments', '#q=zeppelin', async (page) => page.waitForSelector('.nothing')],
  ['what would find something', '#q=The+Cat+in+the+stairs', async (page) => page.waitForSelector('.remedies')],
  ['a problem', '#plan={"all":[{"label":"a","text":"b"}]}', async (page) => page.waitForSelector('.problem')],
  ['the player', '#q="pass+the+salt"&at=lamp-room-s01e01@23000000000-26000000000', async (page) => (await page.waitForSelector('.lane .bar'), page.waitForSelector('.said'))],
  ['a list', '#q="pass+the+salt"&at=lamp-room-s01e01@23000000000-26000000000', async (page) => (await page.waitForSelector('.lane .bar'), page.getByRole('tab', { name: 'As a list' }).click())],
  ['a clause', '#q=Nell', async (page) => (await page.waitForSelector('.chip-main'), page.click('.chip-main'))],
  ['the keys', '#q=Nell', async (page) => page.click('#help')],
  ['offers', '', async (page) => (await page.keyboard.type('N'), page.waitForSelector('#offers li'))],
  ['advanced', '#q=Nell', async (page) => (await shows(page, 'moments'), page.getByRole('button', { name: 'Advanced' }).click())],
  ['how it was read', '#q=Nell+in+the+kitchen', async (page) => (await shows(page, 'moments'), page.getByRole('button', { name: 'How it was read' }).click())],
  ['rows', '#q=Nell', async (page) => (await shows(page, 'moments'), page.getByLabel('View').selectOption('list'))],
  ['a film', '', async (page) => (await page.locator('.poster', { hasText: 'Before the Fog' }).click(), page.waitForSelector('.said'))],
  ['a bin', '#q=kitchen', bin],
  ['a note', '#q=kitchen', async (page) => (await shows(page, 'moments'), await page.keyboard.press('ArrowDown'), page.keyboard.press('m'))],
];
