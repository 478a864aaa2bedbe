// A relay and parties of the command, for tests.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const command = process.env.POLYTUNE_BIN ?? `${root}build/dev/bin/polytune`;

const cheater = process.env.POLYTUNE_CHEATING_PARTY ?? `${root}build/dev/bin/cheating_party`;

// Ends with {status, out, err}.
function start(file, args, environment = {}) {
  const child = spawn(file, args, { cwd: root, env: { ...process.env, ...environment } });
  let out = '';
  let err = '';
  child.stdout.on('data', (bytes) => (out += bytes));
  child.stderr.on('data', (bytes) => (err += bytes));
  const done = new Promise((resolve) => child.on('close', (status) => resolve({ status, out, err })));
  return { child, done, heard: () => err };
}

export const polytune = (...args) => start(command, args);

// Party 0, who changes a bit of the first message that it sends in a phase (tests/page/cheating_party.c).
export const startCheater = (url, session, program, secret, phase) =>
  start(cheater, [url, session, program, '0', '1', phase], { POLYTUNE_SESSION_SECRET: secret });

// {url, stop()}; `flags` as of polytune serve.
export async function startRelay(...flags) {
  const relay = polytune('serve', '--listen=127.0.0.1:0', ...flags);
  for (let waited = 0; waited < 60000; waited += 20) {
    const url = relay.heard().match(/listening on (http:\S+?);/)?.[1];
    if (url) return { url, stop: () => (relay.child.kill('SIGKILL'), relay.done) };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  relay.child.kill('SIGKILL');
  throw new Error(`no relay: ${relay.heard()}`);
}

export const startParty = (url, session, program, party, input, ...flags) =>
  polytune('party', url, `--session=${session}`, `--program=${program}`, `--party=${party}`, `--input=${input}`, '--timeout=60', ...flags);
