// What few people do, and somebody will: values at the ends of their types, large tables, long programs, links that are wrong or used twice.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';

import { TIMEOUT, answerOf, axe, closeBrowser, invite, open, overflow, startRelay, takePart, textOfDownload, troubleOf, writeProgram } from './support.mjs';

after(closeBrowser);
const options = { timeout: 2 * TIMEOUT };
const RICHER = 'pub fn main(a: u32, b: u32) -> bool { a > b }';

const findOut = async (page) => {
  await page.getByRole('button', { name: 'Find out' }).click();
  await page.locator('.good-card').waitFor();
};

test('values at the ends of their types, in and out', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url, { viewport: { width: 360, height: 740 } });
  await writeProgram(page, `enum Kind { Nothing, Pair(u64, [bool; 1]) }
struct Item { size: i64, kind: Kind }
pub fn main(a: Item, b: [[u16; 2]; 2], c: ()) -> (Item, [[u16; 2]; 2]) { (a, b) }`);
  const [item, rows, nothing] = await page.locator('.party').all();
  assert.match(await nothing.innerText(), /Nothing to enter: this party only takes part/);
  await item.getByLabel('Size').fill('-9223372036854775809');
  await item.getByLabel('Pair', { exact: true }).check();
  await item.getByLabel('Pair, part 1').fill('18446744073709551615');
  await item.locator('.rows select').selectOption('Yes');
  for (const [i, value] of [0, 65535, 7, 8].entries()) await rows.locator('input[type="text"]').nth(i).fill(String(value));
  await page.getByRole('button', { name: 'Find out' }).click();
  assert.match(await page.locator('.problem:visible').innerText(), /from -9,223,372,036,854,775,808 to/);
  await item.getByLabel('Size').fill('-9223372036854775808');
  await findOut(page);
  assert.equal(await overflow(page), 0);
  assert.deepEqual(await axe(page), []);
  assert.equal(await textOfDownload(page, 'JSON'), '[{"kind": {"Pair": [18446744073709551615, [true]]}, "size": -9223372036854775808}, [[0, 65535], [7, 8]]]\n');
  assert.equal(await textOfDownload(page, 'Text'), '(Item {kind: Kind::Pair(18446744073709551615, [true]), size: -9223372036854775808}, [[0, 65535], [7, 8]])\n');
});

test('a run, and its answer, go with the program that they are of', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  await page.locator('button:has-text("Find out"):enabled').waitFor();
  await writeProgram(page, `pub fn main(a: u32, b: u32) -> u32 { let mut x = a; for i in 0..200 { x = ((x as u64 * (b ^ x) as u64) >> 16u8) as u32; } x }`);
  for (const [i, value] of [5, 7].entries()) await page.locator('.party input').nth(i).fill(String(value));
  await page.getByRole('button', { name: 'Find out' }).click();
  await page.locator('.stage progress[value]').waitFor();
  await writeProgram(page, 'pub fn main(a: u32, b: u32) -> u32 { missing }');
  assert.equal(await page.locator('.stage').getByText('Stop').isVisible(), false);
  assert.equal(await page.locator('.stage .progress').isVisible(), false);
  assert.equal(await page.getByRole('button', { name: 'Find out' }).isDisabled(), true);
  assert.equal(await page.locator('.outcome').innerText(), '');
  // Another one is looked at once: nothing stops what is begun as soon as that can be.
  await page.getByLabel('Who is richer?').check();
  await findOut(page);
  assert.match(await answerOf(page), /Ben is at least as rich/);
  await page.getByLabel('A fair wage?').check();
  await page.locator('.outcome:empty').waitFor({ state: 'attached' });
});

test('bytes are typed and shown as text', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  await writeProgram(page, 'pub fn main(name: [u8; 8], b: bool) -> [u8; 8] { name }');
  await page.getByLabel('No', { exact: true }).check();
  const text = page.getByLabel('Or type it as text');
  await text.fill('Müllerin');
  await page.getByText('This takes 9 bytes, and there is room for 8.').waitFor();
  await page.getByRole('button', { name: 'Find out' }).click();
  await page.getByText('Please enter a number.').first().waitFor();
  await text.fill('Müller');
  await findOut(page);
  assert.equal(await answerOf(page), 'Müller');
  assert.equal(await textOfDownload(page, 'JSON'), '[77, 195, 188, 108, 108, 101, 114, 0]\n');
});

test('a table of ten thousand rows, as spreadsheets save it', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  await writeProgram(page, `struct Row { id: u8, ok: bool }
pub fn main(a: [Row; 10000], b: u8) -> u8 { let mut n = b; for r in a { if r.ok { n = n ^ r.id; } } n }`);
  const card = page.locator('.party').first();
  const choose = async (buffer) => card.locator('input[type="file"]').setInputFiles({ name: 'rows.csv', mimeType: 'text/csv', buffer });
  const csv = ['ok;id', ...Array.from({ length: 10000 }, (_, i) => `${i === 7 ? 'yes' : 'no'};${i % 256}`), ''].join('\r\n');
  await choose(Buffer.from(`\ufeff${csv.replace('no;0\r', 'no;1,5\r')}`));
  await card.locator('.problem', { hasText: 'Row 1: A whole number, please' }).waitFor();
  await choose(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(csv, 'utf16le')]));
  await card.getByText('10,000 of 10,000 rows.').waitFor();
  await choose(Buffer.from(`\ufeff${csv}`));
  await card.getByText('10,000 of 10,000 rows.').waitFor();
  await page.locator('.party').nth(1).locator('input').fill('0');
  await findOut(page);
  assert.equal(await answerOf(page), '7');
});

