// A result: to read, to copy, to keep.
import { h } from './dom.js';
import { copyButton, saveButton } from './share.js';
import { grouped, isLeaf, readText, tableOf, writeCsv, writeJson } from './values.js';
import { labelOf } from './words.js';

function leaf(v) {
  if (typeof v === 'boolean') return v ? 'Yes' : 'No';
  return typeof v === 'bigint' ? grouped(v) : labelOf(v.variant);
}

const isFlat = (type) => isLeaf(type) || (type.kind === 'tuple' && type.elements.every(isLeaf)) || (type.kind === 'struct' && type.fields.every((f) => isLeaf(f.type)));

function pairs(entries) {
  return h('dl', { class: 'pairs' }, entries.map(([name, v]) => h('div', null, h('dt', null, name), h('dd', null, leaf(v)))));
}

function grid(table) {
  const names = table.head.some((x) => x !== '');
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'The result as a table' }, h('table', { class: 'shown' },
    names ? h('thead', null, h('tr', null, h('th', { scope: 'col' }, '#'), table.head.map((x) => h('th', { scope: 'col' }, labelOf(x))))) : null,
    h('tbody', null, table.rows.slice(0, 500).map((row, i) => h('tr', null, h('th', { scope: 'row' }, String(i + 1)), row.map((x) => h('td', null, x)))))));
}

/** What bytes are as text, if they look like it. */
function textOf(v, type) {
  if (type.kind !== 'array' || type.element.kind !== 'int' || type.element.signed || type.element.bits !== 8) return null;
  const end = v.findLastIndex((x) => x !== 0n) + 1; // zeros fill it up
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(v.slice(0, end), Number));
    return text === '' || /\p{C}/u.test(text) ? null : text;
  } catch {
    return null;
  }
}

/** How a value looks, in the form that suits its type. */
export function shownValue(text, type) {
  const v = readText(text, type);
  if (isLeaf(type)) return h('p', { class: 'answer' }, leaf(v));
  if (isFlat(type) && type.kind === 'struct') return pairs(type.fields.map((f) => [labelOf(f.name), v[f.name]]));
  if (isFlat(type)) return pairs(v.map((x, i) => [`Part ${i + 1}`, x]));
  const said = textOf(v, type);
  if (said !== null) return h('div', null, h('p', { class: 'answer' }, said), h('p', { class: 'hint' }, `As text; in bytes ${text}`));
  const table = tableOf(v, type);
  return table ? grid(table) : h('pre', { class: 'answer-text', tabindex: '0' }, text);
}

/** What is said of a result in a sentence, if somebody has found words for it. */
export function sentence(text, type, example, names) {
  return example ? example.say(readText(text, type), names) : null;
}

export function resultView(text, type, example, names) {
  const said = sentence(text, type, example, names);
  const v = readText(text, type);
  const csv = writeCsv(v, type);
  return h('div', { class: 'result' },
    said ? h('p', { class: 'answer' }, said) : shownValue(text, type),
    h('div', { class: 'actions' },
      copyButton('Copy', () => text),
      saveButton('Text', 'result.txt', 'text/plain', () => `${text}\n`),
      saveButton('JSON', 'result.json', 'application/json', () => `${writeJson(v, type)}\n`),
      csv === null ? null : saveButton('CSV', 'result.csv', 'text/csv', () => csv)));
}
