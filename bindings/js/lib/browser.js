// A browser's workers.

// Calls `leave` when the page goes; the answer takes that back.
function onLeaving(leave) {
  if (typeof window === 'undefined') return () => {};
  window.addEventListener('pagehide', leave);
  return () => window.removeEventListener('pagehide', leave);
}

function threadOf(worker, receive, fail) {
  worker.onmessage = (event) => receive(event.data);
  worker.onerror = (event) => {
    event.preventDefault?.();
    fail(new Error(event.message || 'the worker cannot be started'));
  };
  return {
    post: (job, transfer = []) => worker.postMessage(job, transfer),
    idle: () => {},
    busy: () => {},
    stop: async () => worker.terminate(),
  };
}

// A host for api.js. `loadWasm` promises a WebAssembly.Module, `makeWorker` starts worker-browser.js.
export function makeHost(loadWasm, makeWorker) {
  let module = null;
  const startThread = (receive, fail) => threadOf(makeWorker(), receive, fail);
  return {
    // Shared memory needs a page that is isolated (Cross-Origin-Opener-Policy, Cross-Origin-Embedder-Policy).
    sharesMemory: typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated === true,
    suspends: typeof globalThis.WebAssembly?.Suspending === 'function',
    loadModule() {
      module ??= loadWasm().catch((error) => {
        module = null;
        throw error;
      });
      return module;
    },
    startThread,
    // In a worker, for a page's own timers are slowed in the background.
    stayAlive(seat) {
      const thread = startThread(() => {}, () => {});
      thread.post({ alive: seat });
      return () => thread.stop();
    },
    onLeaving,
  };
}

async function fetchWasm() {
  const response = await fetch(new URL('./polytune.wasm', import.meta.url));
  if (!response.ok) throw new Error(`polytune.wasm: HTTP status ${response.status}`);
  return WebAssembly.compile(await response.arrayBuffer());
}

// Bundlers look for exactly this expression.
export const host = makeHost(fetchWasm, () => new Worker(new URL('./worker-browser.js', import.meta.url), { type: 'module' }));
