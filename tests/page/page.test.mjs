// The page, as people use it: a first visit, invitations, parties of all kinds, and what goes wrong.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { BIN, PAGE, ROOT, TIMEOUT, answerOf, axe, beginProgram, cheatingParty, closeBrowser, fieldsOf, invite, nativeParty, open, overflow, readQr, start, startRelay, takePart, textOfDownload, troubleOf, writeProgram } from './support.mjs';

after(closeBrowser);
const SHOTS = join(ROOT, 'build/page-shots');
mkdirSync(SHOTS, { recursive: true });
const example = (name) => join(ROOT, `examples/${name}.garble`);
const options = { timeout: 2 * TIMEOUT };
const longProgram = (rounds) => `pub fn main(a: u32, b: u32) -> u32 {
    let mut x = a;
    for i in 0..${rounds} { x = ((x as u64 * (b ^ x) as u64) >> 16u8) as u32; }
    x
}`;

/** Whose work is inside is said, with their licences. */
async function checkLicenses(page) {
  await page.getByText('Licences', { exact: true }).click();
  await page.locator('.about pre', { hasText: 'The Polytune authors' }).waitFor();
  const text = await page.locator('.about pre').innerText();
  for (const whose of ['Frank Denis', 'Petri Lehtinen', 'Rich Felker', 'LLVM Exceptions', '@codemirror/view', 'Marijn Haverbeke', 'lean-qr', 'David Evans', 'Permission is hereby granted'])
    assert.ok(text.includes(whose), whose);
}

test('a first visitor gets a result in two clicks', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  await page.locator('.party input').first().waitFor();
  await page.getByRole('button', { name: 'Find out' }).click();
  assert.match(await answerOf(page), /Ben is at least as rich/);
  const learned = await page.locator('.learned').allInnerTexts();
  assert.equal(learned.length, 2);
  assert.match(learned[0], /Anna now knows[^]*still not what Ben entered/);
  assert.equal(await page.evaluate('crossOriginIsolated'), true);
  assert.deepEqual(await axe(page), []);
  await page.getByText('Can I trust this page?').click();
  await page.locator('.hashes dt').last().waitFor();
  const sums = readFileSync(join(PAGE, 'SHA256SUMS'), 'utf8').trim().split('\n').map((line) => line.split('  '));
  const shown = await page.locator('.hashes > div').evaluateAll((rows) => rows.map((row) => [...row.children].map((c) => c.textContent)));
  assert.equal(shown.length, 8);
  for (const [name, hash] of shown) assert.deepEqual(sums.find((s) => s[1] === name), [hash, name]);
  await checkLicenses(page);
});

/** The views before a computation with others, at one width and in one scheme. */
async function lookAtViews(t, url, colorScheme, name, viewport) {
  const page = await open(t, url, { colorScheme, viewport });
  const shot = async (view) => {
    assert.equal(await overflow(page), 0, `${view} at ${viewport.width}`);
    await page.screenshot({ path: join(SHOTS, `${view}-${name}-${colorScheme}.png`), fullPage: true, caret: 'initial', animations: 'allow' });
    if (name === 'phone') assert.deepEqual(await axe(page), [], colorScheme);
  };
  await page.locator('.party input').first().waitFor();
  await page.getByLabel('A fair wage?').check();
  await page.getByText('North Ltd', { exact: true }).waitFor();
  await page.locator('.workbench > summary').click();
  await page.locator('.editor.loaded').waitFor();
  await page.locator('.editor').scrollIntoViewIfNeeded(); // it draws only what is seen
  await shot('home');
  await invite(page, null, async () => {
    await page.getByLabel('Only some of us learn it').check();
    await page.getByRole('button', { name: 'Make a new key' }).click();
    await page.getByText('Your public key, for the others:').waitFor();
    await shot('choices');
  });
  await shot('invite');
}

test('every view is readable at every width, dark and light', options, async (t) => {
  const { url } = await startRelay(t);
  const sizes = [['desktop', { width: 1280, height: 900 }], ['phone', { width: 360, height: 740 }]];
  for (const colorScheme of ['light', 'dark']) await Promise.all(sizes.map(([name, viewport]) => lookAtViews(t, url, colorScheme, name, viewport)));
});

