// The calls of the package, over a host: node.js or browser.js.
import { cancelledError, errorOf, internalError, unsupportedError, usageError } from './error.js';
import { spansOf } from './source.js';
import { decodeResult, encodeConstants, encodeValue } from './values.js';

const stopAfter = 5000; // ms that a cancelled computation has to end in order
const retryFirst = 2500; // ms, doubled before the second notice, the third ..
const retryMost = 60000;
const mostParties = 255;

const programOf = (source, { constants, function: name } = {}, own = null) => {
  if (typeof source !== 'string') throw usageError('the program must be given as text');
  return { source, function: name, constants: encodeConstants(constants, own) };
};

const ofPrograms = ['constants', 'function', 'signal', 'onProgress'];
const ofTerms = ['dealer', 'outputParties', 'privateResults', 'evaluator', 'rho', 'cotBits'];
const ofSimulations = [...ofPrograms, 'privateResults', 'rho', 'cotBits'];
const ofParties = [
  ...ofPrograms, 'relay', 'session', 'party', 'program', 'input', 'parties', 'key', 'roster', 'sessionSecret', 'dealer', 'outputParties',
  'privateResults', 'evaluator', 'rho', 'cotBits', 'timeout', 'wait', 'deadline', 'onNotice',
];

// An option that is passed over in silence could be one that keeps something secret.
const checkOptions = (options, known, of) => {
  if (options === null || typeof options !== 'object') throw usageError(`the options of ${of} are an object`);
  const strange = Object.keys(options).find((name) => !known.includes(name));
  if (strange !== undefined) throw usageError(`${of} has no option ${strange}; it has ${known.join(', ')}`);
};

// A flag that keeps something secret is not one by chance.
const divides = ({ privateResults = false }) => {
  if (typeof privateResults !== 'boolean') throw usageError('privateResults is true or false');
  return privateResults;
};

// Milliseconds. A number meant as seconds would end a computation before it began.
const timeOf = (options, name) => {
  const { [name]: ms } = options;
  if (ms === undefined) return undefined;
  if (!Number.isInteger(ms) || ms < 100 || ms >= 2 ** 32)
    throw usageError(`${name} is a number of milliseconds from 100 on: 60000 is a minute; it is ${ms}`);
  return ms;
};

const resultOf = (answer) => ({ result: decodeResult(answer), text: answer.text, json: answer.json, type: answer.type });

// The module prints no fractions.
const inSeconds = ({ microseconds, ...rest }) => ({ ...rest, seconds: microseconds / 1e6 });
const statsOf = ({ stats }) => ({ ...inSeconds(stats), phases: stats.phases.map(inSeconds) });

// What `polytune plan` tells; null for a program that one party runs alone.
function costOf({ parties, cost }) {
  if (!cost) return null;
  const { seats, ...rest } = cost;
  const { memoryBytes, ...dealer } = seats[parties] ?? {}; // of which nothing is known
  return { ...rest, parties: seats.slice(0, parties), dealer: seats.length > parties ? dealer : null };
}

// Of what each party learns: lists, by party.
const resultsOf = (answers) => {
  const parts = answers.map(resultOf);
  return Object.fromEntries(['result', 'text', 'json', 'type'].map((name) => [name, parts.map((p) => p[name])]));
};

// Starts a thread for one job at a time. `listen({progress, notice, seat})` hears messages.
function startJobs(host, options) {
  let settle = null;
  let ended = null; // what the thread failed with, perhaps before it had a job, or why it was stopped
  let listen = () => {};
  const finish = (kind, value) => {
    const { [kind]: call } = settle ?? {};
    settle = null;
    thread.idle();
    call?.(value);
  };
  const end = (error) => {
    ended ??= error;
    finish('reject', error);
  };
  const thread = host.startThread(
    (message) => {
      if ('answer' in message) finish('resolve', message.answer);
      else if ('failure' in message) finish('reject', internalError(message.failure.message));
      else listen(message);
    },
    (error) => end(internalError(error.message, error)),
    options,
  );
  thread.idle();
  return {
    run: (job, heard = () => {}) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        settle = { resolve, reject };
        listen = heard;
        thread.busy();
        const isOwn = job.saved && !host.sharesMemory;
        thread.post(job, isOwn ? [job.saved.buffer] : []);
        job.saved = null; // it is large
      }),
    stop: (error) => {
      end(error);
      return thread.stop();
    },
    isEnded: () => ended !== null,
  };
}

