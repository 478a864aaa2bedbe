// A form made from the type of a parameter.
//
// formFor(type, label) gives {element, read(), set(value)}. read() returns the value, or throws a
// ValueError after it has said at the fields what is wrong.
import { h, newId, put } from './dom.js';
import { ValueError, columns, fromLeaves, grouped, isLeaf, range, readInt, rowsOf, toLeaves } from './values.js';
import { labelOf, typeInWords } from './words.js';

const ROWS_MAX = 24; // more rows than this are pasted or dropped
const CHOICES_MAX = 5;
const LEAVE_MS = 250;

/** Where a field says what is wrong with it. */
function problemOf(id) {
  const element = h('p', { class: 'problem', id: `${id}-problem`, hidden: true });
  return {
    element,
    id: element.id,
    say(text) {
      element.textContent = text;
      element.hidden = text === '';
    },
  };
}

function invalid(input, problem, error) {
  input.setAttribute('aria-invalid', 'true');
  problem.say(error.message);
}

/** What a column takes, in short. */
function limitsOf(type) {
  if (type.kind === 'bool') return 'yes or no';
  if (type.kind === 'enum') return 'one of these';
  return type.bits === 64 ? 'a number' : range(type).map(grouped).join(' to ');
}

// ---- one number ----

function hintOf(type) {
  const [least, most] = range(type);
  if (type.bits === 64) return type.signed ? 'A whole number, also below zero' : 'A whole number';
  return `A whole number from ${grouped(least)} to ${grouped(most)}`;
}

function numberField(type, label, { quiet = false, hint } = {}) {
  const id = newId('number');
  const problem = problemOf(id);
  const input = h('input', {
    id, type: 'text', inputmode: type.signed ? 'text' : 'numeric', autocomplete: 'off', spellcheck: 'false',
    'aria-describedby': `${id}-hint ${problem.id}`, 'aria-label': quiet ? label : null,
    oninput: () => (input.removeAttribute('aria-invalid'), problem.say('')),
    // Not at once: a button would move away under the pointer that leaves the field for it.
    onblur: () => setTimeout(() => input.value !== '' && check(), LEAVE_MS),
  });
  function check() {
    try {
      return readInt(input.value, type);
    } catch (e) {
      invalid(input, problem, e);
      return e;
    }
  }
  const element = h('div', { class: 'field' },
    quiet ? null : h('label', { for: id }, label), input,
    h('p', { class: quiet ? 'hint unseen' : 'hint', id: `${id}-hint` }, hint ?? hintOf(type)), problem.element);
  return {
    element, input,
    set: (v) => ((input.value = String(v)), input.removeAttribute('aria-invalid'), problem.say('')),
    read() {
      const v = check();
      if (v instanceof Error) throw Object.assign(v, { input });
      return v;
    },
  };
}

// ---- choices ----

function radios(label, names, shown) {
  const group = newId('choice');
  const problem = problemOf(group);
  const inputs = names.map((name) => h('input', { type: 'radio', name: group, value: name, onchange: () => problem.say('') }));
  const element = h('fieldset', { class: 'field choice', 'aria-describedby': problem.id },
    h('legend', null, label),
    h('div', { class: 'options' }, inputs.map((input, i) => h('label', { class: 'option' }, input, h('span', null, shown[i])))), problem.element);
  return {
    element, input: inputs[0], problem,
    get: () => inputs.find((i) => i.checked)?.value,
    put: (name) => inputs.forEach((i) => (i.checked = i.value === name)),
  };
}

function select(label, names, shown) {
  const id = newId('choice');
  const problem = problemOf(id);
  const input = h('select', { id, 'aria-describedby': problem.id, onchange: () => problem.say('') },
    h('option', { value: '' }, 'Choose'), names.map((name, i) => h('option', { value: name }, shown[i])));
  const element = h('div', { class: 'field' }, h('label', { for: id }, label), input, problem.element);
  return { element, input, problem, get: () => input.value || undefined, put: (name) => (input.value = name) };
}

