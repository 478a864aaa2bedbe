// The program: to read and to write, with what is wrong with it and what it will cost.
import * as polytune from 'polytune';

import { showCost } from './cost.js';
import { h, newId, put } from './dom.js';
import { constantsOf, showProgram } from './garble.js';
import { errorInWords } from './words.js';

const PROBLEMS_MAX = 5; // that are listed
const PAUSE_MS = 250; // of typing, before it is looked at


/** Fields for constants that the program gets from outside; told() as one types. */
function constantFields(told) {
  const element = h('div', { class: 'constants' });
  let names = '';
  const values = {};
  return {
    element, values: () => ({ ...values }),
    show(constants) {
      const wanted = constants.map((c) => c.name).join();
      if (wanted === names) return;
      names = wanted;
      for (const name of Object.keys(values)) delete values[name];
      put(element, constants.length ? h('h3', null, 'Numbers the program needs to know') : null, constants.map(({ name, type }) => {
        const id = newId('constant');
        values[name] = type === 'bool' ? 'false' : `3${type}`;
        return h('div', { class: 'field' }, h('label', { for: id }, name),
          h('input', { id, value: values[name].replace(/[iu](\d+|size)$/, ''), inputmode: 'numeric', autocomplete: 'off', oninput: (e) => ((values[name] = /^\d+$/.test(e.target.value) ? e.target.value + type : e.target.value), told()) }),
          h('p', { class: 'hint' }, `A value of type ${type}. Not secret: all parties see it.`));
      }));
    },
  };
}

/** {element, open(source), reveal()}: calls changed() when it has to be looked at anew, compiled(info, source, constants) when it is good. */
export function createWorkbench({ changed, compiled }) {
  let source = '';
  let editor = null;
  let looking = new AbortController();
  let timer = 0;
  let errors = [];
  const place = h('div', { class: 'editor' });
  const problems = h('ul', { class: 'problems' });
  const costs = h('dl', { class: 'costs' });
  const constants = constantFields(() => later(source));
  const id = newId('program');
  const details = h('details', { class: 'workbench', ontoggle: () => details.open && load() },
    h('summary', null, h('h2', { id }, 'The program'), h('span', { class: 'faint' }, 'Read or change what is worked out')),
    h('div', { class: 'bench' }, h('div', { class: 'bench-code' }, place, h('div', { role: 'status' }, problems)), h('div', { class: 'bench-side' }, h('h3', null, 'What it costs'), costs, constants.element)));

  /** A mistake; its place is a button that leads there. */
  const problemLine = ({ start, message }) => h('li', null,
    start ? [h('button', { type: 'button', class: 'place', onclick: async () => (await load(), editor.goTo(start.offset)) }, `Line ${start.line}`), ': '] : null, message);

  /** From now on it is another text; until it has been looked at, what is said of one belongs to another. */
  function take(text) {
    source = text;
    changed();
    looking.abort(); // a large program can take minutes
    clearTimeout(timer);
    details.setAttribute('aria-busy', 'true');
  }

  function later(text) {
    take(text);
    timer = setTimeout(look, PAUSE_MS);
  }

  /** The editor is large: it comes when it is wanted. */
  async function load() {
    if (editor) return;
    const { createEditor } = await import('./editor.js');
    editor ??= createEditor(place, source, 'The program, written in Garble', later);
    place.classList.add('loaded');
    editor.showDiagnostics(errors);
  }

  async function look() {
    looking = new AbortController();
    const { signal } = looking;
    await lookAt(source, signal);
    if (!signal.aborted) details.removeAttribute('aria-busy');
  }

  async function lookAt(text, signal) {
    constants.show(constantsOf(text));
    put(costs, h('div', null, h('dt', null, 'Counting …')));
    const { diagnostics } = await polytune.check(text, { signal }).catch((e) => ({ diagnostics: [{ severity: 'error', message: e.message, start: null, end: null }] }));
    if (signal.aborted) return;
    errors = diagnostics.filter((d) => d.severity === 'error');
    editor?.showDiagnostics(errors);
    put(problems, errors.slice(0, PROBLEMS_MAX).map(problemLine),
      errors.length > PROBLEMS_MAX ? h('li', null, `… and ${errors.length - PROBLEMS_MAX} more`) : null);
    if (errors.length) return void showCost(costs, null);
    try {
      const info = await polytune.compile(text, { constants: constants.values(), signal });
      if (signal.aborted) return;
      showCost(costs, info);
      compiled(info, text, constants.values());
    } catch (e) {
      if (signal.aborted) return;
      showCost(costs, null);
      put(problems, h('li', null, e.message || errorInWords(e).title));
    }
  }

  return {
    element: details,
    open(text) {
      if (editor) editor.setText(text);
      else put(place, showProgram(text, 'The program'));
      take(text); // after the editor has told of it: it is looked at once, and now
      put(problems);
      errors = [];
      look();
    },
    reveal: () => (details.open = true),
  };
}
