// A browser's workers.
let module = null;

// Shared memory needs a page that is isolated from others (Cross-Origin-Opener-Policy, Cross-Origin-Embedder-Policy).
export const sharesMemory = typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated === true;
export const suspends = typeof WebAssembly.Suspending === 'function';

async function compile() {
  const response = await fetch(new URL('./polytune.wasm', import.meta.url));
  if (!response.ok) throw new Error(`polytune.wasm: HTTP status ${response.status}`);
  return WebAssembly.compile(await response.arrayBuffer());
}

export function loadModule() {
  module ??= compile().catch((error) => {
    module = null;
    throw error;
  });
  return module;
}

const makeWorker = () => new Worker(new URL('./worker-browser.js', import.meta.url), { type: 'module' });

export function threadOf(worker, receive, fail) {
  worker.onmessage = (event) => receive(event.data);
  worker.onerror = (event) => {
    event.preventDefault?.();
    fail(new Error(event.message || 'the worker cannot be started'));
  };
  return {
    post: (job) => worker.postMessage(job),
    idle: () => {},
    busy: () => {},
    stop: async () => worker.terminate(),
  };
}

export const startThread = (receive, fail) => threadOf(makeWorker(), receive, fail);

// Calls `leave` when the page goes; the answer takes that back.
export function onLeaving(leave) {
  if (typeof window === 'undefined') return () => {};
  window.addEventListener('pagehide', leave);
  return () => window.removeEventListener('pagehide', leave);
}

// Shows signs of life for a seat until the answer is called: in a worker, for a page's own timers are slowed in the
// background.
export function stayAlive(seat) {
  const thread = startThread(() => {}, () => {});
  thread.post({ alive: seat });
  return () => thread.stop();
}
