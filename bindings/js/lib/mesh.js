// Messages between parties in threads of one process: a ring of shared memory for each pair. Sending never waits: what
// does not fit stays with the sender, and leaves at its next call.
import { outcome } from './instance.js';

const wordBytes = 4;
const lookEvery = 200; // ms, whether the user has cancelled
const closed = { outcome: outcome.answered, status: 410 };

// All that parties share, for posting to their threads.
export function makeMesh(parties) {
  const capacity = parties <= 3 ? 1 << 20 : 1 << 18;
  return {
    parties,
    capacity,
    bells: new Int32Array(new SharedArrayBuffer(parties * wordBytes)), // changes of interest to each party
    ended: new Int32Array(new SharedArrayBuffer(parties * wordBytes)),
    written: new Int32Array(new SharedArrayBuffer(parties * parties * wordBytes)), // bytes since the beginning
    read: new Int32Array(new SharedArrayBuffer(parties * parties * wordBytes)),
    rings: new Uint8Array(new SharedArrayBuffer(parties * parties * capacity)),
  };
}

// One party's end. `cancelled` tells whether to give up.
export class MeshEnd {
  constructor(mesh, party, cancelled) {
    this.mesh = mesh;
    this.party = party;
    this.cancelled = cancelled;
    this.waiting = Array.from({ length: mesh.parties }, () => []); // bytes for each party that have found no room
    this.arriving = Array.from({ length: mesh.parties }, () => ({ header: new Uint8Array(wordBytes), filled: 0, body: null }));
    this.room = Array.from({ length: mesh.parties }, () => new Uint8Array(0)); // what the last message of each lies in
  }

  ring(party) {
    Atomics.add(this.mesh.bells, party, 1);
    Atomics.notify(this.mesh.bells, party);
  }

  // Copies into the ring towards `to` what fits; how much that was.
  write(to, bytes) {
    const { written, read, rings, capacity, parties } = this.mesh;
    const pair = this.party * parties + to;
    const from = Atomics.load(written, pair);
    const n = Math.min(bytes.length, capacity - ((from - Atomics.load(read, pair)) | 0));
    const at = (from >>> 0) % capacity;
    const first = Math.min(n, capacity - at);
    rings.set(bytes.subarray(0, first), pair * capacity + at);
    rings.set(bytes.subarray(first, n), pair * capacity);
    if (n !== 0) {
      Atomics.store(written, pair, (from + n) | 0);
      this.ring(to);
    }
    return n;
  }

  // Copies out of the ring from `from` into `target`; how much that was.
  take(from, target) {
    const { written, read, rings, capacity, parties } = this.mesh;
    const pair = from * parties + this.party;
    const done = Atomics.load(read, pair);
    const n = Math.min(target.length, (Atomics.load(written, pair) - done) | 0);
    const at = (done >>> 0) % capacity;
    const first = Math.min(n, capacity - at);
    target.set(rings.subarray(pair * capacity + at, pair * capacity + at + first));
    target.set(rings.subarray(pair * capacity, pair * capacity + n - first), first);
    if (n !== 0) {
      Atomics.store(read, pair, (done + n) | 0);
      this.ring(from);
    }
    return n;
  }

  flush(to) {
    const queue = this.waiting[to];
    if (Atomics.load(this.mesh.ended, to) !== 0) queue.length = 0;
    while (queue.length !== 0) {
      const n = this.write(to, queue[0]);
      if (n < queue[0].length) {
        queue[0] = queue[0].subarray(n);
        return;
      }
      queue.shift();
    }
  }

  flushAll() {
    this.waiting.forEach((_, to) => this.flush(to));
    return this.waiting.every((queue) => queue.length === 0);
  }

  send(to, body) {
    const header = new Uint8Array(wordBytes);
    new DataView(header.buffer).setUint32(0, body.length, true);
    const queue = this.waiting[to];
    queue.push(header);
    this.flush(to);
    const n = queue.length === 0 ? this.write(to, body) : 0;
    if (n < body.length) queue.push(body.slice(n)); // the module's memory is only lent
    return { outcome: outcome.answered, status: 200 };
  }

  // Where a message from `from` of so many bytes goes: new memory for each would be given back late.
  roomFor(from, length) {
    if (this.room[from].length < length) this.room[from] = new Uint8Array(length);
    return this.room[from].subarray(0, length);
  }

  // The next whole message, or null. It stays until the one after it is asked for.
  next(from) {
    const state = this.arriving[from];
    if (state.body === null) {
      state.filled += this.take(from, state.header.subarray(state.filled));
      if (state.filled < wordBytes) return null;
      state.body = this.roomFor(from, new DataView(state.header.buffer).getUint32(0, true));
      state.filled = 0;
    }
    for (let n = 1; n !== 0 && state.filled < state.body.length; state.filled += n) n = this.take(from, state.body.subarray(state.filled));
    if (state.filled < state.body.length) return null;
    const { body } = state;
    state.body = null;
    state.filled = 0;
    return body;
  }

  receive(from) {
    for (;;) {
      const bell = Atomics.load(this.mesh.bells, this.party);
      const over = Atomics.load(this.mesh.ended, from) !== 0;
      this.flushAll();
      const body = this.next(from);
      if (body !== null) return { outcome: outcome.answered, status: 200, body };
      if (over) return closed;
      if (this.cancelled()) return { outcome: outcome.broken };
      Atomics.wait(this.mesh.bells, this.party, bell, lookEvery);
    }
  }

  // After the last message: returns when all is delivered to those that still listen.
  end() {
    for (;;) {
      const bell = Atomics.load(this.mesh.bells, this.party);
      if (this.flushAll() || this.cancelled()) break;
      Atomics.wait(this.mesh.bells, this.party, bell, lookEvery);
    }
    Atomics.store(this.mesh.ended, this.party, 1);
    for (let party = 0; party < this.mesh.parties; party++) this.ring(party);
  }

  call({ method, url, body }) {
    const peer = Number(url.slice('party:'.length));
    return method === 'POST' ? this.send(peer, body) : this.receive(peer);
  }
}