test('with the keyboard alone', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  await page.locator('.party input').first().waitFor();
  const focused = () => page.evaluate('document.activeElement === document.body ? "" : document.activeElement.textContent || document.activeElement.getAttribute("aria-label") || document.activeElement.id');
  const tabTo = async (pattern) => {
    for (let i = 0; i < 40; i++) {
      if (pattern.test(await focused())) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`Tab does not reach ${pattern}`);
  };
  await tabTo(/Find out/);
  await page.keyboard.press('Enter');
  assert.match(await answerOf(page), /Ben/);
  await tabTo(/The program/);
  await page.keyboard.press('Enter');
  await page.locator('.editor.loaded').waitFor();
  await tabTo(/Can I trust/); // the editor lets go of Tab
});

test('mistakes are shown under the words as one types', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  await writeProgram(page, 'pub fn main(a: u32, b: u32) -> u32 { a + missing }');
  await page.locator('.cm-lintRange-error').waitFor();
  assert.equal(await page.locator('.cm-lintRange-error').innerText(), 'missing');
  assert.match(await page.locator('.problems').innerText(), /Line 1: .*missing/);
  assert.equal(await page.getByRole('button', { name: 'Find out' }).isDisabled(), true);
  await writeProgram(page, 'pub fn main(a: u32, b: u32) -> u64 { a as u64 * b as u64 }');
  await page.locator('.problems:empty').waitFor({ state: 'attached' });
  assert.match(await page.locator('.workbench .costs').innerText(), /AND gates\s+[\d,]{3,}/);
});

test('what it costs is what the command plans', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  const program = longProgram(3);
  const file = join(SHOTS, 'costs.garble');
  writeFileSync(file, program);
  const planned = JSON.parse((await start(BIN, ['plan', file, '--json']).ended).out).parties;
  const shown = (where) => where.locator('.costs data').evaluateAll((all) => all.map((d) => Number(d.value)));
  await writeProgram(page, program);
  assert.deepEqual(await shown(page), ['bytes_sent', 'bytes_received'].map((what) => Math.max(...planned.map((p) => p[what]))));
  const [link] = await invite(page);
  const other = await open(t, link);
  await other.locator('.workbench > summary').click();
  await other.locator('.costs data').first().waitFor();
  assert.deepEqual(await shown(other), [planned[1].bytes_sent, planned[1].bytes_received]);
});

test('what does not fit is said at its field', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  await page.getByLabel('A fair wage?').check();
  await page.getByText('North Ltd', { exact: true }).waitFor();
  const field = page.locator('.party input[type="text"]').nth(1);
  await field.fill('4294967296');
  await page.getByRole('button', { name: 'Find out' }).click();
  assert.match(await page.locator('.party .problem:visible').innerText(), /from 0 to 4,294,967,295/);
  assert.equal(await field.evaluate((f) => f === document.activeElement && f.getAttribute('aria-invalid')), 'true');
  await field.fill('4294967295');
  await page.getByRole('button', { name: 'Find out' }).click();
  assert.match(await page.locator('.bad-card').innerText(), /stopped with an error/); // the product overflows
});

