// One party's part in a computation with others: invitation, input, run, result.
import * as polytune from 'polytune';

import { learns, seatsOf, terms, whoLearned } from './agreement.js';
import { learnRate, showCost } from './cost.js';
import { goTo, h, icon, newId, put, setTitle } from './dom.js';
import { exampleOf, exampleWith } from './examples.js';
import { formFor, readForm } from './form.js';
import { descriptionOf, showProgram } from './garble.js';
import { keyPanel } from './keys.js';
import { linkOf, shortHash } from './link.js';
import { progressBar } from './progress.js';
import { qrCode } from './qr.js';
import { watchSeats } from './relay.js';
import { resultView } from './result.js';
import { copyButton, saveButton, shareButton } from './share.js';
import { writeText } from './values.js';
import { errorInWords, isProtocol, labelOf, listed, pauseInWords, seconds } from './words.js';

const READING_MS = 3000;
const SLEPT_MS = 20_000;
const LINK_MAX = 8000; // characters; longer ones are cut off on their way

// ---- what a reload must know ----

const keyOf = (invitation) => `polytune.${invitation.session}.${invitation.party}`;

function remember(invitation, state) {
  try {
    if (state) sessionStorage.setItem(keyOf(invitation), state);
    else sessionStorage.removeItem(keyOf(invitation));
  } catch {
    // a page from disk may have no storage; then a reload is a new visit
  }
}

function remembered(invitation) {
  try {
    return sessionStorage.getItem(keyOf(invitation));
  } catch {
    return null;
  }
}

const REMEMBERED = {
  running: ['The page was reloaded while you took part', 'A computation cannot go on in a new page: what it needs was only in the old one. Nothing was revealed, and the others were told. Enter your part again; everybody else has to start again, too, with the same link.'],
  done: ['You have already taken part here', 'The result was only in the page as it was, and is not kept. To compute again, everybody has to start again with the same link.'],
};

function noticeCard([title, text]) {
  return h('div', { class: 'card warn-card', role: 'status' }, h('h2', { class: 'over' }, icon('warn'), title), h('p', null, text));
}

// ---- who is there ----

function peopleList(parties, own, nameOf) {
  const items = Array.from({ length: parties }, (_, i) => {
    const state = h('span', { class: 'state' });
    return { state, element: h('li', { class: `person tint-${i % 6}` }, h('span', { class: 'dot', 'aria-hidden': 'true' }), h('span', { class: 'person-name' }, nameOf(i), i === own ? ' (you)' : ''), state) };
  });
  const mark = ({ state, element }, isPresent, text) => {
    if (state.textContent !== text) state.textContent = text;
    element.classList.toggle('present', isPresent);
  };
  const trouble = h('p', { class: 'problem', hidden: true }, 'The relay cannot be asked just now who is there.');
  return {
    element: h('div', null, h('ul', { class: 'people', 'aria-live': 'polite' }, items.map((i) => i.element)), trouble),
    show(seats) {
      trouble.hidden = seats !== null;
      if (seats === null) return;
      items.forEach((item, i) => mark(item, seats.has(i), seats.has(i) ? 'is there' : 'not yet'));
    },
    /** They have left their seats, and had them. */
    showDone() {
      trouble.hidden = true;
      items.forEach((item) => mark(item, true, 'took part'));
    },
  };
}

// ---- invitations ----

async function inviteCard(invitation, i, name, withProgram) {
  const url = await linkOf(invitation, i, withProgram);
  const code = qrCode(url, `QR code of the link for ${name}`);
  const id = newId('link');
  const field = h('input', { id, type: 'text', readonly: true, value: url, onfocus: (e) => e.target.select() });
  return h('section', { class: `party tint-${i % 6}`, 'aria-label': `Invitation for ${name}` },
    h('h3', null, h('span', { class: 'dot', 'aria-hidden': 'true' }), name),
    code ? h('div', { class: 'qr-box' }, code) : h('p', { class: 'hint' }, 'The program is too long for a QR code: send the link.'),
    h('label', { for: id, class: 'unseen' }, `Link for ${name}`), field,
    h('div', { class: 'actions' }, copyButton('Copy the link', () => url), shareButton('Take part in a computation', url)));
}