/** `quiet`: in a table, where the head says what it is. */
function choice(label, names, shown, { quiet = false } = {}) {
  const made = !quiet && names.length <= CHOICES_MAX ? radios(label, names, shown) : select(label, names, shown);
  if (quiet) {
    made.element.querySelector('label').remove();
    made.input.setAttribute('aria-label', label);
  }
  const read = () => {
    const name = made.get();
    if (name !== undefined) return name;
    const e = new ValueError('Please choose one.');
    made.problem.say(e.message);
    throw Object.assign(e, { input: made.input });
  };
  return { ...made, read };
}

function boolField(type, label, options) {
  const made = choice(label, ['true', 'false'], ['Yes', 'No'], options);
  return { element: made.element, input: made.input, read: () => made.read() === 'true', set: (v) => made.put(String(v)) };
}

function enumField(type, label, options) {
  const names = type.variants.map((v) => v.name);
  const made = choice(label, names, names.map(labelOf), options);
  if (isLeaf(type)) return { element: made.element, input: made.input, read: () => ({ variant: made.read(), fields: [] }), set: (v) => made.put(v.variant) };
  // Each variant has fields of its own, shown while it is chosen.
  const parts = new Map(type.variants.map((v) => [v.name, v.fields.map((t, i) => formFor(t, v.fields.length > 1 ? `${labelOf(v.name)}, part ${i + 1}` : labelOf(v.name)))]));
  const below = h('div', { class: 'nested' });
  const show = () => put(below, (parts.get(made.get()) ?? []).map((f) => f.element));
  made.element.addEventListener('change', show);
  return {
    element: h('div', null, made.element, below), input: made.input,
    read() {
      const variant = made.read();
      return { variant, fields: readAll(parts.get(variant)) };
    },
    set(v) {
      made.put(v.variant);
      show();
      parts.get(v.variant).forEach((f, i) => f.set(v.fields[i]));
    },
  };
}

// ---- several ----

/** Reads all, so that every field says what is wrong with it, then throws the first error. */
function readAll(fields) {
  let first = null;
  const values = fields.map((f) => {
    try {
      return f.read();
    } catch (e) {
      if (!(e instanceof ValueError)) throw e;
      first ??= e;
      return null;
    }
  });
  if (first) throw first;
  return values;
}

function group(label, fields) {
  return h('fieldset', { class: 'field group' }, h('legend', null, label), fields.map((f) => f.element));
}

function tupleField(type, label) {
  if (type.elements.length === 0) {
    return { element: h('p', { class: 'hint' }, 'Nothing to enter: this party only takes part.'), read: () => [], set() {} };
  }
  const fields = type.elements.map((t, i) => formFor(t, `${label || 'Part'} ${i + 1}`));
  return { element: group(label, fields), input: fields[0].input, read: () => readAll(fields), set: (v) => fields.forEach((f, i) => f.set(v[i])) };
}

function structField(type, label) {
  const fields = type.fields.map((f) => formFor(f.type, labelOf(f.name)));
  return {
    element: group(label, fields), input: fields[0]?.input,
    read: () => Object.fromEntries(readAll(fields).map((v, i) => [type.fields[i].name, v])),
    set: (v) => type.fields.forEach((f, i) => fields[i].set(v[f.name])),
  };
}

// ---- rows ----

/** The text of a file: UTF-8, or UTF-16 with a mark, as some spreadsheets save it. */
function readText(buffer) {
  const [a, b] = new Uint8Array(buffer);
  const wide = { 0xfffe: 'utf-16le', 0xfeff: 'utf-16be' }[(a << 8) | b];
  return new TextDecoder(wide ?? 'utf-8').decode(buffer);
}

