// The editor: CodeMirror in a shadow root, where it brings its styles as adopted sheets, which a
// strict content security policy allows.
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { HighlightStyle, StreamLanguage, bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';

import { nextToken } from './garble.js';

const language = StreamLanguage.define({
  startState: () => ({ depth: 0 }),
  copyState: (state) => ({ ...state }),
  token(stream, state) {
    const { kind, length } = nextToken(stream.string.slice(stream.pos), state);
    stream.pos += length;
    return kind;
  },
  tokenTable: { comment: tags.lineComment, number: tags.number, type: tags.typeName, call: tags.labelName, name: tags.variableName,
    keyword: tags.keyword, operator: tags.operator, bracket: tags.bracket },
  languageData: { commentTokens: { line: '//' } },
});

const colours = HighlightStyle.define([
  { tag: tags.lineComment, color: 'var(--tok-comment)', fontStyle: 'italic' },
  { tag: tags.number, color: 'var(--tok-number)' },
  { tag: tags.typeName, color: 'var(--tok-type)' },
  { tag: tags.labelName, color: 'var(--tok-call)' },
  { tag: tags.keyword, color: 'var(--tok-keyword)' },
  { tag: [tags.operator, tags.bracket], color: 'var(--tok-operator)' },
]);

const theme = EditorView.theme({
  '&': { fontSize: '0.9rem', color: 'var(--ink)', backgroundColor: 'transparent' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6', minHeight: '12rem', maxHeight: '70vh' },
  '.cm-content': { caretColor: 'var(--accent)', padding: '0.9rem 0' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--faint)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--wash)' },
  '&.cm-focused': { outline: '3px solid var(--focus)', outlineOffset: '-1px', borderRadius: 'var(--round)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': { backgroundColor: 'var(--select)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '.cm-tooltip': { backgroundColor: 'var(--card)', color: 'var(--ink)', border: '1px solid var(--line)', borderRadius: '8px', maxWidth: '32rem' },
  '.cm-diagnostic': { padding: '0.5rem 0.75rem', fontFamily: 'var(--text)' },
  '.cm-diagnostic-error': { borderLeft: '4px solid var(--bad)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--bad)', textUnderlineOffset: '3px' },
});

/** An editor in `host`: {text, setText, showDiagnostics, goTo}. `changed(text)` is called as one types. */
export function createEditor(host, text, label, changed) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(), lintGutter(), language, EditorView.lineWrapping,
        syntaxHighlighting(colours), theme, EditorState.tabSize.of(4),
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', autocapitalize: 'off', tabindex: '0' }),
        EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
      ],
    }),
  });
  const place = (offset) => Math.min(Math.max(0, offset), view.state.doc.length);
  return {
    text: () => view.state.doc.toString(),
    setText: (value) => value === view.state.doc.toString() || view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } }),
    showDiagnostics(diagnostics) {
      const marks = diagnostics.filter((d) => d.start !== null).map((d) => {
        const from = place(d.start.offset);
        return { from, to: Math.max(from, place(d.end.offset)), severity: 'error', message: d.message };
      });
      view.dispatch(setDiagnostics(view.state, marks));
    },
    goTo(offset) {
      view.dispatch({ selection: { anchor: place(offset) }, effects: EditorView.scrollIntoView(place(offset), { y: 'center' }) });
      view.focus();
    },
  };
}
