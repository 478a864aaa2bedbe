// What a first visitor need not see: who learns the result, dealers, keys, and how parties that differ or lose their relay are told.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { ROOT, TIMEOUT, answerOf, axe, closeBrowser, fieldsOf, folderFor, invite, loseHopeAfter, nativeDealer, nativeKey, nativeParty, open, overflow, startRelay, startRelayAt, takePart, textOfDownload, troubleOf, writeProgram } from './support.mjs';

after(closeBrowser);
const example = (name) => join(ROOT, `examples/${name}.garble`);
const options = { timeout: 2 * TIMEOUT };
const PARTS = 'pub fn main(a: u32, b: u32) -> (u32, bool) { (a + b, a > b) }';
const WITH_CONSTANT = `const MOST: u32 = PARTIES::MOST;
pub fn main(a: u32, b: u32) -> bool { a + b < MOST }`;

test('each learns a part of their own', options, async (t) => {
  const { url } = await startRelay(t);
  const first = await open(t, url);
  await writeProgram(first, PARTS);
  const [link] = await invite(first, null, () => first.getByLabel('Each learns their own part').check());
  const second = await open(t, link, { viewport: { width: 360, height: 740 } });
  await second.locator('.terms').waitFor();
  assert.match(await second.locator('.terms').innerText(), /You learn\s+a yes or no – and nobody else\s+Party 0 learns\s+a whole number from 0 to 4,294,967,295 – you will not see it/);
  await takePart(first, 7);
  await takePart(second, 5);
  assert.equal(await answerOf(first), '12');
  assert.equal(await answerOf(second), 'Yes');
  assert.match(await second.locator('.good-card').innerText(), /your part of the result, checked; nobody else has it/);
});

test('only some learn the result; a dealer prepares it', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url, { viewport: { width: 360, height: 740 } });
  const [link] = (await invite(page, null, async () => {
    await page.getByLabel('Only some of us learn it').check();
    await page.locator('.more .nested').getByLabel('Anna').uncheck();
    await page.getByRole('button', { name: 'Make the invitations' }).click();
    await page.getByText('Please choose at least one.').waitFor();
    await page.locator('.more .nested').getByLabel('Ben').check();
    await page.getByLabel('A dealer prepares').check();
    assert.equal(await overflow(page), 0);
    assert.deepEqual(await axe(page), []);
  })).map(fieldsOf);
  assert.match(await page.locator('.terms').innerText(), /You learn\s+nothing\s+Ben learns[^]*A dealer\s+prepares[^]*only if you trust them/);
  assert.match(await page.locator('.invites .program').innerText(), new RegExp(`polytune pre ${url} --session=${link.get('s')} --parties=2$`));
  assert.deepEqual(await axe(page), []);
  const others = [nativeDealer(t, url, link), nativeParty(t, url, link, example('millionaires'), '7', '--dealer', '--output-parties=1')];
  await page.locator('.person.present', { hasText: 'the dealer' }).waitFor();
  await takePart(page, 8);
  await page.getByText('Only Ben learned the result.').waitFor();
  const [dealer, party] = await Promise.all(others.map((o) => o.ended));
  assert.equal(dealer.status, 0, dealer.err);
  assert.equal(party.out, 'true\n');
});

test('a browser and a native party know each other by their keys', options, async (t) => {
  const { url } = await startRelay(t);
  const folder = folderFor(t);
  const theirs = await nativeKey(join(folder, 'ben.key'), true);
  const page = await open(t, url, { viewport: { width: 360, height: 740 } });
  let saved = '';
  const [text] = await invite(page, null, async () => {
    await page.getByLabel('Public key of Ben').fill('sk:abc');
    await page.getByRole('button', { name: 'Make the invitations' }).click();
    await page.getByText('This is a private key').waitFor();
    await page.getByLabel('Public key of Ben').fill(theirs);
    await page.getByRole('button', { name: 'Make the invitations' }).click();
    await page.getByText('make a new key: whoever checks keys has one').waitFor();
    await page.getByRole('button', { name: 'Make a new key' }).click();
    saved = await textOfDownload(page, 'Save your key');
    assert.equal(await overflow(page), 0);
    assert.deepEqual(await axe(page), []);
  });
  writeFileSync(join(folder, 'anna.key'), saved);
  chmodSync(join(folder, 'anna.key'), 0o600);
  const mine = await nativeKey(join(folder, 'anna.key'));
  const link = fieldsOf(text);
  assert.deepEqual(link.getAll('y'), [`0 ${mine}`, `1 ${theirs}`]);
  writeFileSync(join(folder, 'roster'), link.getAll('y').join('\n'));
  assert.match(await page.locator('.terms').innerText(), /Keys\s+are checked/);
  assert.deepEqual(await axe(page), []);
  const known = (key) => [`--key=${join(folder, key)}`, `--roster=${join(folder, 'roster')}`];
  const other = nativeParty(t, url, link, example('millionaires'), '7', ...known('ben.key'));
  await page.locator('.work input[inputmode="numeric"]').fill('8');
  await page.getByRole('button', { name: 'Take part' }).click();
  assert.match(await answerOf(page), /Anna is richer/);
  assert.equal((await other.ended).out, 'true\n');
});

