// A relay that serves the page, browsers that open it, and native parties beside them.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const PAGE = join(ROOT, 'build/page');
export const BIN = process.env.POLYTUNE_BIN ?? join(ROOT, 'build/dev/bin/polytune');
const CHEATER = process.env.POLYTUNE_CHEATING_PARTY ?? join(ROOT, 'build/dev/bin/cheating_party');
export const TIMEOUT = 150_000;

const tools = createRequire(join(ROOT, 'build/npm/package.json'));
const { chromium } = tools('playwright-core');
const AXE = readFileSync(tools.resolve('axe-core/axe.min.js'), 'utf8');
const jsqr = tools('jsqr');
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--host-resolver-rules=MAP relay.test 127.0.0.1'];

let launched = null;
const browser = () => (launched ??= chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS }));
export const closeBrowser = async () => (await launched)?.close();

// ---- processes ----

/** A process: {status, out, err} of its end, and what it says on stderr until then. */
export function start(program, args, env = {}) {
  const child = spawn(program, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  const ended = new Promise((done) => child.on('close', (status) => done({ status, ...said })));
  const waiting = [];
  const look = () => waiting.filter((w) => w.pattern.test(said.err)).forEach((w) => w.done(w.pattern.exec(said.err)));
  child.stdout.on('data', (d) => (said.out += d));
  child.stderr.on('data', (d) => ((said.err += d), look()));
  return {
    ended, kill: () => (child.kill('SIGKILL'), ended),
    said: (pattern) => new Promise((done, fail) => {
      waiting.push({ pattern, done });
      look();
      ended.then(() => fail(new Error(`it ended without ${pattern}: ${said.err}`)));
    }),
  };
}

/** A relay with the page, for one test. */
export const startRelay = (t, ...flags) => startRelayAt(t, '127.0.0.1:0', ...flags);

export async function startRelayAt(t, where, ...flags) {
  const relay = start(BIN, ['serve', `--listen=${where}`, `--page=${PAGE}`, ...flags]);
  t.after(relay.kill);
  const [url] = await relay.said(/http:\/\/127\.0\.0\.1:\d+/);
  return { url, kill: relay.kill };
}

const secretOf = (link) => ({ POLYTUNE_SESSION_SECRET: link.get('k') });

/** A native party with the link that was meant for a browser. */
export function nativeParty(t, url, link, program, input, ...flags) {
  const party = start(BIN, ['party', url, `--session=${link.get('s')}`, `--program=${program}`, `--party=${link.get('p')}`, `--input=${input}`, ...flags], secretOf(link));
  t.after(party.kill);
  return party;
}

export function nativeDealer(t, url, link) {
  const dealer = start(BIN, ['pre', url, `--session=${link.get('s')}`, `--parties=${link.get('n')}`], secretOf(link));
  t.after(dealer.kill);
  return dealer;
}

/** The public key of a private key file; without one, of a key that is made there. */
export async function nativeKey(file, isNew) {
  const { status, out, err } = await start(BIN, isNew ? ['keygen', '-o', file] : ['keygen', '--public', file]).ended;
  if (status !== 0) throw new Error(err);
  return out.trim();
}

/** A folder for one test. */
export function folderFor(t) {
  const folder = mkdtempSync(join(tmpdir(), 'polytune-page-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

export function cheatingParty(t, url, link, program, input, phase) {
  const party = start(CHEATER, [url, link.get('s'), program, link.get('p'), input, phase], secretOf(link));
  t.after(party.kill);
  return party;
}

// ---- pages ----

/** Opens an address in a context of its own; the test fails for errors of the page, also of its policy. */
export async function open(t, url, options = {}) {
  const context = await (await browser()).newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT);
  const wrong = [];
  page.on('pageerror', (e) => wrong.push(e.stack));
  page.on('console', (m) => /Content Security Policy|Refused to/.test(m.text()) && wrong.push(m.text()));
  t.after(async () => {
    await context.close();
    if (wrong.length) throw new Error(wrong.join('\n'));
  });
  await page.goto(url);
  return page;
}

/** Makes the engine give up sooner than after a minute of silence. */
export const loseHopeAfter = (page, ms) => page.evaluate((timeout) => {
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (job, ...rest) {
    if (job.request?.relay) job.request.timeout = timeout;
    return postMessage.call(this, job, ...rest);
  };
}, ms);

export const answerOf = (page) => page.locator('.good-card .answer').innerText();
export const troubleOf = (page) => page.locator('.bad-card').innerText();

/** From the first view to the invitations; the links of the others, as strings. `choose` may choose more before they are made. */
export async function invite(page, example, choose) {
  if (example) await page.getByLabel(example).check();
  await page.locator('button:has-text("Invite others"):enabled').click();
  if (choose) {
    await page.locator('.more > summary').click();
    await choose();
  }
  await page.getByRole('button', { name: 'Make the invitations' }).click();
  await page.locator('.invites .qr').first().waitFor();
  return page.locator('.invites .party input').evaluateAll((fields) => fields.map((f) => f.value));
}

export const fieldsOf = (link) => new URLSearchParams(new URL(link).hash.slice(1));

export async function takePart(page, ...values) {
  const fields = page.locator('.work input[type="text"]');
  await fields.first().waitFor();
  for (const [i, value] of values.entries()) await fields.nth(i).fill(String(value));
  await page.getByRole('button', { name: 'Take part' }).click();
}

/** Once the program, as it now stands, has been looked at. */
const lookedAt = (page) => page.locator('.workbench:not([aria-busy])').waitFor();

/** Writes a program of one's own, in one go after the one that stood there has been looked at. */
export async function beginProgram(page, text) {
  await page.getByLabel('Your own').check();
  await page.locator('.cm-content').click();
  await lookedAt(page);
  await page.keyboard.press('Control+A');
  await page.locator('.cm-content').evaluate((content, pasted) => {
    const data = new DataTransfer();
    data.setData('text/plain', pasted);
    content.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);
}

/** The same, and waits until it has been looked at. */
export async function writeProgram(page, text) {
  await beginProgram(page, text);
  await lookedAt(page);
}

/** What axe-core finds, one line each. */
export async function axe(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate('axe.run({resultTypes: ["violations"]})');
  return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html} ${n.failureSummary}`));
}

/** How much wider the page is than the window. */
export const overflow = (page) => page.evaluate('document.documentElement.scrollWidth - innerWidth');

/** The text of the QR code that the page shows. */
export async function readQr(page) {
  const png = (await page.locator('.qr').first().screenshot()).toString('base64');
  const pixels = await page.evaluate(async (data) => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    return { width: image.width, height: image.height, data: Array.from(canvas.getImageData(0, 0, image.width, image.height).data) };
  }, png);
  return jsqr(Uint8ClampedArray.from(pixels.data), pixels.width, pixels.height)?.data;
}

export async function textOfDownload(page, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button, exact: true }).click()]);
  return readFileSync(await download.path(), 'utf8');
}
