// What a thread does: one instance of the module, and one request after the other.
//
// A job is {name, request, module, mesh, cancel, saved, shares}: `mesh` for parties of this process, `cancel` an Int32Array of
// shared memory that is not zero once the user has cancelled, or null; `saved` the program compiled, if it is; `shares`
// whether such a program is to lie in shared memory. Messages to the user are {progress}, {notice},
// {seat}, {full} when the instance has taken much memory, and at last {answer} or {failure}.
import { compileApart, savedAnswer } from './apart.js';
import { makeInstance } from './instance.js';
import { MeshEnd } from './mesh.js';

const tellEvery = 100; // ms
const fullFrom = 32 << 20; // bytes

// A function that passes progress on, now and then.
function teller(post) {
  let lastPhase = null;
  let last = 0;
  return (phase, done, total) => {
    const now = performance.now();
    if (phase === '' || (phase === lastPhase && now - last < tellEvery)) return;
    lastPhase = phase;
    last = now;
    post({ progress: { phase, done, total } });
  };
}

// The worker's side: `post(message, transfer)` tells the user, `http(call)` performs a request and waits, `sleep(ms)` waits.
export function makeWork({ post, http, sleep }) {
  let ready = null; // the instance, kept between requests
  let job;

  const isCancelled = () => job.cancel !== null && Atomics.load(job.cancel, 0) !== 0;

  const host = {
    call: dispatch,
    log: (kind, text) => post({ notice: { kind, text } }),
    progress: (phase, done, total) => {
      job.tell(phase, done, total);
      return isCancelled();
    },
  };

  function dispatch(call) {
    if (call.url.startsWith('party:')) return job.end.call(call);
    if (call.url === 'compile:') return savedAnswer(job) ?? compileApart(job.module, host, call);
    if (call.url === 'wait:') {
      sleep(call.timeout);
      return { outcome: 0, status: 200 };
    }
    // Who took a seat can give it back for us, should this thread have to be stopped.
    if (call.method === 'PUT') post({ seat: { url: call.url, headers: call.headers } });
    return http(call, isCancelled);
  }

  async function perform(next) {
    job = next;
    job.cancel ??= null;
    const tell = teller(post);
    job.tell = tell;
    if (job.mesh) job.end = new MeshEnd(job.mesh, job.request.party, isCancelled);
    ready ??= makeInstance(job.module, host);
    try {
      return ready.request(job.name, job.request);
    } finally {
      job.end?.end();
      if (ready?.size() > fullFrom) post({ full: true });
    }
  }

  // A program that wasm_save has made, or {} without one.
  function tellSaved(answer) {
    if (answer.length === undefined) return post({ answer });
    const { length } = answer;
    const bytes = ready.take(answer, new Uint8Array(job.shares ? new SharedArrayBuffer(length) : length));
    post({ answer: { bytes } }, job.shares ? [] : [bytes.buffer]);
  }

  return (next) =>
    perform(next)
      .then((answer) => (job.name === 'save' ? tellSaved(answer) : post({ answer })))
      .catch((error) => {
        ready = null; // whatever state it is in
        post({ failure: { message: error.message } });
      });
}
