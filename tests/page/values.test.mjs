// Values as the page reads and writes them: text, JSON, tables, and what people type.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { constantsOf, descriptionOf } from '../../page/src/garble.js';
import { bytes, errorInWords, pauseInWords } from '../../page/src/words.js';
import { ValueError, columns, fromLeaves, readInt, readText, rowsOf, writeCsv, writeJson, writeText } from '../../page/src/values.js';

const int = (name) => ({ kind: 'int', name, text: name, signed: name[0] === 'i', bits: Number(name.slice(1)) });
const bool = { kind: 'bool', text: 'bool' };
const ward = { kind: 'enum', name: 'Ward', variants: [{ name: 'Surgery', fields: [] }, { name: 'Other', fields: [] }] };
const plan = { kind: 'enum', name: 'Plan', variants: [{ name: 'None', fields: [] }, { name: 'Visit', fields: [int('u8'), bool] }] };
const stay = { kind: 'struct', name: 'Stay', fields: [{ name: 'days', type: int('u16') }, { name: 'ward', type: ward }] };
const list = (element, length) => ({ kind: 'array', element, length });
const tuple = (...elements) => ({ kind: 'tuple', elements });

test('what is written is read again', () => {
  const values = [
    ['true', bool], ['-9223372036854775808', int('i64')], ['18446744073709551615', int('u64')], ['()', tuple()], ['(7,)', tuple(int('u8'))],
    ['[Stay {days: 3, ward: Ward::Other}]', list(stay, 1)], ['Plan::Visit(5, true)', plan], ['Plan::None', plan], ['([1, 2], false)', tuple(list(int('u8'), 2), bool)],
  ];
  for (const [text, type] of values) assert.equal(writeText(readText(text, type), type), text);
  assert.throws(() => readText('truely', bool), ValueError);
});

test('JSON keeps every digit', () => {
  assert.equal(writeJson(readText('(9007199254740993, -1)', tuple(int('u64'), int('i8'))), tuple(int('u64'), int('i8'))), '[9007199254740993, -1]');
  assert.equal(writeJson(readText('Plan::Visit(5, true)', plan), plan), '{"Visit": [5, true]}');
});

test('numbers as people type them', () => {
  assert.equal(readInt(' 1 200 000 ', int('u32')), 1200000n);
  assert.equal(readInt("1'000", int('u16')), 1000n);
  assert.equal(readInt('\u2212128', int('i8')), -128n);
  for (const [text, type, why] of [['', 'u8', /enter/], ['1.5', 'u8', /whole/], ['1,200', 'u32', /without/], ['256', 'u8', /0 to 255/], ['-1', 'u8', /0 to 255/],
    ['4294967296', 'u32', /4,294,967,295/], ['18446744073709551616', 'u64', /18,446/], ['0x10', 'u8', /whole/]]) {
    assert.throws(() => readInt(text, int(type)), (e) => e instanceof ValueError && why.test(e.message), text);
  }
});

test('tables, with names in any order, or none', () => {
  const expected = [[3n, { variant: 'Other', fields: [] }], [4n, { variant: 'Surgery', fields: [] }]];
  assert.deepEqual(rowsOf('days,ward\n3,Other\n4,Surgery\n', stay), expected);
  assert.deepEqual(rowsOf('\ufeffward;days\r\nother;3\r\nWard::Surgery;4\r\n', stay), expected);
  assert.deepEqual(rowsOf('3\tOther\n4\tSurgery', stay), expected);
  assert.deepEqual(rowsOf('1, 2, 3', int('u8')), [[1n], [2n], [3n]]);
  assert.throws(() => rowsOf('3,Other\n4,Cellar', stay), /Row 2: “Cellar” is none of Surgery, Other/);
  assert.throws(() => rowsOf('3,Other\n4', stay), /Row 2: it has 1 of 2 columns/);
  assert.throws(() => rowsOf('\n', stay), /nothing/);
  // Nothing is left out in silence, and a number is no heading.
  assert.throws(() => rowsOf('1,5\n2,5', int('u8')), /Row 1: it has 2 columns, and 1 is needed/);
  assert.throws(() => rowsOf('1.5\n2', int('u8')), /Row 1: /);
  assert.throws(() => rowsOf('256\n2', int('u8')), /Row 1: .*255/);
  assert.throws(() => rowsOf('3,Other,x\n4,Surgery,y', stay), /Row 1: it has 3 columns, and 2 are needed/);
  assert.deepEqual(rowsOf('patient,ward,days\na,Other,3\nb,Surgery,4\n', stay), expected);
  assert.equal(columns(list(plan, 2)), null);
  assert.deepEqual(fromLeaves([1n, 2n, true], tuple(list(int('u8'), 2), bool)), [[1n, 2n], true]);
});

