// What a browser's worker does: HTTP by XMLHttpRequest, which waits for the answer.
import { stayAlive } from './alive.js';
import { outcome } from './instance.js';
import { makeWork } from './work.js';
import { runTogether } from './together.js';

const wanted = [
  'X-Polytune-Session', 'X-Polytune-Timeout', 'X-Polytune-Seats', 'X-Polytune-Terms', 'X-Polytune-Ahead', 'X-Polytune-Left',
  'Retry-After', 'Location',
];

// Nobody else sees this memory, so it is there even where memory cannot be shared.
const pause = new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
const sleep = (ms) => void Atomics.wait(pause, 0, 0, ms);

function problemOf(error) {
  if (error.name === 'TimeoutError') return { outcome: outcome.timeout, problem: 'no answer in time' };
  return {
    outcome: outcome.nobody,
    problem: 'no answer: it is not there, or does not allow this page to ask (CORS), or is http while the page is https',
  };
}

function http({ method, url, headers, body, timeout }) {
  const request = new XMLHttpRequest();
  try {
    request.open(method, url, false);
    request.responseType = 'arraybuffer';
    request.timeout = timeout;
    for (const [name, value] of headers) request.setRequestHeader(name, value);
    // A Blob goes many times as fast as bytes.
    request.send(body.length === 0 ? null : new Blob([body]));
  } catch (error) {
    return problemOf(error);
  }
  const shown = wanted.map((name) => [name, request.getResponseHeader(name)]).filter(([, value]) => value !== null);
  return { outcome: outcome.answered, status: request.status, headers: shown, body: new Uint8Array(request.response ?? 0) };
}

const post = (message, transfer = []) => self.postMessage(message, transfer);
const work = makeWork({ post, http, sleep });

// A job of work.js, all parties of together.js, or to show signs of life for a seat until the worker is stopped.
export function runJob(job) {
  if (job.alive) stayAlive(job.alive);
  else if (job.together) runTogether(job, post);
  else work(job);
}
