// Places in a program's text, in characters as JavaScript counts them (UTF-16).

const lineStarts = (source) => [0, ...Array.from(source.matchAll(/\n/g), (m) => m.index + 1)];

// The compiler counts characters of Unicode in a line.
function offsetOf(source, starts, line, column) {
  let at = starts[Math.min(line, starts.length) - 1] ?? source.length;
  for (let i = 1; i < column && at < source.length; i++) at += source.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}

// The diagnostics of wasm.h with {start, end}, each {line, column, offset}; null where there is no place.
export function spansOf(source, diagnostics = []) {
  const starts = lineStarts(source);
  const place = (line, column) => {
    const offset = offsetOf(source, starts, line, column);
    return { line, column, offset };
  };
  return diagnostics.map(({ phase, message, line, column, endLine, endColumn }) => ({
    severity: 'error',
    phase,
    message,
    start: line === 0 ? null : place(line, column),
    end: line === 0 ? null : place(endLine, endColumn),
  }));
}
