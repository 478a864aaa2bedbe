// Taking part over a relay, together with parties of the command.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { after, before, test } from 'node:test';
import workers from 'node:worker_threads';
import { close, compile, keygen, party, PolytuneError } from '../../bindings/js/index.js';
import { polytune, startCheater, startParty, startRelay } from './relay.js';

const sum = 'pub fn main(a: u32, b: u32, c: u32) -> (u32, bool) { (a + b + c, a > b) }';
const two = 'pub fn main(a: u32, b: u32) -> u32 { a + b }';
const secret = 'kabob-vapid-lemur-tonic-fjord';
let folder;
let relay;

async function program(source) {
  const path = `${folder}/${Math.random().toString(36).slice(2)}.garble`;
  await writeFile(path, source);
  return path;
}

async function failure(promise) {
  const error = await promise.then(() => null, (e) => e);
  assert.ok(error instanceof PolytuneError, `no PolytuneError: ${error}`);
  return error;
}

before(async () => {
  folder = await mkdtemp(`${tmpdir()}/polytune-js-`);
  relay = await startRelay();
});
after(async () => {
  await relay?.stop();
  await rm(folder, { recursive: true });
  await close();
});

test('with two parties of the command', async () => {
  const path = await program(sum);
  const others = [0, 1].map((i) => startParty(relay.url, 'mixed', path, i, 10 * i, `--session-secret=${secret}`));
  const notices = [];
  const options = { relay: relay.url, session: 'mixed', party: 2, program: sum, input: 5, sessionSecret: secret };
  const mine = await party({ ...options, onNotice: (n) => notices.push(n) });
  assert.deepEqual(mine.result, [15, false]);
  assert.equal(mine.stats.and, 96);
  assert.match(mine.fingerprint, /^(\w{5}-){4}\w{5}$/);
  assert.deepEqual(notices.filter((n) => n.kind === 'words').map((n) => n.text), [mine.fingerprint]);
  for (const other of others) assert.match((await other.done).out, /^\(15, false\)$/m);
});

test('several parties in one process, in several sessions', async () => {
  const path = await program(sum);
  const run = async (session) => {
    const other = startParty(relay.url, session, path, 0, 10, `--session-secret=${secret}`);
    const options = { relay: relay.url, session, program: sum, input: 5, sessionSecret: secret };
    const mine = await Promise.all([1, 2].map((i) => party({ ...options, party: i })));
    assert.deepEqual(mine.map((m) => m.result), [[20, true], [20, true]]);
    assert.equal((await other.done).status, 0);
  };
  await Promise.all(['one', 'two', 'three'].map((name) => run(`several-${name}`)));
});

test('without a secret the words are those that the command shows', async () => {
  const other = startParty(relay.url, 'words', await program(two), 0, 1);
  const mine = await party({ relay: relay.url, session: 'words', party: 1, program: two, input: '2u32' });
  const { status, err } = await other.done;
  assert.equal(status, 0, err);
  assert.ok(err.includes(mine.fingerprint), err);
  assert.equal(mine.result, 3);
});

