// The engine with its module and its worker inside: for the page that is one file.
import { makeApi } from 'engine/lib/api.js';
import { makeHost } from 'engine/lib/browser.js';

// Both are put here by build.mjs: the module, compressed, in base64; and a worker's script.
const packed = POLYTUNE_WASM;
const script = POLYTUNE_WORKER;

let url = null;

async function unpack() {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

/** No module: a page from disk may not load one from here. */
function makeWorker() {
  url ??= URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  return new Worker(url);
}

const host = makeHost(unpack, makeWorker);

export const { check, compile, evaluate, simulate, party, keygen, publicKey, hash, close } = makeApi(async () => host);
export { PolytuneError } from 'engine/lib/error.js';
