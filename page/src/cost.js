// What a computation will cost: an estimate from its AND gates and from how fast this browser was.
import { h, put } from './dom.js';
import { grouped } from './values.js';
import { bytes, seconds } from './words.js';

const KEY = 'polytune.ands-per-second';
const RATE = 12_000; // before anything was measured
const SETUP_BYTES = 30_000; // from each party to each other, whatever the program
const AND_BYTES = 110;
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

export function costOf({ and, parties }) {
  const others = Math.max(1, parties - 1);
  return { bytes: others * (SETUP_BYTES + AND_BYTES * and), seconds: SETUP_SECONDS + (and * others) / rate() };
}

const row = (name, value, note) => h('div', null, h('dt', null, name), h('dd', null, value, note ? h('span', { class: 'faint' }, ` ${note}`) : null));

/** Fills a list with what a compiled program costs. */
export function showCost(list, info) {
  if (!info) return put(list);
  const cost = costOf(info);
  return put(list,
    row('Parties', String(info.parties)),
    row('AND gates', grouped(info.and)),
    row('Traffic', `about ${bytes(cost.bytes)}`, 'each'),
    row('Time', cost.seconds < 1 ? seconds(cost.seconds) : `about ${seconds(cost.seconds)}`));
}
