// What a thread does: one instance of the module, and one request after the other.
//
// A job is {name, request, module, party, mesh, cancel}: `mesh` for parties of this process, `cancel` an Int32Array of
// shared memory that is not zero once the user has cancelled, or null. Messages to the user are {progress}, {notice},
// {seat} and at last {answer} or {failure}.
import { makeInstance } from './instance.js';
import { MeshEnd } from './mesh.js';

const tellEvery = 100; // ms

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

// The worker's side: `http(call)` performs a request and waits, `sleep(ms)` waits.
export function makeWork({ post, http, sleep }) {
  let ready = null; // the instance, kept between requests
  let job;

  const isCancelled = () => job.cancel !== null && Atomics.load(job.cancel, 0) !== 0;

  function dispatch(call) {
    if (call.url.startsWith('party:')) return job.end.call(call);
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
    ready ??= await makeInstance(job.module, {
      call: dispatch,
      log: (kind, text) => post({ notice: { kind, text } }),
      progress: (phase, done, total) => {
        job.tell(phase, done, total);
        return isCancelled();
      },
    });
    try {
      return await ready(job.name, job.request);
    } finally {
      job.end?.end();
    }
  }

  return (next) =>
    perform(next).then(
      (answer) => post({ answer }),
      (error) => {
        ready = null; // whatever state it is in
        post({ failure: { message: error.message } });
      },
    );
}