test('a wrong key is refused, here and there', options, async (t) => {
  const { url } = await startRelay(t);
  const folder = folderFor(t);
  const keys = {};
  for (const name of ['ben', 'carl']) keys[name] = await nativeKey(join(folder, `${name}.key`), true);
  const page = await open(t, url);
  const [link] = await invite(page, null, async () => {
    await page.getByLabel('Public key of Ben').fill(keys.ben);
    await page.getByRole('button', { name: 'Make a new key' }).click();
    await page.getByText('Your public key, for the others:').waitFor();
  });
  // In the page: whoever opens the link needs the key that it names.
  const second = await open(t, link);
  await second.getByLabel('What you own').fill('5');
  const take = second.getByRole('button', { name: 'Take part' });
  await take.click();
  await second.getByText('The invitation names your key: choose its file.').waitFor();
  const choose = second.getByLabel('Choose a key file');
  await choose.setInputFiles(join(folder, 'carl.key'));
  await second.getByText(keys.carl).waitFor();
  await take.click();
  await second.getByText(`The invitation names another key for you: ${keys.ben}`).waitFor();
  await choose.setInputFiles(example('poll'));
  await second.getByText('“poll.garble” has no private key').waitFor();
  await second.context().close();
  // From elsewhere: a party with the link and another key.
  const roster = join(folder, 'roster');
  writeFileSync(roster, `${fieldsOf(link).getAll('y')[0]}\n1 ${keys.carl}\n`);
  const other = nativeParty(t, url, fieldsOf(link), example('millionaires'), '7', `--key=${join(folder, 'carl.key')}`, `--roster=${roster}`);
  await page.locator('.work input[inputmode="numeric"]').fill('8');
  await page.getByRole('button', { name: 'Take part' }).click();
  assert.match(await troubleOf(page), /A party is not who it should be[^]*another key than you expect[^]*party 1/);
  const { status, err } = await other.ended;
  assert.equal(status, 7, err);
});

test('what parties run differently is named', options, async (t) => {
  const { url } = await startRelay(t);
  const first = await open(t, url);
  const [link] = (await invite(first)).map(fieldsOf);
  const program = join(folderFor(t), 'other.garble');
  writeFileSync(program, 'pub fn main(a: u32, b: u32) -> bool { a < b }');
  const other = nativeParty(t, url, link, program, '7');
  await takePart(first, 5);
  assert.match(await troubleOf(first), /Not everybody runs the same\s+The programs differ, or constants in them[^]*party 1 runs another program/);
  assert.equal((await other.ended).status, 7);
});

test('constants that differ are named', options, async (t) => {
  const { url } = await startRelay(t);
  const first = await open(t, url);
  await writeProgram(first, WITH_CONSTANT);
  const [link] = await invite(first);
  assert.equal(fieldsOf(link).get('c'), 'PARTIES::MOST=3u32');
  const second = await open(t, link.replace('3u32', '4u32'));
  await Promise.all([takePart(first, 1), takePart(second, 1)]);
  for (const page of [first, second]) assert.match(await troubleOf(page), /Not everybody runs the same\s+A constant differs[^]*PARTIES::MOST = [34]u32/);
});

test('a link that was cut off is said', options, async (t) => {
  const { url } = await startRelay(t);
  const page = await open(t, url);
  await writeProgram(page, PARTS);
  const [link] = await invite(page, null, () => page.getByLabel('Each learns their own part').check());
  for (const at of [link.indexOf('&e='), link.indexOf('&h=') + 20, link.indexOf('&g=') + 30, link.length - 1]) {
    await page.goto('about:blank');
    await page.goto(link.slice(0, at));
    await page.getByText('damaged').first().waitFor();
  }
});

const longProgram = (rounds) => `pub fn main(a: u32, b: u32) -> u32 {
    let mut x = a;
    for i in 0..${rounds} { x = ((x as u64 * (b ^ x) as u64) >> 16u8) as u32; }
    x
}`;

/** Two browsers in the middle of a computation. */
async function inTheMiddle(t, url, rounds, hope) {
  const first = await open(t, url);
  await writeProgram(first, longProgram(rounds));
  const [link] = await invite(first);
  const second = await open(t, link);
  if (hope) await Promise.all([first, second].map((page) => loseHopeAfter(page, hope)));
  await takePart(first, 5);
  await takePart(second, 7);
  await Promise.all([first, second].map((page) => page.locator('.work progress[value]').waitFor()));
  return [first, second];
}

test('a relay that is gone for a while is waited for; one that has forgotten the session, or is gone for ever, ends it', options, async (t) => {
  const scenario = async (flags, isBack, rounds, pages) => {
    const relay = await startRelay(t, ...flags);
    const both = await inTheMiddle(t, relay.url, rounds, isBack ? null : 20_000);
    await relay.kill();
    if (isBack) await both[0].getByText('The relay does not answer. Trying again').waitFor();
    if (isBack) await startRelayAt(t, new URL(relay.url).host, ...flags);
    return Promise.all(both.map(pages));
  };
  const [answers, forgotten, gone] = await Promise.all([
    scenario([`--store=sqlite:${join(folderFor(t), 'store')}`], true, 60, answerOf),
    scenario([], true, 300, troubleOf),
    scenario([], false, 300, troubleOf),
  ]);
  assert.equal(answers[0], answers[1]);
  for (const text of forgotten) assert.match(text, /The relay lost the session[^]*All begin again/);
  for (const text of gone) assert.match(text, /The relay is gone[^]*did not come back in time/);
});