// A way to the relay that takes so long, there and back.
async function farFrom(url, milliseconds) {
  const far = createServer((client) => {
    const server = connect(new URL(url).port, '127.0.0.1');
    for (const [from, to] of [[client, server], [server, client]]) {
      from.on('data', (bytes) => setTimeout(() => to.write(bytes), milliseconds / 2));
      from.on('error', () => to.destroy());
      from.on('close', () => setTimeout(() => to.end(), milliseconds / 2));
    }
  });
  await new Promise((resolve) => far.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${far.address().port}`, stop: () => far.close() };
}

test('far from each other they send what was planned, near perhaps more', async () => {
  const bytes = async (cotBits) => (await compile(two, { cotBits })).cost.parties.map((p) => p.bytesSent);
  const run = async (url, session) =>
    (await Promise.all([0, 1].map((i) => party({ relay: url, session, party: i, program: two, input: i, sessionSecret: secret })))).map((mine) => mine.stats.bytesSent);
  const far = await farFrom(relay.url, 30);
  try {
    assert.deepEqual(await run(far.url, 'far'), await bytes(4));
  } finally {
    far.stop();
  }
  const near = await run(relay.url, 'near'); // on a busy machine even a neighbour is far
  assert.ok([await bytes(2), await bytes(4)].some((planned) => String(planned) === String(near)), String(near));
});

test('constants that each party gives', async () => {
  const source = 'const M: usize = PARTY_0::ROWS; const N: usize = PARTY_1::ROWS; pub fn main(a: [u8; M], b: [u8; N]) -> [u8; N] { b }';
  const other = startParty(relay.url, 'constants', await program(source), 0, '[1, 2]', '--const=ROWS=2usize');
  const notices = [];
  const options = { relay: relay.url, session: 'constants', party: 1, program: source, input: [3, 4, 5] };
  const mine = await party({ ...options, constants: { ROWS: '3usize' }, onNotice: (n) => notices.push(`${n.kind} ${n.text}`) });
  assert.deepEqual(mine.result, [3, 4, 5]);
  assert.ok(notices.includes('constant PARTY_0::ROWS = 2usize'), notices.join());
  assert.equal((await other.done).status, 0);
});

test('a program that constants of others make too large is refused with its place', async () => {
  const source = 'const N: usize = PARTY_0::N; pub fn main(a: u8, b: u8) -> u8 { let all = [a; N]; all[0] ^ b }';
  const given = { N: '4294967295usize' };
  const options = { relay: relay.url, session: 'large', program: source, input: 1, wait: 30000 };
  const errors = await Promise.all([failure(party({ ...options, party: 0, constants: given })), failure(party({ ...options, party: 1 }))]);
  const plain = await failure(compile(source, { constants: { 'PARTY_0::N': given.N } }));
  assert.equal(plain.status, 'PT_ERR_LIMIT');
  assert.ok(plain.diagnostics.length > 0);
  for (const { status, message, diagnostics } of errors) assert.deepEqual([status, message, diagnostics], [plain.status, plain.message, plain.diagnostics]);
});

test('only those that are to know learn the result', async () => {
  const other = startParty(relay.url, 'outputs', await program(two), 0, 1, '--output-parties=0');
  const mine = await party({ relay: relay.url, session: 'outputs', party: 1, program: two, input: 2, outputParties: [0] });
  assert.equal(mine.result, null);
  assert.match((await other.done).out, /^3$/m);
});

test('each party learns its own part', async () => {
  const source = 'pub fn main(a: u32, b: u32) -> (u32, bool) { (a + b, a > b) }';
  const options = { relay: relay.url, session: 'private', party: 1, program: source, input: 2, privateResults: true };
  const other = startParty(relay.url, 'private', await program(source), 0, 1, '--private-results');
  const mine = await party(options);
  assert.deepEqual([mine.result, mine.text, mine.type.kind], [false, 'false', 'bool']);
  assert.equal((await other.done).out, '3\n');
  const whole = startParty(relay.url, 'whole', await program(source), 0, 1);
  assert.equal((await failure(party({ ...options, session: 'whole' }))).status, 'PT_PEER_SETUP');
  assert.equal((await whole.done).status, 7);
  assert.match((await failure(party({ ...options, outputParties: [1] }))).message, /use one of them/);
});

test('another program is refused, and said by whom', async () => {
  const other = startParty(relay.url, 'differ', await program('pub fn main(a: u32, b: u32) -> u32 { a - b }'), 0, 1);
  const error = await failure(party({ relay: relay.url, session: 'differ', party: 1, program: two, input: 2 }));
  assert.equal(error.status, 'PT_PEER_SETUP');
  assert.equal(error.class, 'peer');
  assert.match(error.message, /party 0 runs another program/);
  assert.equal((await other.done).status, 7);
});

test('another program is refused also while a third is missing', async () => {
  const other = startParty(relay.url, 'missing', await program(sum.replace('a + b + c', 'a ^ b ^ c')), 0, 1);
  const error = await failure(party({ relay: relay.url, session: 'missing', party: 1, program: sum, input: 2 }));
  assert.equal(error.status, 'PT_PEER_SETUP');
  assert.equal(error.phase, 'join');
  assert.match(error.message, /party 0 runs another program/);
  const { status, err } = await other.done;
  assert.equal(status, 7, err);
  assert.match(err, /party 1 runs another program/);
});

test('another secret is refused', async () => {
  const other = startParty(relay.url, 'secrets', await program(two), 0, 1, `--session-secret=${secret}`);
  const error = await failure(party({ relay: relay.url, session: 'secrets', party: 1, program: two, input: 2, sessionSecret: 'other-words-than-those-there' }));
  assert.equal(error.status, 'PT_PEER_IDENTITY');
  assert.equal((await other.done).status, 7);
});

test('who cheats is found out', async () => {
  const cheater = startCheater(relay.url, 'cheat', await program(two), secret, 'ABCHK'); // there any change is noticed
  const error = await failure(party({ relay: relay.url, session: 'cheat', party: 1, program: two, input: 2, sessionSecret: secret }));
  assert.equal(error.class, 'peer');
  assert.match(error.status, /^PT_PEER_(TRANSCRIPT|ABIT)$/);
  assert.deepEqual([error.party, error.phase], [0, 'ABCHK']);
  const { status, err } = await cheater.done;
  assert.equal(status, 7, err);
  assert.doesNotMatch(err, /nothing was changed/);
});

test('of three, nobody gets a result when one cheats', async () => {
  const cheater = startCheater(relay.url, 'cheat3', await program(sum), secret, 'ABCHK');
  const options = { relay: relay.url, session: 'cheat3', program: sum, input: 2, sessionSecret: secret };
  const errors = await Promise.all([1, 2].map((i) => failure(party({ ...options, party: i }))));
  assert.deepEqual(errors.map((e) => e.class), ['peer', 'peer']);
  assert.ok(errors.some((e) => /^PT_PEER_(TRANSCRIPT|ABIT)$/.test(e.status)), errors.join());
  assert.equal((await cheater.done).status, 7);
});

test('a wrong input is found before anything is sent', async () => {
  const error = await failure(party({ relay: 'http://127.0.0.1:9', session: 's', party: 1, program: two, input: 'two' }));
  assert.equal(error.status, 'PT_ERR_INPUT');
});

test('no relay there', async () => {
  const error = await failure(party({ relay: 'http://127.0.0.1:9', session: 's', party: 1, program: two, input: 2, timeout: 1000 }));
  assert.equal(error.status, 'PT_ERR_IO');
  assert.equal(error.class, 'transport');
  assert.match(error.message, /127\.0\.0\.1:9/);
});

test('times are milliseconds', async () => {
  for (const name of ['timeout', 'wait', 'deadline']) {
    for (const value of [60, 0, -1, 1500.5, '60s', null, 2 ** 32]) {
      const error = await failure(party({ relay: 'http://127.0.0.1:9', session: 's', party: 1, program: two, input: 2, [name]: value }));
      assert.equal(error.status, 'PT_ERR_USAGE', `${name} ${value}`);
      assert.match(error.message, new RegExp(`${name} is a number of milliseconds`));
    }
  }
});

test('that the relay does not answer is said now and then', async () => {
  const notices = [];
  const options = { relay: 'http://127.0.0.1:9', session: 's', party: 1, program: two, input: 2, timeout: 4500 };
  await failure(party({ ...options, onNotice: (notice) => notices.push(notice.text) }));
  assert.equal(notices.filter((text) => text.startsWith('retrying')).length, 1, notices.join());
});

test('what is no URL', async () => {
  assert.equal((await failure(party({ relay: 'relay.example', session: 's', party: 1, program: two, input: 2 }))).status, 'PT_ERR_USAGE');
});

test('the relay goes in the middle', async () => {
  const short = await startRelay();
  const mine = failure(party({ relay: short.url, session: 's', party: 1, program: two, input: 2, timeout: 1500, onNotice: () => short.stop() }));
  const error = await mine;
  assert.equal(error.class, 'transport', error.message);
});

// Threads that ask die at their first request, as they do for want of memory.
async function withoutFetchers(use) {
  const { Worker } = workers;
  const dying = "import { workerData } from 'node:worker_threads'; workerData.port.on('message', () => { throw new Error('no memory'); });";
  const place = (url) => (url.pathname.endsWith('/fetcher-node.js') ? new URL(`data:text/javascript,${encodeURIComponent(dying)}`) : url);
  const replace = (kind) => {
    workers.Worker = kind;
    syncBuiltinESMExports();
  };
  replace(class extends Worker {
    constructor(url, options) {
      super(place(url), options);
    }
  });
  try {
    return await use();
  } finally {
    replace(Worker);
  }
}

test('a thread that asks and dies ends the call', { timeout: 60000 }, async () => {
  const error = await withoutFetchers(() => failure(party({ relay: relay.url, session: 'dying', party: 0, program: two, input: 1 })));
  assert.equal(error.status, 'PT_ERR_INTERNAL');
  assert.match(error.message, /no memory/);
});

test('who cancels while it waits leaves at once, and the other hears of it', async () => {
  const source = 'pub fn main(a: [u64; 20], b: u64) -> u64 { let mut s = 0u64; for x in a { s = s ^ (x * b) } s }';
  const other = startParty(relay.url, 'cancel', await program(source), 0, `[1u64; 20]`);
  const abort = new AbortController();
  let begun = 0;
  const onProgress = ({ phase }) => {
    if (phase !== 'triples' || begun !== 0) return;
    begun = performance.now();
    abort.abort();
  };
  const error = await failure(party({ relay: relay.url, session: 'cancel', party: 1, program: source, input: 2, onProgress, signal: abort.signal }));
  assert.equal(error.status, 'PT_ERR_CANCELLED');
  const { status, err } = await other.done;
  assert.equal(status, 6, err);
  assert.match(err, /cancelled|stopped/);
  assert.ok(performance.now() - begun < 30000);
});

test('who cancels before anybody has come gives the seat back', async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 700);
  const options = { relay: relay.url, session: 'seat', party: 0, program: two, input: 2 };
  assert.equal((await failure(party({ ...options, signal: abort.signal }))).status, 'PT_ERR_CANCELLED');
  const other = startParty(relay.url, 'seat', await program(two), 0, 1);
  assert.equal((await party({ ...options, party: 1 })).result, 3);
  assert.equal((await other.done).status, 0);
});

test('keys and a roster, with the command and its files', async () => {
  const own = await keygen();
  const made = polytune('keygen', '-o', `${folder}/key`);
  const other = (await made.done).out.match(/pk:\S+/)[0];
  await writeFile(`${folder}/roster`, `0 ${other}\n1 ${own.publicKey}\n`);
  const options = { relay: relay.url, session: 'keys', party: 1, program: two, input: 2, key: own.key };
  const first = startParty(relay.url, 'keys', await program(two), 0, 1, `--key=${folder}/key`, `--roster=${folder}/roster`);
  assert.equal((await party({ ...options, roster: [other, own.publicKey] })).result, 3);
  assert.equal((await first.done).status, 0);

  const second = startParty(relay.url, 'keys', await program(two), 0, 1, `--key=${folder}/key`, `--roster=${folder}/roster`);
  const stranger = (await keygen()).publicKey;
  assert.equal((await failure(party({ ...options, roster: [stranger, own.publicKey] }))).status, 'PT_PEER_IDENTITY');
  assert.equal((await second.done).status, 7);
});
