// The first view: an example at work, the program behind it, and the way to others.
import * as polytune from 'polytune';

import { learnRate } from './cost.js';
import { goTo, h, icon, newId, put } from './dom.js';
import { EXAMPLES, OWN, exampleOf, samplesOf } from './examples.js';
import { formFor, readForm } from './form.js';
import { descriptionOf } from './garble.js';
import { progressBar } from './progress.js';
import { resultView, sentence, shownValue } from './result.js';
import { createWorkbench } from './program.js';
import { readText, writeText } from './values.js';
import { bytes, errorInWords, isNothing, labelOf, listed, seconds } from './words.js';

const nameOf = (example, i) => example?.parties[i] ?? `Party ${i}`;

const labelFor = (info, example, i) => example?.labels[i] ?? (labelOf(info.parameters[i].name) || 'Input');

/** One party's card: what it gives, and afterwards what it knows. */
function partyCard(info, example, i) {
  const name = nameOf(example, i);
  const type = info.inputTypes[i];
  const form = formFor(type, labelFor(info, example, i));
  const learned = h('div', { class: 'learned' });
  const others = info.inputTypes.map((_, k) => k).filter((k) => k !== i && !isNothing(info.inputTypes[k])).map((k) => nameOf(example, k));
  const id = newId('party');
  return {
    form, type,
    element: h('section', { class: `party tint-${i % 6}`, 'aria-labelledby': id },
      h('h3', { id }, h('span', { class: 'dot', 'aria-hidden': 'true' }), name),
      form.element,
      isNothing(type) ? null : h('p', { class: 'seal' }, icon('lock'), `Only ${name} sees this.`), learned),
    reset: () => put(learned),
    learn(text) {
      const said = sentence(text, info.outputType, example, info.inputTypes.map((_, k) => nameOf(example, k)));
      put(learned,
        h('p', { class: 'learned-head' }, `${name} now knows`), said ? h('p', { class: 'learned-text' }, said) : shownValue(text, info.outputType),
        others.length ? h('p', { class: 'hint' }, `…and still not what ${listed(others, 'or')} entered.`) : null);
    },
  };
}

/** The cards of all parties, and what runs them together here. */
function stageOf() {
  const cards = h('div', { class: 'parties' });
  const outcome = h('div', { class: 'outcome', role: 'status' });
  const bar = progressBar();
  const run = h('button', { type: 'submit', class: 'primary' }, 'Find out');
  const stop = h('button', { type: 'button', class: 'quiet', hidden: true, onclick: () => running?.abort() }, icon('stop'), 'Stop');
  let shown = null; // {info, example, source, constants, parties}
  let isCurrent = false; // what is shown is the program as it stands in the workbench
  let running = null;

  const form = h('form', { class: 'stage', novalidate: true, onsubmit: (e) => (e.preventDefault(), start()) },
    cards, h('div', { class: 'run' }, run, stop, bar.element), outcome);

  /** The program is another one: neither the cards nor what they led to belong to it. */
  function wait() {
    running?.abort();
    running = null;
    isCurrent = false;
    run.disabled = true;
    rest();
    clear();
  }

  function clear() {
    shown?.parties.forEach((p) => p.reset());
    put(outcome);
  }

  function rest() {
    stop.hidden = true;
    bar.end();
  }

  function show(info, example, source, constants) {
    const samples = samplesOf(source);
    const before = shown;
    const parties = info.inputTypes.map((_, i) => partyCard(info, example, i));
    parties.forEach((p, i) => {
      const was = before?.parties[i];
      if (was && was.type.text === p.type.text && before.example === example) keep(was, p);
      else if (samples[i] !== undefined) sample(p, samples[i]);
    });
    shown = { info, example, source, constants, parties };
    put(cards, parties.map((p) => p.element));
    isCurrent = true;
    run.disabled = false;
  }

  function keep(was, now) {
    try {
      now.form.set(was.form.read());
    } catch {
      // what was half typed is not kept
    }
  }

  function sample(p, text) {
    try {
      p.form.set(readText(text, p.type));
    } catch {
      // the opening comment is out of date
    }
  }

  async function start() {
    if (running || !isCurrent) return;
    const { info, example, source, constants, parties } = shown;
    clear();
    const read = parties.map((p) => readForm(p.form));
    if (read.includes(null)) return;
    const inputs = read.map((r, i) => writeText(r.value, info.inputTypes[i]));
    const began = performance.now();
    const mine = (running = new AbortController());
    run.disabled = true;
    stop.hidden = false;
    bar.start();
    try {
      const done = await polytune.simulate(source, inputs, { constants, onProgress: bar.show, signal: mine.signal });
      if (running !== mine) return;
      const took = (performance.now() - began) / 1000;
      learnRate(info.and, info.parties, took);
      parties.forEach((p) => p.learn(done.text));
      succeed(done, took, info, example);
    } catch (error) {
      if (running === mine) fail(error);
    } finally {
      if (running === mine) {
        running = null;
        run.disabled = false;
        rest();
      }
    }
  }

  function succeed(done, took, info, example) {
    const names = info.inputTypes.map((_, i) => nameOf(example, i));
    const sent = done.stats.parties.reduce((sum, p) => sum + p.bytesSent, 0);
    put(outcome, h('div', { class: 'card good-card' },
      h('h3', { class: 'over' }, icon('check'), 'The answer'),
      resultView(done.text, info.outputType, example, names),
      h('p', { class: 'hint' }, `That is all they learned. It took ${took < 10 ? took.toFixed(1) : Math.round(took)} seconds and ${bytes(sent)} of messages that give nothing away, all of it in this tab: the real protocol, between ${info.parties} parties that share nothing but those messages.`)));
  }

  function fail(error) {
    const words = errorInWords(error);
    put(outcome, h('div', { class: 'card bad-card' },
      h('h3', { class: 'over' }, icon('warn'), words.title), h('p', null, words.text), words.detail ? h('p', { class: 'engine' }, words.detail) : null));
  }

  return { element: form, show, wait };
}

