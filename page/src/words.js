// What types, results and errors mean, in words.
import { grouped, range } from './values.js';

const MANY = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];
export const count = (n) => MANY[n] ?? grouped(n);

/** “a, b and c”. */
export function listed(items, word = 'and') {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`;
}

const spaced = (name = '') => name.replaceAll('_', ' ').replace(/([a-z])([A-Z])/g, '$1 $2');
export const labelOf = (name) => {
  const text = spaced(name).trim();
  return text === '' ? '' : text[0].toUpperCase() + text.slice(1).toLowerCase();
};

const NOUNS = {
  bool: () => 'a yes or no',
  int(type) {
    const [least, most] = range(type);
    if (type.bits === 64) return type.signed ? 'a whole number, also below zero' : 'a whole number';
    return `a whole number from ${grouped(least)} to ${grouped(most)}`;
  },
  array: (type) => `a list of ${count(type.length)}: each ${typeInWords(type.element)}`,
  tuple(type) {
    if (type.elements.length === 0) return 'nothing';
    return listed(type.elements.map(typeInWords));
  },
  struct: (type) => `${labelOf(type.name).toLowerCase()}: ${listed(type.fields.map((f) => `${spaced(f.name)} (${typeInWords(f.type)})`))}`,
  enum: (type) => `one of ${listed(type.variants.map((v) => spaced(v.name)), 'or')}`,
};

/** “a whole number from 0 to 255”. */
export const typeInWords = (type) => NOUNS[type.kind](type);

export const isNothing = (type) => type.kind === 'tuple' && type.elements.length === 0;

// ---- sizes and times ----

/** As the command prints them: three digits. */
export function bytes(n) {
  if (n < 1000) return `${n} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let size = n / 1000;
  let at = 0;
  for (; size >= 999.5 && at < 3; at++) size /= 1000;
  return `${size.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0)} ${units[at]}`;
}

export function seconds(s) {
  if (s < 1) return 'less than a second';
  if (s < 90) return `${Math.round(s)} second${Math.round(s) === 1 ? '' : 's'}`;
  if (s < 5400) return `${Math.round(s / 60)} minutes`;
  return `${(s / 3600).toFixed(1)} hours`;
}

// ---- the protocol's phases ----

const PHASES = {
  'set-up': 'Comparing what everybody runs',
  'base OT': 'Agreeing on secret keys',
  COT: 'Preparing randomness',
  bits: 'Preparing randomness',
  'key check': 'Checking the others',
  triples: 'Preparing the calculation',
  inputs: 'Locking the inputs',
  garbling: 'Calculating under lock and key',
  evaluation: 'Calculating under lock and key',
  outputs: 'Opening the result',
};

/** Of what comes before the protocol, nothing is said. */
export const isProtocol = (phase) => phase in PHASES;
export const phaseInWords = (phase) => PHASES[phase] ?? 'Getting ready';

/** What the engine says while nothing goes on, with names; empty for anything else. */
export function pauseInWords(text, nameOf) {
  const waiting = /^waiting for party (\d+) \((\d+) s\)/.exec(text);
  if (waiting) return `Nothing from ${nameOf(Number(waiting[1]))} for ${seconds(Number(waiting[2]))}.`;
  return text.startsWith('retrying') ? 'The relay does not answer. Trying again …' : '';
}

// ---- what went wrong ----

const CHEATED = {
  title: 'Somebody did not follow the rules',
  text: 'A check failed, so the computation was stopped before it could give a wrong result. Your input stayed secret. Do not simply try again: each attempt gives a cheater a new, small chance. Talk to the others first, by another way.',
};

/** What differs, by what the engine says of it. */
const DIFFERENCES = [
  [/constants? differ|PARTY_?\w*::/, 'A constant differs.'],
  [/program/, 'The programs differ, or constants in them.'],
  [/dealer=|preprocessing mode/, 'Some expect a dealer to prepare the computation, and others do not.'],
  [/output parties|parts of the result/, 'They disagree on who learns what of the result.'],
  [/session secret/, 'Not all know the secret of the invitation.'],
  [/version|encrypt/, 'They use different versions of Polytune.'],
  [/parties/, 'They count different numbers of parties.'],
];

