// Programs and their values, without a network: checking, compiling, evaluating, all parties in this process.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { check, close, compile, evaluate, hash, keygen, party, PolytuneError, publicKey, simulate } from '../../bindings/js/index.js';
import { makeApi } from '../../bindings/js/lib/api.js';
import { makeWork } from '../../bindings/js/lib/work.js';
import { polytune, root } from './relay.js';

const example = (name) => readFile(new URL(`../../examples/${name}.garble`, import.meta.url), 'utf8');
const add = 'pub fn main(a: u32, b: u32) -> (u32, bool) { (a + b, a > b) }';

// What a promise fails with.
async function failure(promise) {
  const error = await promise.then(() => null, (e) => e);
  assert.ok(error instanceof PolytuneError, `no PolytuneError: ${error}`);
  return error;
}

// A command with a program on its standard input.
function feed(program, ...args) {
  const { child, done } = polytune(...args);
  child.stdin.end(program);
  return done;
}

// The calls, over threads that do what a test says: {job, receive, fail, isStopped, atStop}, in the order in which they start.
function overThreads() {
  const threads = [];
  const startThread = (receive, fail) => {
    const thread = { job: null, receive, fail, isStopped: false };
    threads.push(thread);
    const stop = async () => {
      thread.isStopped = true;
      thread.atStop?.();
    };
    return { post: (job) => (thread.job = job), idle() {}, busy() {}, stop };
  };
  const host = { sharesMemory: true, suspends: false, loadModule: async () => null, startThread, onLeaving: () => () => {} };
  const asked = async (name) => {
    const has = (thread) => thread.job?.name === name;
    while (!threads.some(has)) await setImmediate();
    return threads.find(has);
  };
  return { api: makeApi(async () => host), threads, asked };
}

const soon = { timeout: 10000 };
const saved = { answer: { bytes: Uint8Array.of(1) } };

after(close);

test('a good program has no diagnostics', async () => {
  assert.deepEqual(await check(add), { diagnostics: [] });
});

test('a mistake has its place in UTF-16, also behind characters of two units', async () => {
  const source = '// \u{1F600}\npub fn main(a: u32, b: u32) -> u32 { /* \u{1F600}é */ a + c }';
  const [mistake] = (await check(source)).diagnostics;
  assert.equal(source.slice(mistake.start.offset, mistake.end.offset), 'c');
  assert.equal(mistake.start.line, 2);
  assert.equal(mistake.severity, 'error');
  assert.match(mistake.message, /`?c`?/);
});

test('compiling tells parties, types and gates', async () => {
  const c = await compile('enum E { A, B(u8) } struct S { y: [i64; 2], x: bool } pub fn main(a: S, b: (E, u16)) -> bool { a.x }');
  assert.equal(c.parties, 2);
  assert.deepEqual(c.parameters.map((p) => [p.name, p.type]), [['a', c.inputTypes[0]], ['b', c.inputTypes[1]]]);
  assert.deepEqual((await compile('pub fn main(bids: [u8; 3]) -> u8 { 1 }')).parameters.map((p) => p.name), ['bids', 'bids', 'bids']);
  assert.deepEqual(c.inputTypes[0].fields.map((f) => [f.name, f.type.text]), [['x', 'bool'], ['y', '[i64; 2]']]);
  assert.deepEqual(c.inputTypes[1].elements[0].variants.map((v) => [v.name, v.fields.map((t) => t.text)]), [['A', []], ['B', ['u8']]]);
  assert.equal(c.outputType.kind, 'bool');
  assert.equal(c.and, 0);
  assert.equal((await compile(add)).and, 63);
});

test('what a run costs is what the command plans', async () => {
  const program = 'pub fn main(a: u32, b: u32, c: u8) -> (u32, bool, u64) { (a * b, a > b, a as u64 * b as u64 + c as u64) }';
  const cases = [
    [{}], [{ rho: 60, cotBits: 8, evaluator: 2 }, '--rho=60', '--cot-bits=8', '--evaluator=2'], [{ dealer: true }, '--dealer'],
    [{ outputParties: [1, 2] }, '--output-parties=1,2'], [{ privateResults: true }, '--private-results'],
  ];
  for (const [options, ...flags] of cases) {
    const { status, out, err } = await feed(program, 'plan', '-', '--json', ...flags);
    assert.equal(status, 0, err);
    const planned = JSON.parse(out);
    const { and, cost } = await compile(program, options);
    const told = (s) => s && [s.bytesSent, s.bytesReceived, s.messagesSent, s.messagesReceived, s.delays];
    const expected = (s) => s && [s.bytes_sent, s.bytes_received, s.messages_sent, s.messages_received, s.delays];
    assert.deepEqual([and, cost.segments, cost.delays], [planned.and, planned.segments, planned.delays]);
    assert.deepEqual(cost.parties.map(told), planned.parties.map(expected), flags.join());
    assert.deepEqual(told(cost.dealer) ?? undefined, expected(planned.dealer), flags.join());
    assert.ok(cost.parties[0].memoryBytes > 1e6);
  }
  assert.equal((await compile('pub fn main(a: u8) -> u8 { a }')).cost, null);
  for (const options of [{ privateResults: true }, { outputParties: [2] }, { rho: 200 }])
    assert.equal((await failure(compile(add.replace('(u32, bool) { (a + b, a > b) }', 'u32 { a + b }'), options))).status, 'PT_ERR_USAGE');
});

