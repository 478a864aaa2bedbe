// The colours of a Garble program: for the editor, and for programs that are only shown.
import { h } from './dom.js';

const KEYWORDS = new Set('const struct enum fn let if else mut match as pub for in'.split(' '));
const TYPES = new Set('bool u8 u16 u32 u64 i8 i16 i32 i64 usize'.split(' '));

const RULES = [
  [/^\/\/.*/, 'comment'],
  [/^\d+(?:[iu](?:8|16|32|64|size))?\b/, 'number'],
  [/^[A-Z]\w*/, 'type'],
  [/^[A-Za-z_]\w*(?=\s*\()/, 'call'],
  [/^[A-Za-z_]\w*/, 'name'],
  [/^(?:::|->|=>|\.\.|&&|\|\||<<|>>|[-+*/%^&|<>=!]=?)/, 'operator'],
  [/^[()[\]{},;:.]/, 'bracket'],
];

function kindOf(word, kind) {
  if (KEYWORDS.has(word)) return 'keyword';
  if (TYPES.has(word)) return 'type';
  return word === 'true' || word === 'false' ? 'number' : kind;
}

/** The kind of what stands at the start of `rest`, and its length; `state.depth` counts open comments. */
export function nextToken(rest, state) {
  if (state.depth > 0 || rest.startsWith('/*')) {
    const mark = /^(?:\/\*|\*\/)/.exec(rest)?.[0];
    if (mark) state.depth += mark === '/*' ? 1 : -1;
    return { kind: 'comment', length: mark ? 2 : Math.max(1, rest.search(/\/\*|\*\//) < 0 ? rest.length : rest.search(/\/\*|\*\//)) };
  }
  for (const [pattern, kind] of RULES) {
    const found = pattern.exec(rest);
    if (found) return { kind: kindOf(found[0], kind), length: found[0].length };
  }
  return { kind: null, length: Math.max(1, /^\s*/.exec(rest)[0].length) };
}

/** A program to read. */
export function showProgram(text, label) {
  const code = h('code');
  const state = { depth: 0 };
  for (const line of text.replace(/\n$/, '').split('\n')) {
    for (let at = 0; at < line.length;) {
      const { kind, length } = nextToken(line.slice(at), state);
      const piece = line.slice(at, at + length);
      code.append(kind ? h('span', { class: `tok-${kind}` }, piece) : piece);
      at += length;
    }
    code.append('\n');
  }
  return h('pre', { class: 'program', tabindex: '0', role: 'region', 'aria-label': label }, code);
}

const DESCRIPTION_MAX = 600; // characters

/** What a program says about itself in its opening comment; without the lines for tests of examples. */
export function descriptionOf(text) {
  const lines = [];
  for (const line of text.split('\n')) {
    const found = /^\s*\/\/ ?(.*)$/.exec(line);
    if (!found) break;
    if (/^(party \d+|result): /.test(found[1])) break;
    lines.push(found[1]);
  }
  const words = lines.join(' ').trim();
  return words.length > DESCRIPTION_MAX ? `${words.slice(0, DESCRIPTION_MAX)} …` : words;
}

/** Text without comments, as far as names matter. */
const withoutComments = (text) => text.replace(/\/\/.*|\/\*[^]*?\*\//g, '');

/** The constants that a program gets from outside, as {name, type}. */
export function constantsOf(text) {
  const found = new Map();
  for (const [, type, value] of withoutComments(text).matchAll(/\bconst\s+\w+\s*:\s*(\w+)\s*=\s*([^;]*);/g)) {
    for (const [name] of value.matchAll(/\b[A-Z]\w*::[A-Z]\w*\b/g)) found.set(name, { name, type });
  }
  return [...found.values()];
}
