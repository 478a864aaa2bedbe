// Programs are compiled in an instance of their own, which is dropped: the memory of an instance only grows, and compiling
// takes more of it than a run.
import { makeInstance, outcome } from './instance.js';

const encoder = new TextEncoder();
const failed = (answer) => ({ outcome: outcome.answered, status: 400, body: encoder.encode(JSON.stringify(answer)) });

// What a job brings for the call "compile:" of host.h, or null.
export const savedAnswer = ({ saved }) => (saved ? { outcome: outcome.answered, status: 200, body: saved } : null);

// Performs that call. `host` is that of the instance which calls. What is dropped here is freed when JavaScript thinks
// fit; a program that needs nothing of other parties is therefore compiled in another thread, before (api.js).
export function compileApart(module, { log, progress }, { body }) {
  try {
    const { request, take } = makeInstance(module, { log, progress });
    const answer = request('save', body);
    return answer.error ? failed(answer) : { outcome: outcome.answered, status: 200, body: take(answer) };
  } catch (error) {
    return failed({ error: { status: 'PT_ERR_INTERNAL', class: 1, message: error.message } });
  }
}