/** What whoever is the dealer types. */
function dealerCard({ relay, session, secret, parties, roster }) {
  const command = `POLYTUNE_SESSION_SECRET=${secret} polytune pre ${relay} --session=${session} --parties=${parties}${roster[parties] ? ' --key=dealer.key --roster=roster' : ''}`;
  return h('div', { class: 'card' }, h('h3', null, 'And to the dealer, this command'), h('pre', { class: 'program', tabindex: '0' }, command),
    h('div', { class: 'actions' }, copyButton('Copy the command', () => command)));
}

/** The links for everybody else. */
async function invitePanel(invitation, nameOf) {
  const isLong = (await linkOf(invitation, 0)).length > LINK_MAX;
  const withProgram = !isLong && !exampleOf(invitation.program);
  const others = Array.from({ length: invitation.parties }, (_, i) => i).filter((i) => i !== invitation.party);
  return h('section', { class: 'invites' },
    h('h2', null, `Send ${others.length === 1 ? 'this link' : 'each their own link'}`),
    h('p', null, 'Whoever has a link can take that part, so send it by a way that only the right person reads. Then enter your own part below; it does not matter who is first.'),
    h('div', { class: 'parties' }, await Promise.all(others.map((i) => inviteCard(invitation, i, nameOf(i), withProgram)))),
    isLong ? h('div', { class: 'card' }, h('h3', null, 'And the program, as a file'), h('p', null, 'It is too long for a link: whoever opens one is asked for it.'),
      h('div', { class: 'actions' }, saveButton('Save the program', 'program.garble', 'text/plain', () => invitation.program))) : null,
    invitation.dealer ? dealerCard(invitation) : null);
}

// ---- the words ----

function wordsCard(text) {
  return h('div', { class: 'words', role: 'status' },
    h('p', null, 'If you want to be sure that nobody is in between: everybody should see the same five words. Compare them on the telephone.'),
    h('p', { class: 'five' }, text.split(/[-\s]+/).map((w) => [h('span', null, w), ' '])));
}

// ---- the view ----

/** Asks for the program where the link was too short for it. */
function askForProgram(invitation) {
  return new Promise((done) => {
    const problem = h('p', { class: 'problem', role: 'alert' });
    const take = async (event) => {
      const text = await event.target.files[0].text();
      if (shortHash(await polytune.hash(text)) === invitation.hash) done(text);
      else problem.textContent = 'This is another program than the one you were invited to.';
    };
    put(document.querySelector('main'), h('section', { class: 'narrow' }, h('h1', null, 'You are invited'),
      h('p', null, 'The program is too long for a link. Whoever invited you can send you its file; choose it here.'),
      h('label', { class: 'file big' }, 'Choose the program', h('input', { type: 'file', accept: '.garble,.txt', onchange: take })), problem));
  });
}

/** While the program of a link is looked at, which can take long. */
function showReading(main) {
  const text = h('p', { role: 'status' }, 'Reading the program …');
  put(main, h('section', { class: 'narrow' }, h('h1', null, 'You are invited'), text));
  const patience = setTimeout(() => put(text, 'Reading the program … It is a large one, and this can take minutes. ', h('a', { href: location.href.split('#')[0] }, 'Stop, and go to the start')), READING_MS);
  return () => clearTimeout(patience);
}

/** Compiles what a link says; what does not fit together in it is the link's fault. */
async function compileFor({ program, constants, dealer, isPrivate, outputs }, signal) {
  try {
    return await polytune.compile(program, { constants, dealer, privateResults: isPrivate, outputParties: outputs ?? undefined, signal });
  } catch (e) {
    throw ['usage', 'input'].includes(e.class) ? new Error(`This link is damaged: it does not fit its program: ${e.message}.`) : e;
  }
}

async function programOf(invitation) {
  if (invitation.program === null) return (await exampleWith(invitation.hash, polytune.hash))?.source ?? askForProgram(invitation);
  if (shortHash(await polytune.hash(invitation.program)) !== invitation.hash) throw new Error('This link is damaged: its program is not the one that it names.');
  return invitation.program;
}