/** Accepts a table by paste, drop or file anywhere in `element`. `take(text)` throws words. */
function acceptTable(element, status, take) {
  const from = (text, what) => {
    try {
      take(text);
      status.className = 'hint good';
    } catch (e) {
      if (!(e instanceof ValueError)) throw e;
      status.className = 'problem';
      status.textContent = `${what} cannot be used. ${e.message}`;
    }
  };
  const fromFile = async (file) => file && from(readText(await file.arrayBuffer()), `“${file.name}”`);
  element.addEventListener('paste', (event) => {
    const text = event.clipboardData.getData('text');
    if (!/[\n\t,;]/.test(text.trim())) return; // one value, into the field where it belongs
    event.preventDefault();
    from(text, 'What you pasted');
  });
  element.addEventListener('dragover', (event) => (event.preventDefault(), element.classList.add('over')));
  element.addEventListener('dragleave', () => element.classList.remove('over'));
  element.addEventListener('drop', (event) => {
    event.preventDefault();
    element.classList.remove('over');
    const { files } = event.dataTransfer;
    if (files.length) fromFile(files[0]);
    else from(event.dataTransfer.getData('text'), 'What you dropped');
  });
  return h('label', { class: 'file' }, 'Choose a CSV file',
    h('input', { type: 'file', accept: '.csv,.tsv,.txt,text/csv', onchange: (e) => fromFile(e.target.files[0]) }));
}

function leafField(type, label) {
  if (type.kind === 'int') return numberField(type, label, { quiet: true });
  return type.kind === 'bool' ? boolField(type, label, { quiet: true }) : enumField(type, label, { quiet: true });
}

/** Bytes may be typed as text, which is UTF-8 with zeros behind it; `fill` gets them, or null while it is too long. */
function textFor(type, fill) {
  if (type.element.kind !== 'int' || type.element.signed || type.element.bits !== 8) return null;
  const id = newId('text');
  const problem = problemOf(id);
  const input = h('input', {
    id, type: 'text', autocomplete: 'off', 'aria-describedby': problem.id,
    oninput() {
      const bytes = new TextEncoder().encode(input.value);
      const fits = bytes.length <= type.length;
      problem.say(fits ? '' : `This takes ${grouped(bytes.length)} bytes, and there is room for ${grouped(type.length)}.`);
      fill(fits ? Array.from({ length: type.length }, (_, i) => BigInt(bytes[i] ?? 0)) : null);
    },
  });
  return h('div', { class: 'field' }, h('label', { for: id }, 'Or type it as text'), input, problem.element);
}

/** A table with a field in each cell. */
function rowsField(type, label) {
  const heads = columns(type.element);
  const single = heads.length === 1;
  const rows = Array.from({ length: type.length }, (_, i) => heads.map((c) => leafField(c.type, single ? `${label}, number ${i + 1}` : `${labelOf(c.name)}, row ${i + 1}`)));
  const cells = rows.flat();
  const status = h('p', { class: 'hint', role: 'status' }, single
    ? `${typeInWords(type.element).replace(/^(a|one)/, 'Each $1')}. You can paste or drop a column from a spreadsheet.`
    : 'You can paste or drop a table from a spreadsheet; names in its first row put the columns in order.');
  const grid = single
    ? h('ol', { class: 'cells' }, cells.map((f) => h('li', null, f.element)))
    : h('div', { class: 'scroll' }, h('table', { class: 'entry' },
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, '#'), heads.map((c) => h('th', { scope: 'col' }, labelOf(c.name) || 'Value', h('span', { class: 'limits-of' }, limitsOf(c.type)))))),
      h('tbody', null, rows.map((row, i) => h('tr', null, h('th', { scope: 'row' }, String(i + 1)), row.map((f) => h('td', null, f.element)))))));
  const element = h('fieldset', { class: 'field rows' }, h('legend', null, label), grid, status);
  const fill = (leaves) => leaves.flat().forEach((v, i) => cells[i].set(v));
  const file = acceptTable(element, status, (text) => {
    const leaves = rowsOf(text, type.element);
    if (leaves.length !== type.length) throw new ValueError(`It has ${leaves.length} ${leaves.length === 1 ? 'row' : 'rows'}, and ${type.length} are needed.`);
    fill(leaves);
    status.textContent = `${leaves.length} rows taken.`;
  });
  element.append(file);
  const text = textFor(type, (bytes) => cells.forEach((f, i) => f.set(bytes?.[i] ?? '')));
  if (text) element.append(text);
  return {
    element, input: cells[0]?.input,
    read() {
      const leaves = readAll(cells);
      return Array.from({ length: type.length }, (_, i) => fromLeaves(leaves.slice(i * heads.length, (i + 1) * heads.length), type.element));
    },
    set: (v) => fill(v.map((x) => toLeaves(x, type.element))),
  };
}