test('three browsers; a table is pasted, the result saved', options, async (t) => {
  const { url } = await startRelay(t, '--cors=none', '--tokens');
  const first = await open(t, url);
  const links = await invite(first, 'A common middle');
  assert.equal(links.length, 2);
  assert.equal(await readQr(first), links[0]);
  const [second, third] = await Promise.all(links.map((link) => open(t, link)));
  assert.match(await second.locator('.terms').innerText(), /You give[^]*three measurements[^]*Everybody learns[^]*the middle value/);
  await first.locator('.work .rows').evaluate((element) => {
    const data = new DataTransfer();
    data.setData('text', 'measured\n512\n498\n530\n');
    element.querySelector('input').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await first.getByRole('button', { name: 'Take part' }).click();
  await second.locator('.person.present').waitFor();
  assert.match(await second.locator('.person.present').innerText(), /Lab one/);
  await takePart(second, 505, 601, 477);
  await takePart(third, 489, 520, 511);
  for (const page of [first, second, third]) assert.match(await answerOf(page), /median of all nine is 511/);
  assert.deepEqual(await axe(first), []);
  assert.equal((await first.locator('.people').innerText()).match(/took part/g)?.length, 3);
  const words = await Promise.all([first, second, third].map((page) => page.locator('.five').innerText()));
  assert.match(words[0], /^(\w{5}\s+){4}\w{5}$/);
  assert.deepEqual(words, Array(3).fill(words[0]));
  assert.equal(await textOfDownload(third, 'Text'), '511\n');
  assert.equal(await textOfDownload(third, 'JSON'), '511\n');
  assert.equal(await textOfDownload(third, 'CSV'), '511\n');
  await third.reload();
  assert.match(await third.locator('.warn-card').innerText(), /already taken part/);
});

test('a browser, a party of Node and a native party', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  const [node, native] = (await invite(page, 'An honest answer')).map(fieldsOf);
  const process = nativeParty(t, url, native, example('poll'), 'Answer::Yes');
  const { party } = await import(join(ROOT, 'bindings/js/index.js'));
  const other = party({ relay: url, session: node.get('s'), party: 1, program: readFileSync(example('poll'), 'utf8'), input: 'Answer::No', sessionSecret: node.get('k') });
  await page.getByLabel('Yes').check();
  await page.getByRole('button', { name: 'Take part' }).click();
  assert.match(await answerOf(page), /Two said yes, one said no, none would rather not say/);
  assert.equal((await other).text, 'Counts {no: 1, unsure: 0, yes: 2}');
  assert.equal((await process.ended).out, 'Counts {no: 1, unsure: 0, yes: 2}\n');
});

test('a browser and two native parties', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  const links = (await invite(page, 'A common middle')).map(fieldsOf);
  const others = [['[505, 601, 477]'], ['[489, 520, 511]']].map(([input], i) => nativeParty(t, url, links[i], example('median'), input));
  await takePart(page, 512, 498, 530);
  assert.match(await answerOf(page), /median of all nine is 511/);
  for (const other of others) assert.equal((await other.ended).out, '511\n');
});

test('a reload in the middle is told to both sides', options, async (t) => {
  const { url } = await startRelay(t);
  const first = await open(t, url);
  await writeProgram(first, longProgram(150)); // it shall not end before it is looked at
  const [link] = await invite(first);
  const second = await open(t, link);
  await takePart(first, 5);
  await takePart(second, 7);
  for (const page of [first, second]) await page.locator('.work progress[value]').waitFor();
  first.on('dialog', (dialog) => dialog.accept());
  await first.reload();
  assert.match(await first.locator('.warn-card').innerText(), /reloaded while you took part/);
  assert.match(await troubleOf(second), /Another party stopped|The connection ended/);
  await second.getByRole('button', { name: 'Try again' }).click();
  for (const page of [first, second]) await page.getByRole('button', { name: 'Take part' }).waitFor();
});

test('100,000 AND gates; who stops is told, and so are the others', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  const program = longProgram(110);
  await writeProgram(page, program);
  const ands = /AND gates\s+([\d,]+)/.exec(await page.locator('.workbench .costs').innerText())[1].replaceAll(',', '');
  assert.ok(Number(ands) > 100_000, ands);
  const [link] = (await invite(page)).map(fieldsOf);
  const file = join(SHOTS, 'long.garble');
  writeFileSync(file, program);
  const stopped = nativeParty(t, url, link, file, '987654321');
  await takePart(page, 123456789);
  await page.locator('.work progress[value]').waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  assert.match(await troubleOf(page), /Stopped/);
  assert.equal((await stopped.ended).status, 6);
  // Again, to the end.
  await page.getByRole('button', { name: 'Try again' }).click();
  const other = nativeParty(t, url, link, file, '987654321');
  await page.getByRole('button', { name: 'Take part' }).click();
  let x = 123456789n;
  for (let i = 0; i < 110; i++) x = ((x * (987654321n ^ x)) >> 16n) & 0xffffffffn;
  assert.equal((await answerOf(page)).replaceAll(',', ''), String(x));
  assert.equal((await other.ended).out, `${x}\n`);
});

