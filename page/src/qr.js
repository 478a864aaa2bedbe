// A link as a QR code, drawn as one SVG path.
import { correction, generate } from 'lean-qr';

import { svg } from './dom.js';

const MARGIN = 3;
const TEXT_MAX = 1800; // more makes squares too small for a telephone's camera

/** Null when the text is too long. */
export function qrCode(text, label) {
  if (text.length > TEXT_MAX) return null;
  const code = generate(text, { minCorrectionLevel: correction.L, maxCorrectionLevel: correction.M });
  let path = '';
  for (let y = 0; y < code.size; y++) for (let x = 0; x < code.size; x++) if (code.get(x, y)) path += `M${x} ${y}h1v1h-1z`;
  const size = code.size + 2 * MARGIN;
  return svg('svg', { viewBox: `${-MARGIN} ${-MARGIN} ${size} ${size}`, class: 'qr', role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' },
    svg('rect', { x: -MARGIN, y: -MARGIN, width: size, height: size, class: 'qr-paper' }), svg('path', { d: path, class: 'qr-ink' }));
}
