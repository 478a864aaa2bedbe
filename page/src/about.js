// What can be known of the page itself: where it came from, its hashes, and a copy to keep.
import * as polytune from 'polytune';

import { h, put } from './dom.js';

const FILES = ['.', 'page.css', 'page.js', 'editor.js', 'worker-browser.js', 'polytune.wasm', 'licenses.txt', 'polytune.html'];

async function hashOf(name) {
  const answer = await fetch(name, { cache: 'no-cache' });
  if (!answer.ok) throw new Error(name);
  return polytune.hash(new Uint8Array(await answer.arrayBuffer()));
}

async function fillHashes(list) {
  try {
    const rows = [];
    for (const name of FILES) rows.push(h('div', null, h('dt', null, name === '.' ? 'index.html' : name), h('dd', null, h('code', { class: 'hash' }, await hashOf(name)))));
    put(list, rows);
  } catch {
    put(list, h('div', null, h('dd', null, 'The files cannot be read just now.')));
  }
}

/** In a page that is one file, the text is in it. */
async function readLicenses() {
  const kept = document.querySelector('#licenses');
  if (kept) return kept.content.textContent;
  const answer = await fetch('licenses.txt');
  return answer.ok ? answer.text() : '';
}

export function aboutLicenses() {
  const text = h('pre', { class: 'program', tabindex: '0', role: 'region', 'aria-label': 'Licences' });
  const fill = async () => (text.textContent = (await readLicenses().catch(() => '')) || 'They cannot be read just now.');
  return h('details', { class: 'about', ontoggle: (e) => e.target.open && text.textContent === '' && fill() },
    h('summary', null, 'Licences'), h('p', null, 'Polytune’s own, and those of the work of others that this page has inside.'), text);
}

export function aboutPage() {
  const isCopy = location.protocol === 'file:';
  const list = h('dl', { class: 'hashes' });
  const text = isCopy
    ? 'This is a copy of the page that you kept. Compare its SHA-256 with the one that came with the release.'
    : 'Whoever serves a page could serve you another one that gives away what you type. If that matters, keep a copy from a source you trust, and open it from your disk: it is one file, and works with any relay that allows it. A page that shows its own hash proves something only if you compare it with one from elsewhere.';
  return h('details', { class: 'about', ontoggle: (e) => e.target.open && !isCopy && list.childElementCount === 0 && fillHashes(list) },
    h('summary', null, 'Can I trust this page?'), h('p', null, text),
    isCopy ? null : h('p', null, h('a', { href: 'polytune.html', download: 'polytune.html' }, 'Keep a copy (one file)')), list);
}

/** What plain http takes away, said where it matters. */
export function insecureNotice() {
  if (isSecureContext || location.protocol === 'file:') return null;
  return h('p', { class: 'strip' }, 'This page came over plain http, so somebody in your network could have changed it. Use it only where you trust the network, or ask for an https address.');
}
