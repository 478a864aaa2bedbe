// Invitations: all of it stands in the part of the link after #, which browsers send to no server.
import { readRoster } from './keys.js';

const VERSION = '1';
const PROGRAM_MAX = 1 << 20; // characters, of what somebody's link says

export const randomText = (n) => toBase64(crypto.getRandomValues(new Uint8Array(n)));

function toBase64(bytes) {
  let text = '';
  for (const b of bytes) text += String.fromCharCode(b);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

const fromBase64 = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

async function through(bytes, transform) {
  const reader = new Blob([bytes]).stream().pipeThrough(transform).getReader();
  const pieces = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > PROGRAM_MAX) throw new Error('The program in this link is too large.');
    pieces.push(value);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

const pack = async (text) => toBase64(await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw')));
const unpack = async (text) => new TextDecoder().decode(await through(fromBase64(text), new DecompressionStream('deflate-raw')));

/**
 * The link of one party. `invitation`: {relay, session, secret, parties, hash, program, constants, outputs, isPrivate, dealer, roster}.
 * The hash comes last but for the program, which it is of: a link that was cut off is noticed, whatever it lost.
 */
export async function linkOf(invitation, party, withProgram = true) {
  const fields = new URLSearchParams({ v: VERSION, s: invitation.session, k: invitation.secret, p: party, n: invitation.parties });
  for (const [name, value] of Object.entries(invitation.constants)) fields.append('c', `${name}=${value}`);
  if (invitation.outputs !== null) fields.set('o', invitation.outputs.join(','));
  if (invitation.isPrivate) fields.set('e', '1');
  if (invitation.dealer) fields.set('d', '1');
  for (const [i, key] of invitation.roster.entries()) if (key) fields.append('y', `${i} ${key}`);
  const here = location.origin === 'null' || location.protocol === 'file:' ? '' : location.origin;
  if (invitation.relay !== here) fields.set('r', invitation.relay);
  fields.set('h', invitation.hash);
  if (withProgram) fields.set('g', await pack(invitation.program));
  return `${location.href.split('#')[0]}#${fields}`;
}

const SESSION = /^[A-Za-z0-9_-]{8,64}$/;
const HASH = /^[0-9a-f]{32}$/;
const KNOWN = new Set('vskpncoedyrhgi');

/** Who learns the result: null for all, or a list as the command's --output-parties has it. */
function readOutputs(text, parties) {
  if (text === null) return null;
  if (!/^\d+(,\d+)*$/.test(text)) return undefined;
  const list = text.split(',').map(Number);
  return list.every((i) => i < parties) ? list : undefined;
}

/** What all agree on, besides the program; null when it is damaged. */
function readAgreement(fields, parties) {
  const outputs = readOutputs(fields.get('o'), parties);
  const [isPrivate, dealer] = ['e', 'd'].map((name) => fields.has(name));
  if (outputs === undefined || (isPrivate && outputs !== null)) return null;
  try {
    return { outputs, isPrivate, dealer, roster: readRoster(fields.getAll('y').join('\n')) };
  } catch {
    return null;
  }
}

/** What a fragment says: null when it is no invitation; throws words when it is damaged. */
export async function readLink(fragment) {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  if (!fields.has('s')) return null;
  const damaged = new Error('This link is damaged or incomplete. Ask for it again, and copy all of it.');
  const [party, parties] = [Number(fields.get('p')), Number(fields.get('n'))];
  if (fields.get('v') !== VERSION || [...fields.keys()].some((name) => !KNOWN.has(name))) throw new Error('This link was made by another version of this page.');
  if (!SESSION.test(fields.get('s')) || !SESSION.test(fields.get('k') ?? '') || !HASH.test(fields.get('h') ?? '')) throw damaged;
  if (!Number.isInteger(party) || !Number.isInteger(parties) || parties < 2 || parties > 255 || party < 0 || party >= parties) throw damaged;
  const relay = fields.get('r') ?? location.origin;
  if (!/^https?:\/\//.test(relay)) throw damaged;
  const constants = Object.fromEntries(fields.getAll('c').map((c) => [c.slice(0, c.indexOf('=')), c.slice(c.indexOf('=') + 1)]));
  const agreed = readAgreement(fields, parties);
  if (agreed === null) throw damaged;
  const packed = fields.get('g');
  const program = packed === null ? null : await unpack(packed).catch(() => Promise.reject(damaged));
  return { relay, session: fields.get('s'), secret: fields.get('k'), hash: fields.get('h'), party, parties, constants, program, ...agreed, isMine: fields.has('i') };
}

export const shortHash = (hash) => hash.slice(0, 32);
