// Secure multi-party computation of Garble programs. Values of a program as JavaScript has them:
// whole numbers (BigInt for 64 bits), booleans, arrays (also of tuples), objects for structs, {Variant: [..]} for enums.

export type Value = number | bigint | boolean | string | null | Value[] | { [name: string]: Value };

/** An input: a value; Garble text, such as '[1u8, 2u8]'; JSON in a string; or bytes for an array of numbers. */
export type Input = number | bigint | boolean | string | readonly unknown[] | Uint8Array | { readonly [name: string]: unknown } | { json: string };

export type Type = { text: string } & (
  | { kind: 'bool' }
  | { kind: 'int'; name: string; signed: boolean; bits: number }
  | { kind: 'array'; element: Type; length: number }
  | { kind: 'tuple'; elements: Type[] }
  | { kind: 'struct'; name: string; fields: { name: string; type: Type }[] }
  | { kind: 'enum'; name: string; variants: { name: string; fields: Type[] }[] }
);

/** A place in the program's text: line and column count from 1, the offset in UTF-16 as strings do. */
export interface Place {
  line: number;
  column: number;
  offset: number;
}

export interface Diagnostic {
  severity: 'error';
  phase: 'scan' | 'parse' | 'type' | 'compile';
  message: string;
  start: Place | null;
  end: Place | null;
}

/** Constants by name, PARTY_0::ROWS, as Garble text such as '3usize'. */
export type Constants = Record<string, string>;

export interface Progress {
  phase: string;
  done: number;
  /** 0 while nobody can know it. */
  total: number;
  /** Between 0 and 1, or null. */
  fraction: number | null;
}

export interface ProgramOptions {
  constants?: Constants;
  /** The entry point; main. */
  function?: string;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** How a run is to be, which decides what it costs. */
export interface Terms {
  /** A trusted dealer prepares the run: `polytune pre` says what that means. */
  dealer?: boolean;
  /** Who learns the result; everybody. */
  outputParties?: number[];
  /** The program's result is a tuple or an array with an element for each party, who learns that and no other. */
  privateResults?: boolean;
  evaluator?: number;
  rho?: number;
  /** Larger values send less and compute more; all are equally safe, and the largest that any party asks for counts. Without it a
   * party asks for 2 where it is within 10 ms of the others, and for none farther off: that is 4 if nobody else asks. */
  cotBits?: 1 | 2 | 4 | 8;
}

/** What one seat sends and receives: bytes of the protocol's messages, exactly, to which encryption and transport add some. */
export interface SeatCost {
  bytesSent: number;
  bytesReceived: number;
  messagesSent: number;
  messagesReceived: number;
  /** Messages that it waits for one after the other. */
  delays: number;
}

/** What a run will cost, as `polytune plan` tells it. `memoryBytes` is about what a party takes here. */
export interface Cost {
  segments: number;
  delays: number;
  parties: (SeatCost & { memoryBytes: number })[];
  dealer: SeatCost | null;
}

export interface Compiled {
  parties: number;
  function: string;
  /** One for each party: the elements of a lone array parameter all have its name. */
  parameters: { name: string; type: Type }[];
  inputTypes: Type[];
  outputType: Type;
  and: number;
  xor: number;
  not: number;
  gates: number;
  /** The most AND gates on any path. */
  depth: number;
  /** Null when the program is for one party. */
  cost: Cost | null;
  /** SHA-256 of the program's text, in hexadecimal. */
  hash: string;
}

export interface Result {
  result: Value;
  /** As Garble text, and as Garble JSON. */
  text: string;
  json: string;
  type: Type;
}

/** What each party learns with privateResults, by party. */
export interface PrivateResults {
  result: Value[];
  text: string[];
  json: string[];
  type: Type[];
}

export interface Stats {
  and: number;
  seconds: number;
  bytesSent: number;
  bytesReceived: number;
  messagesSent: number;
  phases: { name: string; seconds: number; bytesSent: number }[];
}

export type AllStats = Stats & { parties: Stats[] };
/** Without `cotBits` the parties here take 2: about half as much traffic again as with 4, which `compile` counts with, for less work. */
export type SimulateOptions = ProgramOptions & { rho?: number; cotBits?: 1 | 2 | 4 | 8 };

export interface Notice {
  /** 'words' are the five to compare, told before any input is used; 'constant' one that a party gives. */
  kind: 'words' | 'constant' | 'notice';
  text: string;
}

export interface PartyOptions extends ProgramOptions, Terms {
  /** The relay's URL, and the name that the parties agreed on. */
  relay: string;
  session: string;
  party: number;
  program: string;
  input: Input;
  /** How many parties there are, where that depends on constants of others. */
  parties?: number;
  /** This party's private key (sk:..) and everybody's public ones (pk:.., null where not known). */
  key?: string;
  roster?: (string | null)[];
  /** What only the parties know. */
  sessionSecret?: string;
  /** Milliseconds of silence, or without an answer of the relay; 60000. */
  timeout?: number;
  /** Milliseconds for the others to come; 600000. */
  wait?: number;
  /** Milliseconds for all of it; no limit. */
  deadline?: number;
  onNotice?: (notice: Notice) => void;
}

export type PartyResult = (Result | { result: null; text: null }) & { stats: Stats; fingerprint: string | null };

export type ErrorClass = 'internal' | 'usage' | 'program' | 'input' | 'panic' | 'transport' | 'peer';

/** What all calls fail with. */
export class PolytuneError extends Error {
  /** As in C: 'PT_ERR_INPUT'. */
  readonly status: string;
  readonly class: ErrorClass;
  /** The party to blame or waited for. */
  readonly party: number | null;
  readonly phase: string | null;
  readonly diagnostics: Diagnostic[];
}

/** Looks for mistakes; a program at fault is no error of this call. */
export function check(source: string, options?: ProgramOptions): Promise<{ diagnostics: Diagnostic[] }>;
export function compile(source: string, options?: ProgramOptions & Terms): Promise<Compiled>;
/** In the clear, without cryptography; one input for each party. */
export function evaluate(source: string, inputs: readonly Input[], options?: ProgramOptions & { privateResults?: false }): Promise<Result>;
export function evaluate(source: string, inputs: readonly Input[], options: ProgramOptions & { privateResults: true }): Promise<PrivateResults>;
/** The real protocol with all parties here. */
export function simulate(
  source: string,
  inputs: readonly Input[],
  options?: SimulateOptions & { privateResults?: false },
): Promise<Result & { stats: AllStats }>;
export function simulate(
  source: string,
  inputs: readonly Input[],
  options: SimulateOptions & { privateResults: true },
): Promise<PrivateResults & { stats: AllStats }>;
/** Takes part in a computation with others. */
export function party(options: PartyOptions): Promise<PartyResult>;
export function keygen(): Promise<{ key: string; publicKey: string }>;
/** That of a private key. */
export function publicKey(key: string): Promise<string>;
/** SHA-256 in hexadecimal. */
export function hash(data: string | Uint8Array | ArrayBuffer): Promise<string>;
/** Ends the thread that is kept for the next call. */
export function close(): Promise<void>;
