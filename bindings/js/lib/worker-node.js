// A thread of Node's. HTTP goes through a second thread that runs fetch, while this one waits.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { outcome } from './instance.js';
import { makeWork } from './work.js';

const lookEvery = 200; // ms, whether the user has cancelled

const pause = new Int32Array(new SharedArrayBuffer(4));
const sleep = (ms) => void Atomics.wait(pause, 0, 0, ms);

// workerData.fetcher: {port, answered}, the number of answers so far.
function http(call, isCancelled) {
  const { port, answered } = workerData.fetcher;
  const before = Atomics.load(answered, 0);
  const was = isCancelled();
  port.postMessage({ ...call, body: call.body.slice() });
  // Node 20 wakes it for nothing now and then, when more threads of the process wait.
  while (Atomics.load(answered, 0) === before) {
    Atomics.wait(answered, 0, before, lookEvery);
    // Whoever has cancelled waits for nothing that is to come, but what is to be sent goes out.
    if (!was && call.url.includes('/recv/') && isCancelled()) port.postMessage('abort');
  }
  const { message } = receiveMessageOnPort(port) ?? { message: { outcome: outcome.broken, problem: 'no answer of the fetching thread' } };
  return message;
}

const work = makeWork({ post: (message, transfer) => parentPort.postMessage(message, transfer), http, sleep });
parentPort.on('message', work);
