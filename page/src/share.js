// Copying, saving and sharing, also where a page is not allowed much (plain http).
import { h, icon, put } from './dom.js';

/** A button that copies what `text()` gives, and says so. */
export function copyButton(label, text, className = 'quiet') {
  const words = h('span', { 'aria-live': 'polite' }, label);
  const button = h('button', { type: 'button', class: className, onclick: copy }, icon('copy'), words);
  async function copy() {
    const done = (await copyText(text())) ? 'Copied' : 'Please copy it by hand';
    put(words, done);
    setTimeout(() => put(words, label), 2500);
  }
  return button;
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** The old way, which needs no secure context. */
function copyBySelection(text) {
  const field = h('textarea', { class: 'unseen', readonly: true }, text);
  const before = document.activeElement;
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  before?.focus();
  return done;
}

export function saveButton(label, name, type, text) {
  return h('button', {
    type: 'button', class: 'quiet',
    onclick() {
      const url = URL.createObjectURL(new Blob([text()], { type }));
      h('a', { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    },
  }, icon('save'), label);
}

export function shareButton(title, url) {
  if (!navigator.share) return null;
  return h('button', { type: 'button', class: 'quiet', onclick: () => navigator.share({ title, url }).catch(() => {}) }, icon('share'), 'Send');
}
