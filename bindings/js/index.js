// Polytune: secure multi-party computation of Garble programs, in browsers and in Node.
import { makeApi } from './lib/api.js';
import { host as browser } from './lib/browser.js';

// Bundlers for browsers shall not look into it, so its name is no literal of the import.
const nodeHost = './lib/node.js';
const isNode = typeof process === 'object' && typeof process.versions?.node === 'string' && typeof Deno === 'undefined';

export const { check, compile, evaluate, simulate, party, keygen, publicKey, hash, close } = makeApi(
  async () => (isNode ? (await import(/* @vite-ignore */ /* webpackIgnore: true */ nodeHost)).host : browser),
);
export { PolytuneError } from './lib/error.js';
