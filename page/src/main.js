// The page: which view, and what surrounds it.
import * as polytune from 'polytune';

import { aboutLicenses, aboutPage, insecureNotice } from './about.js';
import { agreementForm, seatsOf } from './agreement.js';
import { goTo, h, icon, newId, put, setTitle } from './dom.js';
import { exampleOf } from './examples.js';
import { readForm } from './form.js';
import { showHome } from './home.js';
import { keyPanel } from './keys.js';
import { linkOf, randomText, readLink, shortHash } from './link.js';
import { showSession } from './session.js';
import { errorInWords } from './words.js';

const main = document.querySelector('main');
let leave = () => {};

function showTrouble(error) {
  const words = error.status ? errorInWords(error) : { title: 'This does not work', text: error.message };
  const head = h('h1', null, words.title);
  put(main, h('section', { class: 'narrow' }, head, h('p', { class: 'lead' }, words.text),
    words.detail ? h('p', { class: 'engine' }, words.detail) : null,
    h('p', null, h('a', { href: location.href.split('#')[0], class: 'button' }, 'To the start'))));
  goTo(head);
}

/** Asks which part is one's own, and at which relay one meets, then goes to the session. */
function showInvite({ info, source, constants }) {
  const example = exampleOf(source);
  const nameOf = (i) => example?.parties[i] ?? `Party ${i}`;
  const group = newId('own');
  const fromDisk = location.protocol === 'file:';
  const relay = h('input', { id: newId('relay'), type: 'url', required: true, placeholder: 'https://relay.example', autocomplete: 'url' });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const head = h('h1', null, 'Which part is yours?');
  const agreement = agreementForm(info, nameOf, () => showKeys());
  const keys = keyPanel([...info.inputTypes.map((_, i) => nameOf(i)), 'the dealer']);
  const more = h('details', { class: 'more' }, h('summary', null, 'Who learns the result, a dealer, keys'), agreement.element, h('h2', null, 'Keys'), keys.element);
  let own = 0;
  const showKeys = () => keys.show({ me: own, n: seatsOf({ parties: info.parties, dealer: agreement.dealer() }) });

  async function create(event) {
    event.preventDefault();
    const at = fromDisk ? relay.value.trim().replace(/\/+$/, '') : location.origin;
    if (!/^https?:\/\/[^/]+/.test(at)) {
      problem.textContent = 'Please enter the address of a relay, such as https://relay.example.';
      relay.focus();
      return;
    }
    const [agreed, known] = [readForm(agreement), readForm(keys)];
    if (!agreed || !known) return void (more.open = true);
    const hash = shortHash(await polytune.hash(source));
    const invitation = {
      relay: at, session: randomText(12), secret: randomText(16), parties: info.parties, hash, program: source, constants,
      ...agreed.value, roster: known.value.roster ?? [],
    };
    location.hash = `${new URL(await linkOf(invitation, own, !example)).hash.slice(1)}&i=1`;
  }

  leave();
  leave = () => {};
  put(main, h('section', { class: 'narrow' }, h('p', { class: 'eyebrow' }, example?.name ?? 'Your program'), head,
    h('form', { onsubmit: create, novalidate: true },
      h('fieldset', { class: 'field choice' }, h('legend', { class: 'unseen' }, 'Your part'),
        h('div', { class: 'options column' }, info.inputTypes.map((_, i) => h('label', { class: 'option' }, h('input', { type: 'radio', name: group, value: String(i), checked: i === 0, onchange: () => ((own = i), showKeys()) }), h('span', null, nameOf(i)))))),
      fromDisk ? h('div', { class: 'field' }, h('label', { for: relay.id }, 'Where you meet: the address of a relay'), relay) : null, problem, more,
      h('div', { class: 'run' }, h('button', { type: 'submit', class: 'primary' }, 'Make the invitations', icon('arrow')), h('button', { type: 'button', class: 'quiet', onclick: route }, 'Back')))));
  showKeys();
  goTo(head);
}

/** The smallest function with a vector in it. */
const VECTORS = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11);

/** What this browser does not have, of what all is done with. */
function whatIsMissing() {
  if (!globalThis.WebAssembly?.validate(VECTORS)) return 'WebAssembly with vectors, which all the work here is done with';
  try {
    return new DecompressionStream('deflate-raw') && null;
  } catch {
    return 'streams that unpack, which links are read with';
  }
}

async function route() {
  leave();
  const over = new AbortController();
  leave = () => over.abort();
  setTitle('');
  try {
    const missing = whatIsMissing();
    if (missing) throw new Error(`This browser does not have ${missing}. Browsers have had it since 2023; some switch it off in their strictest mode. Please try another browser, or a newer one.`);
    const invitation = await readLink(location.hash);
    if (invitation === null) return void showHome(main, showInvite);
    await showSession(main, invitation, over);
  } catch (error) {
    if (!over.signal.aborted) showTrouble(error);
  }
}

document.querySelector('#about').append(aboutPage(), aboutLicenses());
const strip = insecureNotice();
if (strip) document.querySelector('header').after(strip);
document.querySelector('.brand').addEventListener('click', (event) => {
  if (location.hash === '') return;
  event.preventDefault();
  location.hash = '';
});
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault(); // the fragment is the invitation's
  main.tabIndex = -1;
  main.focus();
});
addEventListener('hashchange', route);
route();