// What the promise tells, unless the user cancels before.
const unlessAborted = (promise, signal) =>
  new Promise((resolve, reject) => {
    const cancel = () => reject(cancelledError());
    const settled = (settle) => (value) => {
      signal?.removeEventListener('abort', cancel);
      settle(value);
    };
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    promise.then(settled(resolve), settled(reject));
  });

// Performs requests that are no computations of several parties. One thread is kept for the next of them.
class Desk {
  constructor(host) {
    this.host = host;
    this.spare = null;
    this.taken = new Set();
    this.last = Promise.resolve();
  }

  // Short requests wait for each other.
  ask(name, request, options = {}) {
    const turn = this.last.then(() => this.perform(name, request, options));
    this.last = turn.catch(() => {});
    return unlessAborted(turn, options.signal);
  }

  async perform(name, request, { signal, onProgress }) {
    const module = await this.host.loadModule();
    if (signal?.aborted) throw cancelledError();
    const jobs = this.take();
    let isFull = false;
    const heard = ({ progress, full }) => {
      if (progress) onProgress?.(fractionOf(progress));
      isFull ||= full === true;
    };
    const cancel = () => jobs.stop(cancelledError());
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await jobs.run({ name, request, module, shares: this.host.sharesMemory }, heard);
    } finally {
      signal?.removeEventListener('abort', cancel);
      await this.giveBack(jobs, isFull);
    }
  }

  take() {
    const jobs = this.spare && !this.spare.isEnded() ? this.spare : startJobs(this.host, { http: false });
    this.spare = null;
    this.taken.add(jobs);
    return jobs;
  }

  // A thread that has taken much memory, or is one more, ends.
  async giveBack(jobs, isFull) {
    this.taken.delete(jobs);
    if (isFull || this.spare || jobs.isEnded()) await jobs.stop(cancelledError());
    else this.spare = jobs;
  }

  async close() {
    const all = [...this.taken, ...(this.spare ? [this.spare] : [])];
    this.spare = null;
    await Promise.all(all.map((jobs) => jobs.stop(cancelledError())));
  }
}

const fractionOf = ({ phase, done, total }) => ({ phase, done, total, fraction: total > 0 ? Math.min(1, done / total) : null });

// Gives a seat at a relay back, in the name of the thread that took it.
const leaveSeat = (seat) =>
  seat && fetch(seat.url, { method: 'DELETE', headers: seat.headers, keepalive: true }).then(() => {}, () => {});

// Passes notices on. That something is tried again is said at once, and then at growing intervals.
function seldom(onNotice) {
  let next = 0;
  let pause = retryFirst;
  return (notice) => {
    const now = performance.now();
    const again = notice.kind === 'notice' && notice.text.startsWith('retrying');
    if (again && now < next) return;
    pause = again ? Math.min(2 * pause, retryMost) : retryFirst;
    next = again ? now + pause : 0;
    onNotice(notice);
  };
}

// Runs a job that the user may cancel: it ends in order, or by force when that takes too long.
async function runLong(host, jobs, job, { signal, onProgress, onNotice }) {
  let seat = null;
  let timer = null;
  let die = () => {};
  const tell = onNotice && seldom(onNotice);
  const heard = (message) => {
    if (message.seat && !seat) die = host.stayAlive(message.seat);
    seat = message.seat ?? seat;
    if (message.progress) onProgress?.(fractionOf(message.progress));
    if (message.notice) tell?.(message.notice);
  };
  const stop = async () => {
    await leaveSeat(seat);
    await jobs.stop(cancelledError());
  };
  const cancel = () => {
    if (job.cancel) Atomics.store(job.cancel, 0, 1);
    else leaveSeat(seat); // its next request fails
    timer ??= setTimeout(stop, stopAfter);
  };
  const stay = host.onLeaving(() => leaveSeat(seat));
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await jobs.run(job, heard);
  } finally {
    clearTimeout(timer);
    die();
    signal?.removeEventListener('abort', cancel);
    stay();
    await jobs.stop(cancelledError());
  }
}