test('a run sends and receives what was planned', async () => {
  for (const cotBits of [2, 4]) {
    const { cost } = await compile(add, { cotBits });
    const { stats } = await simulate(add, [4, 3], cotBits === 2 ? {} : { cotBits }); // 2 is the choice of parties of one host
    assert.deepEqual(stats.parties.map((p) => [p.bytesSent, p.bytesReceived]), cost.parties.map((p) => [p.bytesSent, p.bytesReceived]));
  }
});

test('a join of many rows has the circuit that it has for the command', soon, async () => {
  const rows = '[(u16, u16); 1200]';
  const program = `pub fn main(a: ${rows}, b: ${rows}) -> u16 { let mut s = 0u16; for ((_, x), (_, y)) in join_iter(a, b) { s = s ^ (x & y); } s }`;
  const theirs = JSON.parse((await feed(program, 'compile', '-', '--json')).out);
  const mine = await compile(program);
  assert.deepEqual([mine.and, mine.xor, mine.not], [theirs.and, theirs.xor, theirs.not]);
});

test('compiling a wrong program fails with diagnostics', async () => {
  const error = await failure(compile('pub fn main(a: u32, b: u32) -> u32 { a + true }'));
  assert.equal(error.status, 'PT_ERR_PROGRAM');
  assert.equal(error.class, 'program');
  assert.equal(error.diagnostics.length, 1);
});

test('values go in and come out as JavaScript has them', async () => {
  const source = 'enum E { A, B(u8, i64) } struct S { x: i8, y: [u64; 2], e: E, t: (bool, u16) } pub fn main(a: S, b: bool) -> S { if b { a } else { a } }';
  const value = { x: -128, y: [2n ** 64n - 1n, 2n ** 53n + 1n], e: { B: [255, -(2n ** 63n)] }, t: [true, 65535] };
  const { result, text } = await evaluate(source, [value, true]);
  assert.deepEqual(result, value);
  assert.equal(text, 'S {e: E::B(255, -9223372036854775808), t: (true, 65535), x: -128, y: [18446744073709551615, 9007199254740993]}');
  assert.deepEqual((await evaluate(source, [text, 'true'])).result, value);
  assert.deepEqual((await evaluate(source, [{ ...value, e: { A: [] } }, false])).result.e, { A: [] });
});

test('values of 0 bits, and texts as JSON', async () => {
  assert.deepEqual((await evaluate('pub fn main(a: [u8; 3], b: ()) -> [u8; 3] { a }', ['[1, 2, 3]', []])).result, [1, 2, 3]);
  assert.deepEqual((await evaluate('pub fn main(a: [u8; 3], b: u8) -> [u8; 3] { a }', [{ json: '[1,2,3]' }, 1])).result, [1, 2, 3]);
  assert.deepEqual((await evaluate('pub fn main(a: [u8; 3], b: u8) -> [u8; 3] { a }', [Uint8Array.of(1, 2, 3), 1])).result, [1, 2, 3]);
});

test('wrong inputs say what is wrong', async () => {
  for (const [inputs, status, words] of [
    [[1, 'x'], 'PT_ERR_INPUT', /party 1.*expected a value of type u32/],
    [[1, 2 ** 32], 'PT_ERR_INPUT', /party 1/],
    [[1, -1], 'PT_ERR_INPUT', /party 1/],
    [[1], 'PT_ERR_USAGE', /2 parties/],
    [[1, 1.5], 'PT_ERR_USAGE', /whole number/],
    [[1, null], 'PT_ERR_USAGE', /null/],
    [[1, undefined], 'PT_ERR_USAGE', /missing/],
  ]) {
    const error = await failure(evaluate(add, inputs));
    assert.equal(error.status, status, error.message);
    assert.match(error.message, words);
  }
});

test('a panic is an error with its place', async () => {
  const error = await failure(evaluate(add, [2 ** 32 - 1, 1]));
  assert.equal(error.status, 'PT_ERR_PANIC');
  assert.equal(error.class, 'panic');
  assert.match(error.message, /line 1, column 47: Overflow/);
});

