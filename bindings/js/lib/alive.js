// Signs of life of a party that computes: a relay takes those that are silent for dead.
const every = 2000; // ms; less than half of what the shortest time-out leaves (docs/relay.md)

// `seat` is the request that took a seat. `isQuiet` says whether nothing else was asked for so long. The answer stops it.
export function stayAlive(seat, isQuiet = () => true) {
  const url = seat.url.replace(/\/join\/([^/]+)\/\d+$/, '/participants/$1');
  let running = false;
  const tell = async () => {
    if (running || !isQuiet(every)) return;
    running = true;
    await fetch(url, { headers: seat.headers, signal: AbortSignal.timeout(10 * every) }).then((r) => r.arrayBuffer(), () => {});
    running = false;
  };
  const timer = setInterval(tell, every);
  return () => clearInterval(timer);
}