// The answer, or its error; of what was cancelled nothing else is told.
function checked(answer, source, signal) {
  if (!answer.error) return answer;
  if (signal?.aborted) throw cancelledError();
  throw errorOf({ ...answer.error, diagnostics: spansOf(source, answer.error.diagnostics) });
}

// All parties' inputs as far as known here; what is no party is refused by wasm_party.
const inputsOf = ({ party, input }) =>
  Number.isInteger(party) && party >= 0 && party < mostParties ? [...new Array(party).fill(null), input] : null;

const flag = (host) => (host.sharesMemory ? new Int32Array(new SharedArrayBuffer(4)) : null);

// The one failure that explains the others.
function firstCause(answers) {
  const echoes = ['PT_PEER_ABORT', 'PT_ERR_STOPPED', 'PT_ERR_CLOSED'];
  const failed = answers.filter((a) => a.error);
  return failed.find((a) => !echoes.includes(a.error.status)) ?? failed[0];
}

// Starts threads, and gives `use` those and what `prepare` has made meanwhile. None is left when that fails: the others of a
// thread that has died would wait for it.
async function withThreads(host, count, kind, signal, prepare, use) {
  const threads = Array.from({ length: count }, () => startJobs(host, kind));
  try {
    const prepared = await prepare();
    if (signal?.aborted) throw cancelledError(); // while nobody listened
    return await use(threads, prepared);
  } catch (error) {
    await Promise.all(threads.map((thread) => thread.stop(cancelledError())));
    throw error;
  }
}

async function runThreads(host, module, requests, prepare, options) {
  const { makeMesh } = await import('./mesh.js');
  const mesh = makeMesh(requests.length);
  const cancel = flag(host);
  return withThreads(host, requests.length, { http: false }, options.signal, prepare, (threads, saved) =>
    Promise.all(
      threads.map((jobs, i) =>
        runLong(host, jobs, { name: 'party', request: requests[i], module, mesh, cancel, saved }, { ...options, onProgress: i === 0 ? options.onProgress : undefined }),
      ),
    ),
  );
}

async function runParties(host, requests, prepare, options) {
  const module = await host.loadModule();
  if (host.sharesMemory) return runThreads(host, module, requests, prepare, options);
  if (!host.suspends)
    throw unsupportedError('this browser can neither share memory between threads on this page nor suspend WebAssembly; a page served over https, or a newer browser, can');
  return withThreads(host, 1, { http: false }, options.signal, prepare, ([jobs], saved) => runLong(host, jobs, { together: true, requests, module, saved }, options));
}

function partyRequest(options) {
  const { relay, session, party, program, input, parties, key, roster, sessionSecret, dealer, outputParties, evaluator, rho, cotBits } = options;
  return {
    ...programOf(program, options, party),
    relay: { url: relay, session },
    party,
    parties,
    input: encodeValue(input),
    key,
    roster,
    sessionSecret,
    dealer,
    outputParties,
    privateResults: divides(options),
    evaluator,
    rho,
    cotBits,
    timeout: timeOf(options, 'timeout'),
    wait: timeOf(options, 'wait'),
    deadline: timeOf(options, 'deadline'),
  };
}

