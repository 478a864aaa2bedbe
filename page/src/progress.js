// How far a run is: a bar, the phase in words, and the time left.
import { h } from './dom.js';
import { phaseInWords, seconds } from './words.js';

const STEP_MS = 250; // of the bar that tells no fraction: at the 60 Hz of a style sheet's animation, drawing takes a third of a small machine
const SOON_S = 2; // earlier than this nothing can be said about the time left

export function progressBar() {
  const bar = h('progress', { max: '1', 'aria-label': 'Progress' });
  const phase = h('span', { class: 'phase', 'aria-live': 'polite' });
  const left = h('span', { class: 'faint' });
  const element = h('div', { class: 'progress', hidden: true }, bar, h('p', { class: 'progress-text' }, phase, left));
  let since = 0;
  let timer = null;
  let steps = 0;
  const wander = () => {
    if (!bar.hasAttribute('value')) bar.style.backgroundPosition = `${100 - ((steps++ * 15) % 150)}% 0`;
  };
  function show({ phase: name, fraction, text }) {
    const words = text ?? phaseInWords(name);
    if (phase.textContent !== words) phase.textContent = words;
    if (!(fraction > 0)) {
      since = performance.now(); // what was waited for before is no measure
      bar.removeAttribute('value');
      left.textContent = '';
      return;
    }
    bar.value = Math.min(1, fraction);
    const took = (performance.now() - since) / 1000;
    left.textContent = took > SOON_S && fraction > 0.05 && fraction < 1 ? ` – about ${seconds((took * (1 - fraction)) / fraction)} left` : '';
  }
  return {
    element, show,
    start() {
      element.hidden = false;
      clearInterval(timer);
      if (!matchMedia('(prefers-reduced-motion: reduce)').matches) timer = setInterval(wander, STEP_MS);
      since = performance.now();
      show({ phase: 'starting', fraction: 0, text: 'Starting' });
    },
    end() {
      element.hidden = true;
      clearInterval(timer);
    },
  };
}
