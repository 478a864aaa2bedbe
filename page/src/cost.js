// What a computation will cost: what the protocol sends, as the engine plans it, and the time, from how fast this browser was.
import { h, put } from './dom.js';
import { grouped } from './values.js';
import { bytes, seconds } from './words.js';

const KEY = 'polytune.ands-per-second';
const RATE = 12_000; // before anything was measured
const SETUP_SECONDS = 0.7;

function rate() {
  try {
    return Number(localStorage.getItem(KEY)) || RATE;
  } catch {
    return RATE; // a page from disk may have no storage
  }
}

/** Remembers how fast a run was. Small ones say nothing about that. */
export function learnRate(and, parties, took) {
  if (and < 2000) return;
  try {
    localStorage.setItem(KEY, String(Math.round((and * (parties - 1)) / Math.max(took, 0.01))));
  } catch {
    // not remembered
  }
}

const secondsOf = ({ and, parties }) => SETUP_SECONDS + (and * (parties - 1)) / rate();

const row = (name, value, note) => h('div', null, h('dt', null, name), h('dd', null, value, note ? h('span', { class: 'faint' }, ` ${note}`) : null));

/** Bytes in short, with all digits for who wants them. */
const amount = (n) => h('data', { value: String(n), title: `${grouped(n)} bytes` }, bytes(n));

/** What is sent and received: by the own party, or the most of any. */
function traffic({ cost }, own) {
  const most = (what) => Math.max(...cost.parties.map((p) => p[what]));
  const of = (what) => (own === null ? most(what) : cost.parties[own][what]);
  const who = own === null ? 'at most, each' : 'by you';
  return [row('Sent', amount(of('bytesSent')), who), row('Received', amount(of('bytesReceived')), who)];
}

/** Fills a list with what a compiled program costs, `own` party or any. */
export function showCost(list, info, own = null) {
  if (!info) return put(list);
  const time = secondsOf(info);
  return put(list,
    row('Parties', String(info.parties)),
    row('AND gates', grouped(info.and)),
    info.cost ? [traffic(info, own), row('Time', time < 1 ? seconds(time) : `about ${seconds(time)}`)] : null);
}