export function makeApi(loadHost) {
  let loaded = null;
  let desk = null;
  const getHost = () => (loaded ??= loadHost());
  const getDesk = async () => {
    const host = await getHost();
    return (desk ??= new Desk(host));
  };
  const ask = async (name, request, options) => (await getDesk()).ask(name, request, options);
  // Compiles before there is a party: the memory that takes is free again then. Null when wasm_party is asked first. Others
  // wait for the party, so this does not wait for its turn.
  const save = async ({ source, function: name, constants }, inputs, constantsKnown, options) => {
    const request = { source, function: name, constants, inputs, constantsKnown };
    if (inputs === null) return null;
    const { bytes = null } = checked(await (await getDesk()).perform('save', request, options), source, options.signal);
    return bytes;
  };

  return {
    async check(source, options = {}) {
      checkOptions(options, ofPrograms, 'check');
      const answer = checked(await ask('check', programOf(source, options), options), source, options.signal);
      return { diagnostics: spansOf(source, answer.diagnostics) };
    },

    async compile(source, options = {}) {
      checkOptions(options, [...ofPrograms, ...ofTerms], 'compile');
      const { dealer, outputParties, evaluator, rho, cotBits } = options;
      const request = { ...programOf(source, options), dealer, outputParties, privateResults: divides(options), evaluator, rho, cotBits };
      const a = checked(await ask('compile', request, options), source, options.signal);
      const { sha256 } = await ask('hash', new TextEncoder().encode(source));
      return {
        parties: a.parties,
        function: options.function ?? 'main',
        parameters: a.inputs,
        inputTypes: a.inputs.map((i) => i.type),
        outputType: a.output,
        and: a.and,
        xor: a.xor,
        not: a.not,
        gates: a.and + a.xor + a.not,
        depth: a.depth,
        cost: costOf(a),
        hash: sha256,
      };
    },

    async evaluate(source, inputs, options = {}) {
      checkOptions(options, [...ofPrograms, 'privateResults'], 'evaluate');
      const request = { ...programOf(source, options), inputs: inputs.map(encodeValue), privateResults: divides(options) };
      const answer = checked(await ask('evaluate', request, options), source, options.signal);
      return answer.parts ? resultsOf(answer.parts) : resultOf(answer);
    },

    async simulate(source, inputs, options = {}) {
      checkOptions(options, ofSimulations, 'simulate');
      const host = await getHost();
      const { cotBits, rho } = options;
      const privateResults = divides(options);
      const requests = inputs.map((input, party) => ({ ...programOf(source, options), mesh: true, party, input: encodeValue(input), cotBits, rho, privateResults }));
      if (requests.length < 2) throw usageError(`a secure computation needs 2 parties or more, and here are ${requests.length} inputs`);
      if (options.signal?.aborted) throw cancelledError();
      const prepare = () => save(requests[0], requests.map((r) => r.input), true, options);
      const answers = await runParties(host, requests, prepare, options);
      const failed = firstCause(answers);
      if (failed) checked(failed, source, options.signal);
      const results = answers.map((a) => a.result);
      return { ...(privateResults ? resultsOf(results) : resultOf(results[0])), stats: { ...statsOf(answers[0]), parties: answers.map(statsOf) } };
    },

    async party(options) {
      checkOptions(options ?? null, ofParties, 'party');
      const host = await getHost();
      const request = partyRequest(options);
      if (options.signal?.aborted) throw cancelledError();
      const module = await host.loadModule();
      const prepare = () => save(request, inputsOf(request), false, options);
      const run = ([jobs], saved) => runLong(host, jobs, { name: 'party', request, module, cancel: flag(host), saved }, options);
      const answer = checked(await withThreads(host, 1, { http: true }, options.signal, prepare, run), options.program, options.signal);
      const result = answer.result ? resultOf(answer.result) : { result: null, text: null };
      return { ...result, stats: statsOf(answer), fingerprint: answer.fingerprint };
    },

    async keygen() {
      return checked(await ask('keygen', new Uint8Array(0)), '');
    },

    async publicKey(key) {
      if (typeof key !== 'string' || key === '') throw usageError('a private key is a text, sk:...');
      return checked(await ask('keygen', new TextEncoder().encode(key)), '').publicKey;
    },

    async hash(data) {
      const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data);
      return checked(await ask('hash', bytes), '').sha256;
    },

    async close() {
      await desk?.close();
    },
  };
}
