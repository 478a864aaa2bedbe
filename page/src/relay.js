// What the page itself asks a relay: who has come. All else goes through the engine.

const WAIT_S = 6; // who leaves is noticed after that
const PAUSE_MS = 3000;

const pause = (ms, signal) => new Promise((done) => {
  const timer = setTimeout(done, ms);
  signal.addEventListener('abort', () => (clearTimeout(timer), done()), { once: true });
});

/** Calls told(set of parties) whenever somebody comes or goes, until aborted; told(null) while the relay cannot be asked. */
export async function watchSeats(relay, session, parties, signal, told) {
  let known = -1;
  while (!signal.aborted) {
    try {
      const wait = known < 0 ? '' : `?wait=${WAIT_S}&parties=${Math.min(known + 1, parties)}`;
      const answer = await fetch(`${relay}/participants/${session}${wait}`, { signal, cache: 'no-store' });
      if (!answer.ok) throw new Error(String(answer.status));
      const seats = new Set(await answer.json());
      told(seats);
      if (seats.size === known || seats.size >= parties) await pause(PAUSE_MS, signal);
      known = seats.size;
    } catch {
      if (signal.aborted) return;
      told(null);
      known = -1;
      await pause(PAUSE_MS, signal);
    }
  }
}