/** Shows the view, until `over` is aborted. */
export async function showSession(main, given, over) {
  const known = showReading(main);
  over.signal.addEventListener('abort', known);
  const program = await programOf(given);
  const invitation = { ...given, program };
  const info = await compileFor(invitation, over.signal);
  known();
  if (info.parties !== invitation.parties) throw new Error('This link is damaged: the program is for another number of people.');
  const own = invitation.party;
  const seatCount = seatsOf(invitation);
  const example = exampleOf(program);
  const nameOf = (i) => (i === info.parties ? 'the dealer' : (example?.parties[i] ?? `Party ${i}`));
  const people = peopleList(seatCount, own, nameOf);
  const label = example?.labels[own] ?? (labelOf(info.parameters[own].name) || 'Your part');
  const form = formFor(info.inputTypes[own], label);
  const labels = (example?.labels ?? info.parameters.map((p) => labelOf(p.name))).map((text) => text.toLowerCase());
  const costs = h('dl', { class: 'costs' });
  showCost(costs, info, own);

  const notices = h('div', null, REMEMBERED[remembered(invitation)] ? noticeCard(REMEMBERED[remembered(invitation)]) : null);
  remember(invitation, null);
  const work = h('section', { class: 'work', 'aria-label': 'Your part' });
  const keys = keyPanel(Array.from({ length: seatCount }, (_, i) => nameOf(i)), invitation.roster);
  keys.show({ me: own, n: seatCount });
  const more = h('details', { class: 'more', open: Boolean(invitation.roster[own]) }, h('summary', null, 'Keys: be sure who the others are'), keys.element);
  const others = Array.from({ length: info.parties }, (_, i) => i).filter((i) => i !== own).map(nameOf);
  const title = h('h1', null, example?.name ?? 'Work something out together');
  const invites = given.isMine ? await invitePanel(invitation, nameOf) : null;
  if (over.signal.aborted) return;
  put(main, h('section', { class: 'session' },
    h('p', { class: 'eyebrow' }, given.isMine ? 'Your invitation' : 'You are invited'),
    title,
    h('p', { class: 'lead' }, example?.text ?? (descriptionOf(program) || 'Read the program below to see what is worked out.')),
    h('p', { class: 'who' }, 'You take part as ', h('strong', null, nameOf(own)), ` with ${listed(others)}.`),
    notices,
    invites,
    h('div', { class: 'columns' },
      h('div', { class: 'column-main' }, terms(info, own, labels, example?.learns, nameOf, invitation), work),
      h('aside', { class: 'column-side', 'aria-label': 'Who takes part' }, h('h2', null, 'Who is there'), people.element,
        h('p', { class: 'hint' }, 'Somebody is there once they have entered their part.'),
        invitation.relay === location.origin ? null : h('p', { class: 'hint' }, 'You meet at the relay ', h('code', { class: 'hash' }, invitation.relay), '.'))),
    h('details', { class: 'workbench' }, h('summary', null, h('h2', null, 'The program'), h('span', { class: 'faint' }, 'Exactly what is worked out')),
      h('div', { class: 'bench' }, h('div', { class: 'bench-code' }, showProgram(program, 'The program')),
        h('div', { class: 'bench-side' }, h('h3', null, 'What it costs'), costs, h('p', { class: 'hint' }, 'Its hash: ', h('code', { class: 'hash' }, invitation.hash)))))));
  setTitle(title.textContent);
  goTo(title);

  let seats = new Set();
  let seatsChanged = () => {};
  function watch() {
    const stop = new AbortController();
    over.signal.addEventListener('abort', () => stop.abort());
    if (over.signal.aborted) stop.abort(); // who has gone elsewhere
    watchSeats(invitation.relay, invitation.session, seatCount, stop.signal, (now) => {
      people.show(now);
      seats = now ?? seats;
      seatsChanged();
    });
    return stop;
  }
  let watching = watch();

  function ask() {
    const submit = h('form', { novalidate: true, onsubmit: (e) => (e.preventDefault(), take()) }, form.element, more,
      h('div', { class: 'run' }, h('button', { type: 'submit', class: 'primary' }, 'Take part', icon('arrow'))));
    put(work, submit);
  }

  function take() {
    const known = readForm(keys);
    const read = readForm(form); // where both have something wrong, the reader goes here
    if (!known) more.open = true;
    if (read && known) run(writeText(read.value, info.inputTypes[own]), known.value);
  }

  async function run(input, identity) {
    const controller = new AbortController();
    const bar = progressBar();
    const extra = h('div', null);
    const pause = h('p', { class: 'hint', role: 'status' });
    const head = h('h2', null, 'You take part');
    put(work, h('div', { class: 'card' }, head, bar.element, pause, extra,
      h('div', { class: 'run' }, h('button', { type: 'button', class: 'quiet', onclick: () => controller.abort() }, icon('stop'), 'Stop'), h('span', { class: 'hint' }, 'Keep this page open.'))));
    goTo(head);
    const guards = guardRun(controller, (text) => extra.append(h('p', { class: 'problem', role: 'status' }, text)));
    remember(invitation, 'running');
    bar.start();
    let began = performance.now();
    let isWaiting = true;
    seatsChanged = () => {
      const missing = Array.from({ length: seatCount }, (_, i) => i).filter((i) => i !== own && !seats.has(i));
      if (isWaiting) bar.show({ fraction: null, text: missing.length ? `Waiting for ${listed(missing.map(nameOf))}` : 'Getting ready' });
    };
    seatsChanged();
    const onProgress = (p) => {
      if (!isProtocol(p.phase)) return;
      if (isWaiting) {
        isWaiting = false;
        began = performance.now();
        watching.abort(); // a browser asks one relay only a few things at a time
      }
      pause.textContent = '';
      bar.show(p);
    };
    const onNotice = (n) => {
      if (n.kind === 'words') extra.prepend(wordsCard(n.text));
      else if (!isWaiting) pause.textContent = pauseInWords(n.text, nameOf);
    };
    over.signal.addEventListener('abort', () => controller.abort());
    try {
      const done = await polytune.party({
        relay: invitation.relay, session: invitation.session, party: own, program, input, constants: invitation.constants,
        sessionSecret: invitation.secret, ...identity, dealer: invitation.dealer, outputParties: invitation.outputs ?? undefined,
        privateResults: invitation.isPrivate, signal: controller.signal, onProgress, onNotice,
      });
      learnRate(info.and, info.parties, (performance.now() - began) / 1000);
      remember(invitation, 'done');
      watching.abort();
      people.showDone();
      succeed(done);
    } catch (error) {
      remember(invitation, null);
      if (!isWaiting) watching = watch();
      fail(error);
    } finally {
      guards();
      bar.end();
      seatsChanged = () => {};
    }
  }

  function succeed(done) {
    const isTold = learns(invitation, own);
    const head = h('h2', { class: 'over' }, icon('check'), isTold ? 'The answer' : 'Done');
    const result = isTold
      ? [resultView(done.text, done.type, invitation.isPrivate ? null : example, info.inputTypes.map((_, i) => nameOf(i))),
        h('p', { class: 'hint' }, `${whoLearned(invitation, own, nameOf)} It is not stored anywhere: copy or save it if you want to keep it.`)]
      : h('p', null, `Only ${listed(invitation.outputs.map(nameOf))} learned the result.`);
    put(work, h('div', { class: 'card good-card' }, head, result, done.fingerprint ? wordsCard(done.fingerprint) : null));
    goTo(head);
  }

  function fail(error) {
    const words = errorInWords(error);
    const head = h('h2', { class: 'over' }, icon('warn'), words.title);
    put(work, h('div', { class: 'card bad-card', role: 'alert' }, head, h('p', null, words.text), words.detail ? h('p', { class: 'engine' }, words.detail) : null,
      h('div', { class: 'run' }, h('button', { type: 'button', class: 'primary', onclick: ask }, 'Try again'))));
    goTo(head);
  }

  ask();
}

/** While a run is going: asks before the page closes, stays awake, notices that the machine slept. Returns what ends that. */
function guardRun(controller, say) {
  const before = (event) => event.preventDefault();
  const leave = () => controller.abort();
  let lock = null;
  let last = Date.now();
  navigator.wakeLock?.request('screen').then((l) => (lock = l)).catch(() => {});
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - last > SLEPT_MS) say(`This device slept for ${seconds((now - last) / 1000)}. The others may have given up meanwhile; you will be told.`);
    last = now;
  }, 1000);
  addEventListener('beforeunload', before);
  addEventListener('pagehide', leave);
  return () => {
    clearInterval(timer);
    removeEventListener('beforeunload', before);
    removeEventListener('pagehide', leave);
    lock?.release().catch(() => {});
  };
}
