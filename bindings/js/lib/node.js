// Node's threads and files.
import { readFile } from 'node:fs/promises';
import { MessageChannel, Worker } from 'node:worker_threads';

let module = null;

export const sharesMemory = true;
export const suspends = false;

export function loadModule() {
  module ??= readFile(new URL('./polytune.wasm', import.meta.url)).then(
    (bytes) => WebAssembly.compile(bytes),
    (error) => {
      module = null;
      throw error;
    },
  );
  return module;
}

// Aborting a fetch closes its connection, and threads that only wait keep no process alive.
function startFetcher() {
  const { port1, port2 } = new MessageChannel();
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(new URL('./fetcher-node.js', import.meta.url), { workerData: { port: port1, answered }, transferList: [port1] });
  return { thread, data: { port: port2, answered } };
}

// A thread for jobs (work.js). `receive(message)` is called for each message, `fail(error)` when the thread ends.
export function startThread(receive, fail, { http }) {
  const fetcher = http ? startFetcher() : null;
  const thread = new Worker(new URL('./worker-node.js', import.meta.url), {
    workerData: { fetcher: fetcher?.data },
    transferList: fetcher ? [fetcher.data.port] : [],
  });
  thread.on('message', receive);
  thread.on('error', fail);
  return {
    post: (job) => thread.postMessage(job),
    // Threads that have nothing to do let the process end.
    idle: () => thread.unref(),
    busy: () => thread.ref(),
    stop: () => {
      fetcher?.thread.terminate();
      return thread.terminate();
    },
  };
}

// The fetching thread does that.
export const stayAlive = () => () => {};

export const onLeaving = () => () => {};