function different({ message }) {
  const what = DIFFERENCES.find(([pattern]) => pattern.test(message))?.[1] ?? 'The programs, constants or numbers of parties differ.';
  return { title: 'Not everybody runs the same', text: `${what} All must open the links of one invitation, with the same version of this page; nothing was told to anybody.` };
}

/** Why a relay does not do its work. */
function unreachable({ message }) {
  if (message.includes('does not know this session'))
    return { title: 'The relay lost the session', text: 'It was started anew, or another one took its place. Nothing was revealed. All begin again, with the same links.' };
  if (/^(cannot (receive from|send to) |relay \S+, session )/.test(message)) // it was there: one has joined
    return { title: 'The relay is gone', text: 'Your network is down, or the relay is, and it did not come back in time. Nothing was revealed. When it answers again, all begin again, with the same links.' };
  return {
    title: 'The relay cannot be reached',
    text: 'Your network may be down, the relay may be gone, or it may not allow this page (CORS), or it may speak plain http while this page was loaded by https.',
  };
}

const BY_STATUS = {
  PT_PEER_SETUP: different,
  PT_ERR_IO: unreachable,
  PT_PEER_IDENTITY: {
    title: 'A party is not who it should be',
    text: 'Somebody took part with another key than you expect, without the secret of this invitation, or sits in between. Nothing was told to them. Ask them, by another way, for the key they use, or make a new invitation and send each link by a way you trust.',
  },
  PT_PEER_ALTERED: {
    title: 'Messages were changed on the way',
    text: 'Somebody between you and the others, perhaps the relay, altered a message. That was noticed, and nothing was told. Use another relay or network.',
  },
  PT_ERR_PANIC: {
    title: 'The program stopped with an error',
    text: 'A calculation did not work out with these inputs, for example a sum that is too large or a division by zero. Everybody learns this, and where it was, but nothing else.',
  },
  PT_ERR_TIMEOUT: {
    title: 'The others did not answer in time',
    text: 'Nothing came for a while: perhaps somebody closed the page, lost the network, or a computer fell asleep. When all are there, start again.',
  },
  PT_ERR_CANCELLED: { title: 'Stopped', text: 'You stopped the computation, and the others were told.' },
  PT_ERR_STOPPED: {
    title: 'Another party stopped',
    text: 'Somebody closed the page, stopped, or ran into trouble. Nothing was revealed. When all are there, start again.',
  },
  PT_ERR_CLOSED: {
    title: 'The connection ended',
    text: 'Another party left, or its connection was lost. Nothing was revealed. When all are there, start again.',
  },
  PT_ERR_REFUSED: {
    title: 'The relay refused',
    text: 'Perhaps somebody else already took your part, or an earlier attempt of yours has not ended yet. Wait half a minute and try again.',
  },
  PT_ERR_MEMORY: { title: 'Not enough memory', text: 'This program is too large for this browser tab. The command, polytune party, can do more.' },
  PT_ERR_LIMIT: { title: 'The program is too large', text: 'It is larger than this browser can compute. The command, polytune party, can do more.' },
};

const BY_CLASS = {
  peer: CHEATED,
  program: { title: 'The program has a mistake', text: 'It cannot be run as it is.' },
  input: { title: 'An input does not fit the program', text: 'Please look at what you entered.' },
  panic: BY_STATUS.PT_ERR_PANIC,
  transport: BY_STATUS.PT_ERR_CLOSED,
};

const OTHER = { title: 'Something went wrong', text: 'This should not happen.' };

/** {title, text, detail} of an error, for people; `detail` is what the engine says. */
export function errorInWords(error) {
  const kind = BY_STATUS[error.status] ?? BY_CLASS[error.class] ?? OTHER;
  return { ...(typeof kind === 'function' ? kind(error) : kind), detail: error.message };
}
