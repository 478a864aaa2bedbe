// Node's threads and files.
import { readFile } from 'node:fs/promises';
import { MessageChannel, Worker } from 'node:worker_threads';

let module = null;

function loadModule() {
  module ??= readFile(new URL('./polytune.wasm', import.meta.url)).then(
    (bytes) => WebAssembly.compile(bytes),
    (error) => {
      module = null;
      throw error;
    },
  );
  return module;
}

// Flags of the process can be such as are for its first script alone (--input-type, with -e).
const execArgv = [];

// The thread that asks, and what the one that computes needs to reach it. That one waits for it for ever when it has died, so
// `fail(error)` says so.
function startFetcher(fail) {
  const { port1, port2 } = new MessageChannel();
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(new URL('./fetcher-node.js', import.meta.url), { execArgv, workerData: { port: port1, answered }, transferList: [port1] });
  thread.on('error', fail);
  return { thread, data: { port: port2, answered } };
}

// A thread for jobs (work.js). `receive(message)` is called for each message, `fail(error)` when the thread ends.
function startThread(receive, fail, { http }) {
  const fetcher = http ? startFetcher(fail) : null;
  const thread = new Worker(new URL('./worker-node.js', import.meta.url), {
    execArgv,
    workerData: { fetcher: fetcher?.data },
    transferList: fetcher ? [fetcher.data.port] : [],
  });
  thread.on('message', receive);
  thread.on('error', fail);
  return {
    post: (job, transfer) => thread.postMessage(job, transfer),
    // Threads that have nothing to do let the process end.
    idle: () => thread.unref(),
    busy: () => thread.ref(),
    stop: () => {
      fetcher?.thread.terminate();
      return thread.terminate();
    },
  };
}

// The fetching thread shows the signs of life, and nobody leaves Node without a signal, which ends the threads too.
const nothing = () => () => {};

export const host = { sharesMemory: true, suspends: false, loadModule, startThread, stayAlive: nothing, onLeaving: nothing };