/** Too many rows for fields: a text to paste into. */
function bulkField(type, label) {
  const id = newId('rows');
  const heads = columns(type.element);
  const problem = problemOf(id);
  const names = heads.map((c) => c.name).filter((x) => x !== '');
  const status = h('p', { class: 'hint', id: `${id}-hint`, role: 'status' }, `${grouped(type.length)} rows${names.length ? `: ${names.join(', ')}` : ''}. Paste or drop them from a spreadsheet; one row a line.`);
  const input = h('textarea', { id, rows: '8', spellcheck: 'false', autocomplete: 'off', 'aria-describedby': `${status.id} ${problem.id}`, oninput: () => look() });
  function rows() {
    const leaves = rowsOf(input.value, type.element);
    if (leaves.length !== type.length) throw new ValueError(`There ${leaves.length === 1 ? 'is 1 row' : `are ${grouped(leaves.length)} rows`}, and ${grouped(type.length)} are needed.`);
    return leaves;
  }
  function look() {
    problem.say('');
    input.removeAttribute('aria-invalid');
    if (input.value.trim() === '') return;
    status.className = 'hint';
    try {
      status.textContent = `${grouped(rows().length)} of ${grouped(type.length)} rows.`;
    } catch (e) {
      status.textContent = e.message;
    }
  }
  const element = h('div', { class: 'field' }, h('label', { for: id }, label), input, status, problem.element);
  element.append(acceptTable(element, status, (text) => {
    input.value = text;
    look();
    rows(); // throws what is wrong with them
  }));
  const text = textFor(type, (bytes) => ((input.value = bytes?.join('\n') ?? ''), look()));
  if (text) element.append(text);
  return {
    element, input,
    set: (v) => ((input.value = v.map((x) => toLeaves(x, type.element).map((y) => (typeof y === 'object' ? y.variant : y)).join(', ')).join('\n')), look()),
    read() {
      try {
        return rows().map((leaves) => fromLeaves([...leaves], type.element));
      } catch (e) {
        if (e instanceof ValueError) invalid(input, problem, e);
        throw Object.assign(e, { input });
      }
    },
  };
}

function arrayField(type, label) {
  const heads = columns(type.element);
  if (heads !== null) return type.length <= ROWS_MAX && heads.length <= 8 ? rowsField(type, label) : bulkField(type, label);
  const fields = Array.from({ length: type.length }, (_, i) => formFor(type.element, `${label} ${i + 1}`));
  return { element: group(label, fields), input: fields[0]?.input, read: () => readAll(fields), set: (v) => v.forEach((x, i) => fields[i].set(x)) };
}

const FORMS = { bool: boolField, int: numberField, enum: enumField, tuple: tupleField, struct: structField, array: arrayField };

export const formFor = (type, label, options) => FORMS[type.kind](type, label, options);

/** Reads a form; false, with the first wrong field focused, if something is wrong. */
export function readForm(form) {
  try {
    return { value: form.read() };
  } catch (e) {
    if (!(e instanceof ValueError)) throw e;
    e.input?.focus();
    return null;
  }
}