test('results as tables', () => {
  assert.equal(writeCsv(readText('[Stay {days: 3, ward: Ward::Other}]', list(stay, 1)), list(stay, 1)), 'days,ward\n3,Other\n');
  const three = tuple(int('u32'), int('u32'), bool);
  assert.equal(writeCsv(readText('(59000, 54000, false)', three), three), '1,2,3\n59000,54000,false\n');
  assert.equal(writeCsv(readText('[1, 2]', list(int('u8'), 2)), list(int('u8'), 2)), '1\n2\n');
  assert.equal(writeCsv(readText('Plan::None', plan), plan), null);
});

test('what a program says of itself', () => {
  const program = `// Two of us
// compare.
//
// party 0: 5
const N: usize = min(PARTY_0::ROWS, 10usize); // PARTY_1::NOTHING
/* fn main(wrong: u8) */
pub fn main(mut rows: [(u8, u8); N], limit: u8) -> u8 { limit }`;
  assert.equal(descriptionOf(program), 'Two of us compare.');
  assert.deepEqual(constantsOf(program), [{ name: 'PARTY_0::ROWS', type: 'usize' }]);
});

test('what is waited for, with names', () => {
  const nameOf = (i) => ['Anna', 'Ben'][i];
  assert.equal(pauseInWords('waiting for party 1 (16 s)', nameOf), 'Nothing from Ben for 16 seconds.');
  assert.match(pauseInWords('retrying: party 0 (relay http://127.0.0.1:1, session s): Connection reset', nameOf), /^The relay does not answer/);
  assert.equal(pauseInWords('anything else', nameOf), '');
});

test('a relay that is gone is another one than one that was never there', () => {
  const problem = 'no answer: it is not there';
  const messages = [
    [`cannot receive from party 1 (relay http://r, session s): ${problem}`, /^The relay is gone/],
    [`relay http://r, session s: ${problem}`, /^The relay is gone/],
    ['relay http://r, session s: HTTP status 409: the relay does not know this session', /^The relay lost the session/],
    [`relay http://r cannot be used by party 0: ${problem} (tried for 60 s)`, /^The relay cannot be reached/],
  ];
  for (const [message, title] of messages) assert.match(errorInWords({ status: 'PT_ERR_IO', class: 'transport', message }).title, title);
});

test('bytes in short, as the command has them', () => {
  const short = [[999, '999 B'], [1000, '1.00 kB'], [9994, '9.99 kB'], [9995, '10.0 kB'], [99949, '99.9 kB'], [99950, '100 kB'], [999499, '999 kB'], [999500, '1.00 MB'], [6.59e9, '6.59 GB']];
  for (const [n, text] of short) assert.equal(bytes(n), text);
});

test('what differs between parties, in words', () => {
  const differences = [
    ['party 1 runs version 1 of the protocol, and this party version 2: all parties need the same release', /different versions of Polytune/],
    ['party 1 runs something else: version=3, and version=4 here', /different versions of Polytune/],
    ['party 1 does not encrypt its messages as this version does', /different versions of Polytune/],
    ['party 1 runs another program', /The programs differ/],
    ['the constants differ: party 1 gives PARTY_0::N = 4usize, party 0 gives 3usize', /A constant differs/],
    ['whatever else', /The programs, constants or numbers of parties differ/],
  ];
  for (const [message, words] of differences) assert.match(errorInWords({ status: 'PT_PEER_SETUP', class: 'peer', message }).text, words);
});
