// The thread that performs another's HTTP requests, one at a time.
import { workerData } from 'node:worker_threads';
import { stayAlive } from './alive.js';
import { outcome } from './instance.js';

const { port, answered } = workerData;
let running = null;
let last = 0; // when a request ended
let dying = null; // stops the signs of life

const codes = { ECONNREFUSED: outcome.nobody, ENOTFOUND: outcome.nobody, CERT_HAS_EXPIRED: outcome.hopeless };

function problemOf(error) {
  if (error.name === 'TimeoutError') return { outcome: outcome.timeout, problem: 'no answer in time' };
  const cause = error.cause ?? error;
  return { outcome: codes[cause.code] ?? outcome.broken, problem: cause.message || cause.code || error.message };
}

// The body, but not more than is wanted and one byte.
async function bodyOf(response, max) {
  const parts = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    length += part.length;
    if (length > max) break;
  }
  return Buffer.concat(parts);
}

async function perform({ method, url, headers, body, timeout, responseMax }) {
  running = new AbortController();
  const limit = AbortSignal.timeout(timeout === 0 ? 60000 : timeout);
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      body: method === 'POST' ? body : undefined,
      signal: AbortSignal.any([running.signal, limit]),
    });
    return { outcome: outcome.answered, status: response.status, headers: [...response.headers], body: new Uint8Array(await bodyOf(response, responseMax)) };
  } catch (error) {
    return problemOf(limit.aborted ? limit.reason : error);
  } finally {
    running = null;
  }
}

port.on('message', async (call) => {
  if (call === 'abort') {
    running?.abort();
    return;
  }
  const answer = await perform(call);
  last = performance.now();
  if (call.method === 'PUT' && answer.status === 200) dying ??= stayAlive(call, (ms) => running === null && performance.now() - last >= ms);
  if (call.method === 'DELETE') dying?.();
  port.postMessage(answer);
  Atomics.add(answered, 0, 1);
  Atomics.notify(answered, 0);
});
