// Elements without a framework.

/** An element: h('p', {class: 'note', onclick: f}, 'text', child). False and null children are left out. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== 'string') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  put(element, ...children);
  return element;
}

/** Replaces what is in an element. */
export function put(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

let ids = 0;
export const newId = (what) => `${what}-${++ids}`;

const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element; attributes only. */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const PATHS = {
  lock: 'M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5z',
  check: 'M4 12.5l5 5L20 6.5',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  share: 'M12 15V3m0 0L8 7m4-4l4 4M5 12v8h14v-8',
  save: 'M12 4v11m0 0l-4-4m4 4l4-4M5 20h14',
  arrow: 'M5 12h14m0 0l-6-6m6 6l-6 6',
  stop: 'M7 7h10v10H7z',
  warn: 'M12 4L2.5 20h19zM12 10v4m0 3v.1',
  people: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5c2.3.8 3.5 2.7 3.5 5.5',
};

/** A small drawing beside a text that says the same. */
export const icon = (name) =>
  svg('svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', focusable: 'false' }, svg('path', { d: PATHS[name] }));

/** Puts the heading of a new view under the reader's eyes and ears. */
export function goTo(element) {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: 'start', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
}

let first = null;

/** The title of the tab; without text that of the first view. */
export function setTitle(text) {
  first ??= document.title;
  document.title = text ? `${text} – Polytune` : first;
}
