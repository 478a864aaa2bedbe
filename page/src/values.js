// Values of a program's types: read from and written as Garble text, JSON, CSV.
//
// A value is true or false, a BigInt, an array (of arrays and tuples), an object (of structs), or
// {variant, fields} (of enums). What is wrong throws a ValueError with words for people.

export class ValueError extends Error {}

export const isLeaf = (type) => type.kind === 'bool' || type.kind === 'int' || (type.kind === 'enum' && !type.variants.some((v) => v.fields.length));

export const range = (type) => {
  const top = 1n << BigInt(type.bits - (type.signed ? 1 : 0));
  return type.signed ? [-top, top - 1n] : [0n, top - 1n];
};

export const grouped = (n) => n.toLocaleString('en-US');

/** The number that somebody typed. */
export function readInt(text, type) {
  const digits = text.trim().replace(/(?<=\d)[ _\u00a0\u202f'’](?=\d)/g, '').replace(/^\u2212/, '-');
  const [least, most] = range(type);
  if (digits === '') throw new ValueError('Please enter a number.');
  if (!/^[+-]?\d+$/.test(digits)) {
    throw new ValueError(/^[+-]?\d+[.,]\d+$/.test(digits) ? 'A whole number, please, and without points or commas.' : 'This is not a whole number.');
  }
  const n = BigInt(digits.replace('+', ''));
  if (n < least || n > most) throw new ValueError(`It has to be from ${grouped(least)} to ${grouped(most)}.`);
  return n;
}

const WORDS = { true: true, yes: true, 1: true, false: false, no: false, 0: false };

/** What stands in one cell of a table. */
export function readLeaf(text, type) {
  const word = text.trim();
  if (type.kind === 'int') return readInt(word, type);
  if (type.kind === 'bool') {
    const value = WORDS[word.toLowerCase()];
    if (value === undefined) throw new ValueError(`“${word}” is neither yes nor no.`);
    return value;
  }
  const variant = type.variants.find((v) => v.name.toLowerCase() === word.replace(/^.*::/, '').toLowerCase());
  if (!variant) throw new ValueError(`“${word}” is none of ${type.variants.map((v) => v.name).join(', ')}.`);
  return { variant: variant.name, fields: [] };
}

// ---- Garble text ----

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }
  blank() {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }
  is(token) {
    this.blank();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }
  want(token) {
    if (!this.is(token)) throw new ValueError(`“${token}” is missing.`);
  }
  take(pattern) {
    this.blank();
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) throw new ValueError('This cannot be read.');
    this.at += found[0].length;
    return found[0];
  }
  list(close, item) {
    const items = [];
    while (!this.is(close)) {
      items.push(item(items.length));
      if (!this.is(',')) {
        this.want(close);
        break;
      }
    }
    return items;
  }
}

const READERS = {
  bool: (r) => r.take(/true|false/y) === 'true',
  int: (r) => BigInt(r.take(/-?\d+/y).replace(/[iu]\w+$/, '')),
  array: (r, type) => (r.want('['), r.list(']', () => value(r, type.element))),
  tuple: (r, type) => (r.want('('), r.list(')', (i) => value(r, type.elements[i]))),
  struct(r, type) {
    r.want(type.name);
    r.want('{');
    const pairs = r.list('}', () => {
      const name = r.take(/\w+/y);
      r.want(':');
      return [name, value(r, type.fields.find((f) => f.name === name).type)];
    });
    return Object.fromEntries(pairs);
  },
  enum(r, type) {
    r.want(type.name);
    r.want('::');
    const name = r.take(/\w+/y);
    const variant = type.variants.find((v) => v.name === name) ?? fail();
    return { variant: variant.name, fields: variant.fields.length && r.is('(') ? r.list(')', (i) => value(r, variant.fields[i])) : [] };
  },
};

function fail() {
  throw new ValueError('This cannot be read.');
}

const value = (r, type) => READERS[type.kind](r, type);

export function readText(text, type) {
  const r = new Reader(text);
  const v = value(r, type);
  r.blank();
  return r.at === text.length ? v : fail();
}

const WRITERS = {
  bool: String,
  int: String,
  array: (v, type) => `[${v.map((x) => writeText(x, type.element)).join(', ')}]`,
  tuple: (v, type) => `(${v.map((x, i) => writeText(x, type.elements[i])).join(', ')}${v.length === 1 ? ',' : ''})`,
  struct: (v, type) => `${type.name} {${type.fields.map((f) => `${f.name}: ${writeText(v[f.name], f.type)}`).join(', ')}}`,
  enum(v, type) {
    const { fields } = type.variants.find((x) => x.name === v.variant);
    return `${type.name}::${v.variant}${fields.length ? `(${v.fields.map((x, i) => writeText(x, fields[i])).join(', ')})` : ''}`;
  },
};

export const writeText = (v, type) => WRITERS[type.kind](v, type);

// ---- JSON ----

const JSONS = {
  bool: (v) => v,
  int: (v) => (v >= Number.MIN_SAFE_INTEGER && v <= Number.MAX_SAFE_INTEGER ? Number(v) : v),
  array: (v, type) => v.map((x) => plain(x, type.element)),
  tuple: (v, type) => v.map((x, i) => plain(x, type.elements[i])),
  struct: (v, type) => Object.fromEntries(type.fields.map((f) => [f.name, plain(v[f.name], f.type)])),
  enum(v, type) {
    const { fields } = type.variants.find((x) => x.name === v.variant);
    return fields.length ? { [v.variant]: v.fields.map((x, i) => plain(x, fields[i])) } : v.variant;
  },
};

const plain = (v, type) => JSONS[type.kind](v, type);

