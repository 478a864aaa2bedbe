// The module with its imports: src/wasm/host.h and wasm.h say what both sides rely on.
import { internalError } from './error.js';

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const methods = ['GET', 'POST', 'PUT', 'DELETE'];

function textAt(memory, at) {
  const bytes = new Uint8Array(memory.buffer);
  return decoder.decode(bytes.slice(at, bytes.indexOf(0, at)));
}

const bytesAt = (memory, at, length) => new Uint8Array(memory.buffer, at, length);

// The host_call_data at `at`. The body lies in the module's memory.
function readCall(memory, at) {
  const word = new DataView(memory.buffer, at, 36);
  const number = (i) => word.getUint32(4 * i, true);
  const lines = decoder.decode(bytesAt(memory, number(3), number(4)).slice()).split('\0').filter(Boolean);
  return {
    method: methods[number(0)],
    url: decoder.decode(bytesAt(memory, number(1), number(2)).slice()),
    headers: lines.map((line) => line.split(/: (.*)/s).slice(0, 2)),
    body: bytesAt(memory, number(5), number(6)),
    timeout: number(7),
    responseMax: number(8),
  };
}

// Puts bytes where the module finds them, and their place and length into the words `index` and the next of `call`.
function giveBytes(exports, call, index, bytes) {
  if (!bytes || bytes.length === 0) return;
  const at = exports.wasm_alloc(bytes.length);
  if (at === 0) return;
  bytesAt(exports.memory, at, bytes.length).set(bytes);
  const word = new DataView(exports.memory.buffer, call, 60);
  word.setUint32(4 * index, at, true);
  word.setUint32(4 * (index + 1), bytes.length, true);
}

export const outcome = { answered: 0, nobody: 1, timeout: 2, broken: 3, hopeless: 4 };

// {outcome, status, body, headers} of a call, for the module.
function writeAnswer(exports, at, answer) {
  const word = new DataView(exports.memory.buffer, at, 60);
  word.setUint32(36, answer.outcome, true);
  word.setUint32(40, answer.status ?? 0, true);
  giveBytes(exports, at, 11, answer.body ?? encoder.encode(answer.problem ?? ''));
  giveBytes(exports, at, 13, encoder.encode((answer.headers ?? []).map(([name, value]) => `${name}: ${value}\n`).join('')));
}

// `host` has call(request) -> answer, which waits; log(kind, text); progress(phase, done, total) -> whether to give up.
// With `suspends`, call may return a promise, and so do requests (WebAssembly.Suspending). Only workers may make one at
// once. {request, take, size}: a call of wasm.h, {at, length} of its memory copied into `room`, and how large it is.
export function makeInstance(module, host, suspends = false) {
  let exports;
  let fault = null;
  const finish = (at) => (answer) => writeAnswer(exports, at, answer);
  const call = (at) => {
    const answer = host.call(readCall(exports.memory, at));
    return suspends ? Promise.resolve(answer).then(finish(at)) : finish(at)(answer);
  };
  const env = {
    host_random(at, length) {
      for (let done = 0; done < length; done += 65536)
        crypto.getRandomValues(bytesAt(exports.memory, at + done, Math.min(65536, length - done)));
    },
    host_clock: () => performance.now(),
    host_log(kind, text) {
      const name = textAt(exports.memory, kind);
      if (name === 'fault') fault = textAt(exports.memory, text);
      else host.log(name, textAt(exports.memory, text));
    },
    host_progress: (phase, done, total) => (host.progress(textAt(exports.memory, phase), done, total) ? 1 : 0),
    host_call: suspends ? new WebAssembly.Suspending(call) : call,
  };
  exports = new WebAssembly.Instance(module, { env }).exports;
  exports._initialize();
  exports.wasm_start();

  function takeAnswer(at) {
    if (at === 0) throw internalError('out of memory');
    const bytes = new Uint8Array(exports.memory.buffer);
    const end = bytes.indexOf(0, at);
    const answer = JSON.parse(decoder.decode(bytes.slice(at, end)));
    bytes.fill(0, at, end);
    exports.wasm_free(at);
    return answer;
  }

  const giveUp = (error) => {
    throw internalError(fault ?? `the WebAssembly module failed: ${error.message}`, error);
  };

  const finishAt = (at) => (answer) => {
    exports.wasm_free(at);
    return takeAnswer(answer);
  };

  // Performs a call of wasm.h. `asked` is an object, or bytes.
  function request(name, asked) {
    const bytes = asked instanceof Uint8Array ? asked : encoder.encode(JSON.stringify(asked));
    const at = exports.wasm_alloc(bytes.length);
    if (at === 0) throw internalError('out of memory');
    bytesAt(exports.memory, at, bytes.length).set(bytes);
    const run = exports[`wasm_${name}`];
    if (suspends) return WebAssembly.promising(run)(at, bytes.length).then(finishAt(at), giveUp);
    let answer;
    try {
      answer = run(at, bytes.length);
    } catch (error) {
      giveUp(error);
    }
    return finishAt(at)(answer);
  }

  return {
    request,
    take({ at, length }, room = new Uint8Array(length)) {
      room.set(bytesAt(exports.memory, at, length));
      exports.wasm_free(at);
      return room;
    },
    size: () => exports.memory.buffer.byteLength,
  };
}
