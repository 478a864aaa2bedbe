// JavaScript values and what the module reads and writes.
import { usageError } from './error.js';

function jsonOf(value) {
  switch (typeof value) {
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'number':
      if (!Number.isSafeInteger(value)) throw usageError(`${value} is no whole number below 2^53; larger ones are given as BigInt`);
      return String(value);
    case 'string':
      return JSON.stringify(value);
    case 'object':
      if (value === null) break;
      if (Array.isArray(value) || ArrayBuffer.isView(value)) return `[${Array.from(value, jsonOf).join()}]`;
      return `{${Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}:${jsonOf(part)}`).join()}}`;
  }
  throw usageError(`${value === null ? 'null' : typeof value} is no value of a program`);
}

// A VALUE of wasm.h: text is Garble, {json: text} JSON, and anything else the value itself.
export function encodeValue(value) {
  if (typeof value === 'string') return { text: value };
  if (value === undefined) throw usageError('an input is missing');
  if (typeof value === 'object' && value !== null && typeof value.json === 'string' && Object.keys(value).length === 1) return { json: value.json };
  return { json: jsonOf(value) };
}

// Reads bits, the first of a value being its most significant.
class BitReader {
  constructor(hex) {
    this.hex = hex;
    this.at = 0;
  }

  bit() {
    const digit = parseInt(this.hex[(this.at >> 3) * 2 + (this.at % 8 < 4 ? 1 : 0)], 16);
    return (digit >> (this.at++ % 4)) & 1;
  }

  number(bits) {
    let n = 0;
    for (let i = 0; i < bits; i++) n = n * 2 + this.bit();
    return n;
  }

  bigint(bits) {
    return (BigInt(this.number(bits - 32)) << 32n) | BigInt(this.number(32));
  }
}

function readInteger(bits, type) {
  if (type.bits > 32) {
    const n = bits.bigint(type.bits);
    return type.signed ? BigInt.asIntN(type.bits, n) : n;
  }
  const n = bits.number(type.bits);
  return type.signed && n >= 2 ** (type.bits - 1) ? n - 2 ** type.bits : n;
}

function widthOf(type) {
  const sum = (types) => types.reduce((n, t) => n + widthOf(t), 0);
  switch (type.kind) {
    case 'bool':
      return 1;
    case 'int':
      return type.bits;
    case 'array':
      return type.length * widthOf(type.element);
    case 'tuple':
      return sum(type.elements);
    case 'struct':
      return sum(type.fields.map((f) => f.type));
    default:
      return tagWidth(type) + Math.max(0, ...type.variants.map((v) => sum(v.fields)));
  }
}

const tagWidth = (type) => Math.ceil(Math.log2(type.variants.length));

function readEnum(bits, type) {
  const end = bits.at + widthOf(type);
  const variant = type.variants[bits.number(tagWidth(type))];
  const fields = variant.fields.map((t) => readValue(bits, t));
  bits.at = end;
  return { [variant.name]: fields };
}

function readValue(bits, type) {
  switch (type.kind) {
    case 'bool':
      return bits.bit() === 1;
    case 'int':
      return readInteger(bits, type);
    case 'array':
      return Array.from({ length: type.length }, () => readValue(bits, type.element));
    case 'tuple':
      return type.elements.map((t) => readValue(bits, t));
    case 'struct':
      return Object.fromEntries(type.fields.map((f) => [f.name, readValue(bits, f.type)]));
    default:
      return readEnum(bits, type);
  }
}

// The value of a RESULT of wasm.h.
export const decodeResult = (result) => readValue(new BitReader(result.bits), result.type);

// [["PARTY_0", "ROWS", "3usize"]..] of {'PARTY_0::ROWS': 3}; `own` is the party of names without one.
export function encodeConstants(constants = {}, own = null) {
  return Object.entries(constants).map(([name, value]) => {
    const parts = name.split('::');
    if (parts.length === 1 && own !== null) parts.unshift(`PARTY_${own}`);
    if (parts.length !== 2) throw usageError(`constant ${name}: its name is PARTY::NAME`);
    return [...parts, String(value)];
  });
}
