// Keys: the own one, which stays in this tab and in files, and those by which the others are known.
import * as polytune from 'polytune';

import { h, newId, put } from './dom.js';
import { copyButton, saveButton } from './share.js';
import { ValueError } from './values.js';

const PUBLIC = /^pk:[A-Za-z0-9_-]{48}$/;
const PRIVATE = /^\s*(sk:\S+)\s*$/m;
const FILE_MAX = 1 << 20;

let own = null; // {key, publicKey}; a reload forgets it

/** As `polytune keygen` writes it. */
const fileOf = ({ key, publicKey }) => `# Polytune private key (X25519). Keep it to yourself.\n# Its public key, for the rosters of the others:\n# ${publicKey}\n${key}\n`;

/** What a file of somebody's has, as text. */
export async function textOf(file) {
  if (file.size > FILE_MAX) throw new ValueError(`“${file.name}” is too large to be that.`);
  return file.text();
}

async function readKeyFile(file) {
  const found = PRIVATE.exec(await textOf(file));
  if (!found) throw new ValueError(`“${file.name}” has no private key: a line that begins with sk:.`);
  try {
    return { key: found[1], publicKey: await polytune.publicKey(found[1]) };
  } catch (e) {
    throw new ValueError(`“${file.name}” cannot be used: ${e.message}.`);
  }
}

/** Lines NUMBER PUBLIC_KEY, and comments after #; the keys by number. */
export function readRoster(text) {
  const keys = [];
  for (const line of text.split('\n').map((l) => l.replace(/#.*/, '').trim()).filter((l) => l !== '')) {
    const [, number, key] = /^(\d{1,3})\s+(\S+)$/.exec(line) ?? [];
    if (!PUBLIC.test(key ?? '')) throw new ValueError(`“${line.slice(0, 60)}” is no line of a roster: a number, and a public key (pk:…).`);
    keys[Number(number)] = key;
  }
  return keys;
}

const fileButton = (label, accept, take) =>
  h('label', { class: 'file' }, label, h('input', { type: 'file', accept, onchange: (e) => e.target.files[0] && take(e.target.files[0]).finally(() => (e.target.value = '')) }));

/** The own key: to make, to keep, to choose. {element, input} */
function ownKey() {
  const problem = h('p', { class: 'problem', role: 'alert' });
  const state = h('div', { role: 'status' });
  const choose = fileButton('Choose a key file', '.key,.txt,text/plain', (file) => set(() => readKeyFile(file)));
  const make = h('button', { type: 'button', class: 'quiet', onclick: () => set(() => polytune.keygen()) }, 'Make a new key');
  const forget = h('button', { type: 'button', class: 'quiet', onclick: () => ((own = null), show()) }, 'Use no key');

  async function set(from) {
    problem.textContent = '';
    try {
      own = await from();
    } catch (e) {
      problem.textContent = e.message;
    }
    show();
  }

  function show() {
    forget.hidden = own === null;
    if (own === null) return void put(state, h('p', { class: 'hint' }, 'You have none here now.'));
    const { publicKey } = own;
    put(state,
      h('p', { class: 'hint' }, 'Your public key, for the others:'), h('p', null, h('code', { class: 'hash' }, publicKey)),
      h('div', { class: 'actions' }, copyButton('Copy your public key', () => publicKey), saveButton('Save your key', 'polytune.key', 'text/plain', () => fileOf(own))),
      h('p', { class: 'hint' }, 'Save it to be known by it again: this page forgets it when it is closed. Give the file to nobody.'));
  }

  show();
  return {
    input: choose.querySelector('input'), say: (text) => (problem.textContent = text),
    element: h('fieldset', { class: 'field' }, h('legend', null, 'Your own key'), state, h('div', { class: 'actions' }, make, choose, forget), problem),
  };
}

function keyField(name) {
  const id = newId('key');
  const problem = h('p', { class: 'problem', id: `${id}-problem`, role: 'alert' });
  const input = h('input', { id, type: 'text', class: 'key', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off', placeholder: 'pk:…', 'aria-describedby': problem.id, oninput: () => say('') });
  function say(text) {
    problem.textContent = text;
    input.toggleAttribute('aria-invalid', text !== '');
    if (text) input.setAttribute('aria-invalid', 'true');
  }
  return {
    input, say, element: h('div', { class: 'field' }, h('label', { for: id }, `Public key of ${name}`), input, problem),
    fail(text) {
      say(text);
      throw Object.assign(new ValueError(text), { input });
    },
  };
}

/**
 * Fields for the own key and those of all others. `names` are of all seats, `known` what an invitation says of their keys.
 * {element, show({me, n}), read()}: read() gives {key, roster}, which may be missing, or throws a ValueError.
 */
export function keyPanel(names, known = []) {
  const mine = ownKey();
  const fields = names.map(keyField);
  const problem = h('p', { class: 'problem', role: 'alert' });
  const fill = (keys) => fields.forEach((f, i) => ((f.input.value = keys[i] ?? f.input.value), f.say('')));
  const roster = fileButton('Choose a roster', '.txt,text/plain', async (file) => {
    problem.textContent = '';
    try {
      fill(readRoster(await textOf(file)));
    } catch (e) {
      problem.textContent = e.message;
    }
  });
  let seats = { me: 0, n: names.length };
  fill(known);

  function theirs(field, i) {
    const key = field.input.value.trim();
    if (i === seats.me || i >= seats.n || key === '') return null;
    if (!PUBLIC.test(key)) field.fail(key.startsWith('sk:') ? 'This is a private key, which is nobody else’s business. Take the public one: pk:….' : 'A public key is pk: and 48 characters.');
    if (key === own?.publicKey) field.fail('This is your own key.');
    return key;
  }

  function failOwn(text) {
    mine.say(text);
    throw Object.assign(new ValueError(text), { input: mine.input });
  }

  return {
    element: h('div', null,
      h('p', { class: 'hint' }, 'Whoever has a link can take that part. With keys it has to be the right person, too: each makes one, once, and tells the others the public key by a way on which nobody can exchange it.'),
      mine.element, fields.map((f) => f.element), roster, problem),
    show(now) {
      seats = now;
      fields.forEach((f, i) => (f.element.hidden = i === seats.me || i >= seats.n));
    },
    read() {
      mine.say('');
      const keys = fields.map(theirs).slice(0, seats.n);
      const expected = known[seats.me];
      if (own === null && expected) failOwn('The invitation names your key: choose its file.');
      if (own === null && keys.some((k) => k !== null)) failOwn('Choose your key file or make a new key: whoever checks keys has one.');
      if (own !== null && expected && own.publicKey !== expected) failOwn(`The invitation names another key for you: ${expected}.`);
      if (own === null) return {};
      if (keys.every((k) => k === null)) return { key: own.key };
      keys[seats.me] = own.publicKey;
      return { key: own.key, roster: keys };
    },
  };
}