function picker(chosen) {
  const group = newId('example');
  const options = [...EXAMPLES.map((e) => e.name), 'Your own'];
  return h('fieldset', { class: 'picker' }, h('legend', { class: 'unseen' }, 'A question to begin with'),
    options.map((name, i) => h('label', { class: 'chip' }, h('input', { type: 'radio', name: group, checked: i === 0, onchange: () => chosen(EXAMPLES[i]) }), h('span', null, name))));
}

const STEPS = [
  ['A question everybody can read', 'What is worked out is a short program. Everybody sees it before taking part, and everybody’s browser checks that all run the same.'],
  ['What you type stays with you', 'The browsers exchange sealed pieces that mean nothing by themselves. The server in between only carries them, encrypted.'],
  ['One answer, and it is right', 'Even if all others work together and cheat, they cannot see your input or make you believe a wrong answer: you would be told that somebody cheated.'],
];

const LIMITS = [
  'What the answer itself tells. An average of two numbers gives away the other one: read the question first.',
  'Lies. Nobody can check that the others typed the truth.',
  'That you take part. The relay sees who computes, when, and how large the program is.',
  'Fairness at the end. A cheater may see the answer and keep it from you.',
];

export function showHome(main, invite) {
  const stage = stageOf();
  const question = h('p', { class: 'question' });
  let compiled = null;

  const workbench = createWorkbench({
    changed() {
      compiled = null;
      stage.wait();
      together.disabled = true;
    },
    compiled(info, source, constants) {
      const example = exampleOf(source);
      compiled = { info, source, constants };
      together.disabled = info.parties < 2;
      put(question, example?.text ?? descriptionOf(source));
      stage.show(info, example, source, constants);
    },
  });

  const together = h('button', { type: 'button', class: 'primary wide', disabled: true, onclick: () => invite(compiled) }, 'Invite others', icon('arrow'));

  put(main,
    h('section', { class: 'hero' },
      h('h1', null, 'Work it out together. ', h('em', null, 'Keep your numbers to yourself.')),
      h('p', { class: 'lead' }, 'Several people each type something that nobody else may see. All get the answer to one question about it, and nothing else. Try it: here you play everybody.')),
    h('section', { class: 'try' }, h('h2', { class: 'unseen' }, 'Try it'),
      picker((example) => {
        workbench.open(example?.source ?? OWN);
        if (!example) {
          workbench.reveal();
          goTo(workbench.element);
        }
      }), question, stage.element),
    h('section', { class: 'invite-band' },
      h('div', null, h('h2', null, 'Now with other people'), h('p', null, 'Everybody opens a link on their own device and types their own part. You need nothing but this page.')), together),
    workbench.element,
    h('section', { class: 'how' }, h('h2', null, 'How can that work?'), h('ol', { class: 'steps' }, STEPS.map(([title, text]) => h('li', null, h('h3', null, title), h('p', null, text))))),
    h('section', { class: 'how' }, h('h2', null, 'What it does not protect'), h('ul', { class: 'limits' }, LIMITS.map((t) => h('li', null, t)))));
  workbench.open(EXAMPLES[0].source);
}