test('constants', async () => {
  const source = 'const N: usize = PARTY_0::ROWS; pub fn main(a: [u8; N], b: u8) -> u8 { a[0] + b }';
  const { result } = await evaluate(source, [[1, 2, 3], 4], { constants: { 'PARTY_0::ROWS': '3usize' } });
  assert.equal(result, 5);
  assert.equal((await failure(compile(source))).status, 'PT_ERR_CONSTANT');
});

test('hash is SHA-256, and keys are fresh', async () => {
  assert.equal(await hash('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  const made = await keygen();
  assert.notEqual(made.key, (await keygen()).key);
  assert.equal(await publicKey(made.key), made.publicKey);
  await assert.rejects(publicKey(made.publicKey), { status: 'PT_ERR_INPUT', message: 'it is a public key' });
  await assert.rejects(publicKey(''), { status: 'PT_ERR_USAGE' });
});

test('who cancels a compilation gets that, and the next one works', async () => {
  const big = 'pub fn main(a: [u64; 2000], b: u64) -> u64 { let mut s = 0u64; for x in a { for y in a { s = s ^ (x * y * b) } } s }';
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  assert.equal((await failure(compile(big, { signal: abort.signal }))).status, 'PT_ERR_CANCELLED');
  assert.equal((await compile(add)).parties, 2);
});

test('all parties in this process, with the real protocol', async () => {
  const phases = new Set();
  const { result, stats } = await simulate(add, [3000000000, 4], { onProgress: ({ phase }) => phases.add(phase) });
  assert.deepEqual(result, [3000000004, true]);
  assert.equal(stats.and, 63);
  assert.equal(stats.parties.length, 2);
  assert.ok(phases.size > 1);
});

test('each party has its own part of the result', async () => {
  const source = 'pub fn main(a: u32, b: u32) -> (u32, bool) { (a + b, a > b) }';
  const parts = { result: [7, true], text: ['7', 'true'], json: ['{"NumUnsigned":[7,"U32"]}', '"True"'] };
  const clear = await evaluate(source, [4, 3], { privateResults: true });
  assert.deepEqual({ ...clear, type: clear.type.map((t) => t.text) }, { ...parts, type: ['u32', 'bool'] });
  const { stats, ...secret } = await simulate(source, [4, 3], { privateResults: true });
  assert.deepEqual(secret, clear);
  assert.equal(stats.parties.length, 2);
  for (const call of [evaluate, simulate]) {
    const whole = await failure(call('pub fn main(a: u8, b: u8) -> u8 { a ^ b }', [1, 2], { privateResults: true }));
    assert.equal(whole.status, 'PT_ERR_USAGE');
    assert.match(whole.message, /an element for each party/);
    assert.equal((await failure(call(source, [4, 3], { privateResults: 'yes' }))).status, 'PT_ERR_USAGE');
    assert.equal((await failure(call(source, [2 ** 32 - 1, 1], { privateResults: true }))).status, 'PT_ERR_PANIC');
  }
});

test('an option that is not there is no option', async () => {
  const calls = [
    check(add, { functoin: 'x' }),
    compile(add, { functoin: 'x' }),
    evaluate(add, [1, 2], { functoin: 'x' }),
    simulate(add, [1, 2], { functoin: 'x' }),
    party({ relay: 'http://127.0.0.1:1', session: 's', party: 0, program: add, input: 1, functoin: 'x' }),
  ];
  for (const call of calls) {
    const error = await failure(call);
    assert.equal(error.status, 'PT_ERR_USAGE');
    assert.match(error.message, /has no option functoin/);
  }
  for (const options of [undefined, null, 'x']) assert.equal((await failure(party(options))).status, 'PT_ERR_USAGE');
});

test('three parties', async () => {
  const { result } = await simulate('pub fn main(a: u8, b: u8, c: u8) -> u8 { a * b * c }', [3, 5, 7]);
  assert.equal(result, 105);
});

test('the simulation tells a wrong input of one party, and a panic', async () => {
  assert.equal((await failure(simulate(add, [1, 'x']))).status, 'PT_ERR_INPUT');
  assert.equal((await failure(simulate(add, [2 ** 32 - 1, 1]))).status, 'PT_ERR_PANIC');
  assert.equal((await failure(simulate(add, [1]))).status, 'PT_ERR_USAGE');
});

// Two compilations take 80 MB more.
test('of a simulation one party compiles, and the memory that it took is free again', () => {
  const script = `import { close, simulate } from '${root}bindings/js/index.js';
    const program = 'pub fn main(a: u64, b: u64) -> u64 { let mut x = a; for i in 0..8000 { x = (x << 1u8) ^ (x >> 3u8) ^ b } x }';
    await simulate(program, [1n, 2n]);
    console.log(process.resourceUsage().maxRSS);
    await close();`;
  const kib = Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
  assert.ok(kib < 205 * 1024, `${kib} KiB`);
});

test('a simulation can be cancelled', async () => {
  const source = await example('sha256');
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 300);
  const c = await compile(source);
  const zero = (type) => (type.kind === 'array' ? Array(type.length).fill(zero(type.element)) : 0);
  const error = await failure(simulate(source, c.inputTypes.map(zero), { signal: abort.signal }));
  assert.equal(error.status, 'PT_ERR_CANCELLED');
});

test('a program compiled that finds no memory outside the module is a failure', async () => {
  const module = await WebAssembly.compile(await readFile(`${root}bindings/js/lib/polytune.wasm`));
  const posted = [];
  const post = (message) => {
    if (message.answer) throw new RangeError('Array buffer allocation failed');
    posted.push(message);
  };
  const save = { name: 'save', module, shares: true, request: { source: add } };
  await makeWork({ post })(save);
  assert.deepEqual(posted.at(-1), { failure: { message: 'Array buffer allocation failed' } });
});

test('a thread that dies while another one compiles ends the computation', soon, async () => {
  const { api, threads, asked } = overThreads();
  const failed = failure(api.simulate(add, [1, 2]));
  const compiling = await asked('save');
  const [first, second] = threads.filter((thread) => thread !== compiling);
  first.fail(new Error('out of memory'));
  compiling.receive(saved);
  assert.match((await failed).message, /out of memory/);
  assert.ok(first.isStopped && second.isStopped);
});

test('after a thread has died the next request has another', soon, async () => {
  const { api, threads, asked } = overThreads();
  const failed = failure(api.hash('abc'));
  (await asked('hash')).fail(new Error('out of memory'));
  assert.match((await failed).message, /out of memory/);
  const hashed = api.hash('abc');
  while (threads.length < 2) await setImmediate();
  threads[1].receive({ answer: { sha256: 'ba78' } });
  assert.equal(await hashed, 'ba78');
});

test('who cancels when the program has just been compiled gets that', soon, async () => {
  for (let steps = 0; steps < 12; steps++) {
    const { api, threads, asked } = overThreads();
    const abort = new AbortController();
    const failed = failure(api.simulate(add, [1, 2], { signal: abort.signal }));
    const compiling = await asked('save');
    compiling.receive(saved);
    for (let i = 0; i < steps; i++) await null;
    abort.abort();
    await setImmediate();
    for (const { job, receive } of threads.filter((thread) => thread !== compiling && thread.job)) {
      assert.equal(job.cancel[0], 1);
      receive({ answer: { error: { status: 'PT_ERR_STOPPED', diagnostics: [] } } });
    }
    assert.equal((await failed).status, 'PT_ERR_CANCELLED');
  }
});

test('who cancels while the thread that compiled ends gets that', soon, async () => {
  const { api, threads, asked } = overThreads();
  const abort = new AbortController();
  const failed = failure(api.simulate(add, [1, 2], { signal: abort.signal }));
  const compiling = await asked('save');
  compiling.atStop = () => abort.abort();
  compiling.receive({ full: true });
  compiling.receive(saved);
  assert.equal((await failed).status, 'PT_ERR_CANCELLED');
  assert.ok(threads.every((thread) => thread.isStopped));
});

test('a computation does not wait for what others compile, and one thread is kept', soon, async () => {
  const { api, threads, asked } = overThreads();
  const compiled = failure(api.compile(add));
  const busy = await asked('compile');
  const simulated = failure(api.simulate(add, [1, 2]));
  const compiling = await asked('save');
  assert.notEqual(compiling, busy);
  compiling.receive({ answer: { error: { status: 'PT_ERR_PROGRAM', diagnostics: [] } } });
  assert.equal((await simulated).status, 'PT_ERR_PROGRAM');
  busy.receive({ answer: { error: { status: 'PT_ERR_LIMIT', diagnostics: [] } } });
  assert.equal((await compiled).status, 'PT_ERR_LIMIT');
  assert.equal(threads.filter((thread) => !thread.isStopped).length, 1);
  await api.close();
  assert.ok(threads.every((thread) => thread.isStopped));
});

test('who cancels before it is his turn gets that at once', soon, async () => {
  const { api, asked } = overThreads();
  const compiled = failure(api.compile(add));
  const busy = await asked('compile');
  const abort = new AbortController();
  const checking = failure(api.check(add, { signal: abort.signal }));
  await setImmediate();
  abort.abort();
  assert.equal((await checking).status, 'PT_ERR_CANCELLED');
  assert.equal((await failure(api.check(add, { signal: abort.signal }))).status, 'PT_ERR_CANCELLED');
  assert.equal(busy.isStopped, false);
  await api.close();
  assert.equal((await compiled).status, 'PT_ERR_CANCELLED');
});
