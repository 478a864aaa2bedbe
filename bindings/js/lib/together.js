// All parties in one thread, each an instance that is suspended while it waits (WebAssembly.Suspending), where threads
// cannot share memory.
import { compileApart, savedAnswer } from './apart.js';
import { makeInstance, outcome } from './instance.js';

// The queues between them.
class Local {
  constructor(parties) {
    this.queues = Array.from({ length: parties * parties }, () => ({ messages: [], wake: null }));
    this.ended = new Array(parties).fill(false);
    this.parties = parties;
  }

  of(from, to) {
    return this.queues[from * this.parties + to];
  }

  send(from, to, body) {
    const queue = this.of(from, to);
    queue.messages.push(body.slice());
    queue.wake?.();
    return { outcome: outcome.answered, status: 200 };
  }

  async receive(from, to) {
    const queue = this.of(from, to);
    while (queue.messages.length === 0) {
      if (this.ended[from]) return { outcome: outcome.answered, status: 410 };
      await new Promise((resolve) => (queue.wake = resolve));
    }
    return { outcome: outcome.answered, status: 200, body: queue.messages.shift() };
  }

  end(party) {
    this.ended[party] = true;
    for (const queue of this.queues) queue.wake?.();
  }
}

async function runParty(job, local, party, post) {
  let last = 0;
  const progress = (phase, done, total) => {
    const now = performance.now();
    if (party === 0 && phase !== '' && now - last > 100) {
      last = now;
      post({ progress: { phase, done, total } });
    }
    return false;
  };
  const log = () => {};
  const call = (asked) => {
    if (asked.url === 'compile:') return savedAnswer(job) ?? compileApart(job.module, { log, progress }, asked);
    const peer = Number(asked.url.slice('party:'.length));
    return asked.method === 'POST' ? local.send(party, peer, asked.body) : local.receive(peer, party);
  };
  try {
    return await makeInstance(job.module, { call, progress, log }, true).request('party', job.requests[party]);
  } finally {
    local.end(party);
  }
}

export async function runTogether(job, post) {
  const local = new Local(job.requests.length);
  try {
    const answers = await Promise.all(job.requests.map((_, party) => runParty(job, local, party, post)));
    post({ answer: answers });
  } catch (error) {
    post({ failure: { message: error.message } });
  }
}