function json(v) {
  if (typeof v === 'bigint') return String(v); // a number with all its digits
  if (Array.isArray(v)) return `[${v.map(json).join(', ')}]`;
  if (v !== null && typeof v === 'object') return `{${Object.entries(v).map(([k, x]) => `${JSON.stringify(k)}: ${json(x)}`).join(', ')}}`;
  return JSON.stringify(v);
}

export const writeJson = (v, type) => json(plain(v, type));

// ---- tables ----

/** The columns of a type, as {name, type}; null if it does not fit into a row. */
export function columns(type, name = '') {
  const under = (part) => (name ? `${name} ${part}` : part);
  const all = (parts) => (parts.includes(null) ? null : parts.flat());
  if (isLeaf(type)) return [{ name, type }];
  if (type.kind === 'struct') return all(type.fields.map((f) => columns(f.type, under(f.name))));
  if (type.kind === 'tuple') return all(type.elements.map((t, i) => columns(t, under(String(i + 1)))));
  if (type.kind === 'array' && type.length <= 64) return all(Array.from({ length: type.length }, (_, i) => columns(type.element, under(String(i + 1)))));
  return null;
}

/** The leaves of a value, in the order of its columns; and back: takes them from the front of `leaves`. */
export function toLeaves(v, type) {
  if (isLeaf(type)) return [v];
  if (type.kind === 'struct') return type.fields.flatMap((f) => toLeaves(v[f.name], f.type));
  return v.flatMap((x, i) => toLeaves(x, type.kind === 'array' ? type.element : type.elements[i]));
}

export function fromLeaves(leaves, type) {
  if (isLeaf(type)) return leaves.shift();
  if (type.kind === 'struct') return Object.fromEntries(type.fields.map((f) => [f.name, fromLeaves(leaves, f.type)]));
  if (type.kind === 'tuple') return type.elements.map((t) => fromLeaves(leaves, t));
  return Array.from({ length: type.length }, () => fromLeaves(leaves, type.element));
}

/** Rows of cells of a CSV text, with the separator that its first line suggests. */
export function readCsv(text) {
  const clean = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n').replace(/\n+$/, '');
  if (clean === '') return [];
  const first = clean.split('\n', 1)[0];
  const separator = ['\t', ';', ','].find((s) => first.includes(s)) ?? ',';
  const rows = [[]];
  let cell = '';
  let quoted = false;
  const end = () => (rows.at(-1).push(cell), (cell = ''));
  for (let i = 0; i < clean.length; i++) {
    const c = clean[i];
    if (quoted && c === '"' && clean[i + 1] === '"') cell += clean[++i];
    else if (c === '"') quoted = !quoted;
    else if (quoted) cell += c;
    else if (c === separator) end();
    else if (c === '\n') end(), rows.push([]);
    else cell += c;
  }
  end();
  return rows.filter((row) => row.some((x) => x.trim() !== ''));
}

const canRead = (text, type) => {
  try {
    readLeaf(text, type);
    return true;
  } catch {
    return false;
  }
};

const looksLikeNumber = (text) => /^[-+]?\d[\d.,'\s]*$/.test(text.trim());

/** Rows of leaves, for elements of that type. A first row with names is used to order the columns. */
export function rowsOf(text, element) {
  const wanted = columns(element);
  let rows = readCsv(text);
  if (rows.length === 0) throw new ValueError('There is nothing in it.');
  // One line with a list of single values.
  if (wanted.length === 1 && rows.length === 1 && rows[0].length > 1) rows = rows[0].map((x) => [x]);
  let order = wanted.map((_, i) => i);
  let isNamed = false;
  if (!rows[0].some(looksLikeNumber) && !rows[0].slice(0, wanted.length).every((x, i) => canRead(x, wanted[i].type))) {
    const names = rows[0].map((x) => x.trim().toLowerCase());
    const found = wanted.map((c) => names.indexOf(c.name.toLowerCase()));
    isNamed = wanted.every((c, k) => c.name !== '' && found[k] >= 0);
    if (isNamed) order = found;
    if (rows.length > 1 && (isNamed || wanted.every((c, k) => canRead(rows[1][order[k]] ?? '', c.type)))) rows = rows.slice(1);
  }
  return rows.map((row, i) => {
    try {
      if (row.length < wanted.length) throw new ValueError(`it has ${row.length} of ${wanted.length} columns.`);
      // What nobody asked for could be the half of a number, 1,5.
      if (row.length > wanted.length && !isNamed) throw new ValueError(`it has ${row.length} columns, and ${wanted.length === 1 ? '1 is' : `${wanted.length} are`} needed.`);
      return wanted.map((c, k) => readLeaf(row[order[k]], c.type));
    } catch (e) {
      if (!(e instanceof ValueError)) throw e;
      throw new ValueError(`Row ${i + 1}: ${e.message}`);
    }
  });
}

const shown = (v) => (typeof v === 'object' ? v.variant : String(v));

/** A result as a table, or null if it is none. */
export function tableOf(v, type) {
  const many = type.kind === 'array';
  const element = many ? type.element : type;
  const head = columns(element);
  if (head === null || (many && head.length > 64)) return null;
  const rows = (many ? v : [v]).map((x) => toLeaves(x, element).map(shown));
  return { head: head.map((c) => c.name), rows };
}

const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export function writeCsv(v, type) {
  const table = tableOf(v, type);
  if (table === null) return null;
  const head = table.head.some((x) => x !== '') ? [table.head.map((x) => x.replaceAll(' ', '_'))] : [];
  return [...head, ...table.rows].map((row) => row.map(quoted).join(',') + '\n').join('');
}
