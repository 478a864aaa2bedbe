// What every call of this package fails with.
export class PolytuneError extends Error {
  constructor(message, { status, class: kind, party = null, phase = null, diagnostics = [] }, cause) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PolytuneError';
    this.status = status; // as in C, "PT_ERR_INPUT"
    this.class = kind;
    this.party = party;
    this.phase = phase;
    this.diagnostics = diagnostics;
  }
}

// By the number of the class, which is the exit status of the command.
const classes = ['done', 'internal', 'usage', 'program', 'input', 'panic', 'transport', 'peer'];

export const errorOf = (answer) => new PolytuneError(answer.message, { ...answer, class: classes[answer.class] });
export const usageError = (message) => new PolytuneError(message, { status: 'PT_ERR_USAGE', class: 'usage' });
export const internalError = (message, cause) => new PolytuneError(message, { status: 'PT_ERR_INTERNAL', class: 'internal' }, cause);
export const cancelledError = () => new PolytuneError('cancelled', { status: 'PT_ERR_CANCELLED', class: 'transport' });
export const unsupportedError = (message) => new PolytuneError(message, { status: 'PT_ERR_UNSUPPORTED', class: 'usage' });
