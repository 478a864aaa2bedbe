// The thread that performs another's HTTP requests, one at a time.
import { workerData } from 'node:worker_threads';
import { outcome } from './instance.js';

const { port, answered } = workerData;
let running = null;

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
  port.postMessage(await perform(call));
  Atomics.add(answered, 0, 1);
  Atomics.notify(answered, 0);
});
