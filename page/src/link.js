// Invitations: all of it stands in the part of the link after #, which browsers send to no server.

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

/** The link of one party. `invitation`: {relay, session, secret, parties, hash, program, constants}. */
export async function linkOf(invitation, party, withProgram = true) {
  const fields = new URLSearchParams({ v: VERSION, s: invitation.session, k: invitation.secret, p: party, n: invitation.parties, h: invitation.hash });
  for (const [name, value] of Object.entries(invitation.constants)) fields.append('c', `${name}=${value}`);
  const here = location.origin === 'null' || location.protocol === 'file:' ? '' : location.origin;
  if (invitation.relay !== here) fields.set('r', invitation.relay);
  if (withProgram) fields.set('g', await pack(invitation.program));
  return `${location.href.split('#')[0]}#${fields}`;
}

const SESSION = /^[A-Za-z0-9_-]{8,64}$/;
const HASH = /^[0-9a-f]{32}$/;

/** What a fragment says: null when it is no invitation; throws words when it is damaged. */
export async function readLink(fragment) {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  if (!fields.has('s')) return null;
  const damaged = new Error('This link is damaged or incomplete. Ask for it again, and copy all of it.');
  const [party, parties] = [Number(fields.get('p')), Number(fields.get('n'))];
  if (fields.get('v') !== VERSION) throw new Error('This link was made by another version of this page.');
  if (!SESSION.test(fields.get('s')) || !SESSION.test(fields.get('k') ?? '') || !HASH.test(fields.get('h') ?? '')) throw damaged;
  if (!Number.isInteger(party) || !Number.isInteger(parties) || parties < 2 || parties > 255 || party < 0 || party >= parties) throw damaged;
  const relay = fields.get('r') ?? location.origin;
  if (!/^https?:\/\//.test(relay)) throw damaged;
  const constants = Object.fromEntries(fields.getAll('c').map((c) => [c.slice(0, c.indexOf('=')), c.slice(c.indexOf('=') + 1)]));
  const packed = fields.get('g');
  const program = packed === null ? null : await unpack(packed).catch(() => Promise.reject(damaged));
  return { relay, session: fields.get('s'), secret: fields.get('k'), hash: fields.get('h'), party, parties, constants, program, isMine: fields.has('i') };
}

export const shortHash = (hash) => hash.slice(0, 32);