test('a device that slept, and a relay that is gone, are said', options, async (t) => {
  const { url, kill } = await startRelay(t);
  const page = await open(t, 'about:blank');
  await page.clock.install();
  await page.goto(url);
  await invite(page);
  await takePart(page, 5);
  await page.locator('.person.present').waitFor();
  await page.clock.fastForward(90_000);
  await page.getByText('This device slept for 2 minutes').waitFor();
  await kill();
  await page.getByText('The relay cannot be asked just now').waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  assert.match(await troubleOf(page), /Stopped/);
});

test('a party that cheats is noticed', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  const [link] = (await invite(page)).map(fieldsOf);
  const other = cheatingParty(t, url, link, example('millionaires'), '7', 'ABCHK'); // there any change is noticed
  await takePart(page, 5);
  assert.match(await troubleOf(page), /did not follow the rules[^]*Do not simply try again/);
  assert.deepEqual(await axe(page), []);
  const { err } = await other.ended;
  assert.doesNotMatch(err, /nothing was changed/);
});

test('a program that is too long for a link goes as a file', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  const noise = Array.from({ length: 300 }, () => `// ${randomBytes(48).toString('base64')}\n`).join('');
  await writeProgram(page, `${noise}pub fn main(a: u32, b: u32) -> u32 { a ^ b }`);
  const [link] = await invite(page);
  assert.ok(link.length < 300, link);
  const program = await textOfDownload(page, 'Save the program');
  const other = await open(t, link);
  const choose = other.getByLabel('Choose the program');
  const file = (text) => ({ name: 'program.garble', mimeType: 'text/plain', buffer: Buffer.from(text) });
  await choose.setInputFiles(file(`${program} `));
  await other.getByText('another program than the one').waitFor();
  await choose.setInputFiles(file(program));
  await other.getByRole('button', { name: 'Take part' }).waitFor();
});

test('a damaged link is said', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  const [link] = await invite(page);
  await page.goto('about:blank');
  await page.goto(link.replace(/&h=.*/, ''));
  await page.getByText('damaged or incomplete').waitFor();
});

test('over plain http, and from a file on the disk', options, async (t) => {
  const { url } = await startRelay(t);
  const insecure = await open(t, url.replace('127.0.0.1', 'relay.test'));
  assert.equal(await insecure.evaluate('isSecureContext'), false);
  assert.match(await insecure.locator('.strip').innerText(), /plain http/);
  await insecure.locator('.party input').first().waitFor();
  await insecure.getByRole('button', { name: 'Find out' }).click();
  assert.match(await answerOf(insecure), /Ben/);

  const file = await open(t, String(pathToFileURL(join(PAGE, 'polytune.html'))));
  await file.locator('.party input').first().waitFor();
  await checkLicenses(file);
  await file.getByRole('button', { name: 'Invite others' }).click();
  await file.getByLabel('Where you meet').fill(url);
  await file.getByRole('button', { name: 'Make the invitations' }).click();
  await file.locator('.invites .qr').waitFor();
  const [link] = await file.locator('.invites input').evaluateAll((fields) => fields.map((f) => f.value));
  const other = nativeParty(t, url, fieldsOf(link), example('millionaires'), '7');
  await takePart(file, 8);
  assert.match(await answerOf(file), /Anna is richer/);
  assert.equal((await other.ended).out, 'true\n');
});

test('a browser without WebAssembly is told what it lacks', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, 'about:blank');
  await page.addInitScript(() => delete globalThis.WebAssembly);
  await page.goto(url);
  await page.getByText('does not have WebAssembly with vectors').waitFor();
});

test('a program that takes long to look at keeps nobody from the next', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  await beginProgram(page, 'pub fn main(a: [u64; 900], b: [u64; 900]) -> u64 { let mut s = 0u64; for x in a { for y in b { s = s ^ (x * y); } } s }');
  await page.locator('.workbench .costs', { hasText: 'Counting' }).waitFor();
  await page.getByLabel('Who is richer?').check();
  await page.locator('button:has-text("Find out"):enabled').waitFor();
});