test('a mistake at the end of 2,000 lines is found', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  await writeProgram(page, `pub fn main(a: u32, b: u32) -> u32 {\n    let mut x = a;\n${'    x = x ^ b;\n'.repeat(2000)}    x + missing\n}\n`);
  const height = await page.locator('.editor').evaluate((e) => e.getBoundingClientRect().height);
  assert.ok(height < 900, `${height}`);
  await page.getByRole('button', { name: 'Line 2003' }).click();
  await page.locator('.cm-lintRange-error', { hasText: 'missing' }).waitFor();
  assert.equal(await page.locator('.cm-activeLine').innerText(), '    x + missing');
});

// ---- links ----

const hashOf = (program) => createHash('sha256').update(program).digest('hex').slice(0, 32);
const packed = (program) => deflateRawSync(program).toString('base64url');
const fragment = (program, more = '', hash = hashOf(program)) => `#v=1&s=abcdefgh1234&k=abcdefgh1234&p=1&n=2${more}&h=${hash}&g=${packed(program)}`;

test('a link that somebody made by hand does no harm', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  page.on('dialog', (dialog) => assert.fail(dialog.message()));
  const links = {
    'script in the session': ['#v=1&s=<script>alert(1)</script>&k=abcdefgh', /damaged or incomplete/],
    'no base64': [fragment(RICHER).replace(/&g=.*/, '&g=%%%***'), /damaged or incomplete/],
    'huge': [fragment(RICHER).replace(/&g=.*/, `&g=${'A'.repeat(1_500_000)}`), /damaged or incomplete/],
    'huge once unpacked': [fragment(Buffer.alloc(50_000_000)), /damaged or incomplete/],
    'another program': [fragment(RICHER, '', hashOf('')), /not the one that it names/],
    'no program': [fragment('<img src=x onerror=alert(1)>'), /The program has a mistake/],
    'script as a relay': [fragment(RICHER, '&r=javascript:alert(1)'), /damaged or incomplete/],
    'nobody learns it': [fragment(RICHER, '&o='), /damaged or incomplete/],
    'parts that are not there': [fragment(RICHER, '&e=1'), /does not fit its program/],
    'a constant that is none': [fragment('const N: usize = PARTY_0::N; pub fn main(a: [u8; N], b: u8) -> u8 { b }', '&c=PARTY_0::N=<b>x</b>'), /does not fit its program/],
    'one party': [fragment('pub fn main(a: u32) -> u32 { a }'), /another number of people/],
    'another version': [fragment(RICHER).replace('v=1', 'v=2'), /another version of this page/],
  };
  for (const [what, [link, why]] of Object.entries(links)) {
    // Into the tab where another one is open: quicker than a new page for each.
    const before = await page.locator('main h1').elementHandle();
    await page.evaluate((hash) => (location.hash = hash), link);
    await before.waitForElementState('hidden');
    await page.locator('main h1', { hasText: /This does not work|has a mistake/ }).waitFor();
    assert.match(await page.locator('main').innerText(), why, what);
  }
  await page.goto(`${url}/${fragment(RICHER, '&r=http://relay.elsewhere')}`);
  await page.getByText('You meet at the relay http://relay.elsewhere').waitFor();
});

test('a link with a large program says that it is being read, and lets go', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, `${url}/${fragment('pub fn main(a: [u64; 9000], b: [u64; 9000]) -> u64 { let mut s = 0u64; for x in a { for y in b { s = s ^ (x * y); } } s }')}`);
  await page.getByText('Reading the program').waitFor();
  await page.getByText('Stop, and go to the start').click();
  await page.locator('button:has-text("Find out"):enabled').waitFor();
  assert.match(await page.locator('h1').innerText(), /Work it out together/);
});

test('of two tabs with the same link one takes part', options, async (t) => {
  const { url } = await startRelay(t);
  const first = await open(t, url);
  const [link] = await invite(first);
  const [second, again] = await Promise.all([open(t, link), open(t, link)]);
  await takePart(second, 5);
  await first.locator('.person.present').waitFor();
  await takePart(again, 6);
  assert.match(await troubleOf(again), /The relay refused[^]*somebody else already took your part/);
  await takePart(first, 4);
  for (const page of [first, second]) assert.match(await answerOf(page), /Ben is at least as rich/);
});

test('an old browser is told what it lacks', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, 'about:blank');
  await page.addInitScript(() => delete globalThis.DecompressionStream);
  await page.goto(url);
  await page.getByText('does not have streams that unpack').waitFor();
  const oldest = await open(t, 'about:blank');
  await oldest.route('**/page.js', (route) => route.abort()); // as one that cannot read it
  await oldest.goto(url);
  await oldest.getByText('your browser is too old for this page').waitFor();
});
