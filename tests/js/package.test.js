// The package as others get it: packed, installed in an empty folder, and small.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { after, before, test } from 'node:test';
import { root } from './relay.js';

const wasm = readFileSync(`${root}bindings/js/lib/polytune.wasm`);
const compiler = `${root}build/npm/node_modules/.bin/tsc`;
const bundler = `${root}build/npm/node_modules/.bin/vite`;
let folder;
let packed;

const run = (command, ...args) => execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

before(async () => {
  folder = await mkdtemp(`${tmpdir()}/polytune-package-`);
  await writeFile(`${folder}/package.json`, '{"type":"module","private":true}');
  const [{ filename, files }] = JSON.parse(run('npm', 'pack', '--json', '--pack-destination', folder, `${root}bindings/js`));
  run('npm', 'install', '--offline', '--no-audit', '--no-fund', `./${filename}`);
  packed = files.map((f) => f.path);
});
after(() => rm(folder, { recursive: true }));

// Node passes on all that an answer has; a browser's worker only what it names, of what the relay lets a page see.
test('a browser sees each header of a relay that the module reads', () => {
  const text = (path) => readFileSync(root + path, 'utf8');
  const names = new Map([...text('src/wire/wire.h').matchAll(/#define (WIRE_\w+) +"(X-[\w-]+)"/g)].map(([, id, name]) => [id, name]));
  const read = ['relay.c', 'relay_probe.c']
    .flatMap((file) => [...text(`src/channel/http/${file}`).matchAll(/http_response_header\(&?[\w>.-]+, (\w+)/g)])
    .map(([, id]) => id);
  assert.ok(new Set(read).size >= 6, `only ${read}`);
  const exposed = text('src/relay/answer.c').match(/#define EXPOSED[^;]*?"\n\n/)[0];
  for (const id of read) {
    assert.ok(text('bindings/js/lib/xhr.js').includes(`'${names.get(id)}'`), `xhr.js does not name ${names.get(id)}`);
    assert.ok(exposed.includes(id), `the relay does not show a page ${id}`);
  }
});

test('the module is small, and asks five things of its host', () => {
  assert.ok(wasm.length <= 380_000, `${wasm.length} bytes`);
  // As scripts/wasm tells it: Node's own zlib makes it one part in 140 larger.
  const { length } = execFileSync('gzip', ['-9c'], { input: wasm });
  assert.ok(length <= 170_000, `${length} bytes compressed`);
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm)).map((i) => i.name);
  assert.deepEqual(imports.sort(), ['host_call', 'host_clock', 'host_log', 'host_progress', 'host_random']);
});

test('the tarball has what is needed and nothing else', () => {
  for (const name of ['index.js', 'index.d.ts', 'README.md', 'LICENSES.txt', 'lib/polytune.wasm', 'lib/worker-browser.js', 'lib/worker-node.js']) assert.ok(packed.includes(name), name);
  assert.ok(packed.every((name) => /^(index\.(js|d\.ts)|package\.json|README\.md|LICENSES\.txt|lib\/[\w-]+\.(js|wasm))$/.test(name)), packed.join());
});

test('it says whose work is inside', () => {
  const text = readFileSync(`${folder}/node_modules/polytune/LICENSES.txt`, 'utf8');
  for (const whose of ['The Polytune authors', 'Frank Denis', 'Petri Lehtinen', 'Rich Felker', 'LLVM Exceptions']) assert.ok(text.includes(whose), whose);
});

test('it has no dependencies', () => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(`${root}bindings/js/package.json`));
  assert.equal(dependencies ?? peerDependencies, undefined);
});

test('installed, it works', async () => {
  await writeFile(
    `${folder}/use.js`,
    `import { evaluate, simulate, PolytuneError } from 'polytune';
     const program = 'pub fn main(a: u8, b: u8) -> u8 { a + b }';
     console.log((await evaluate(program, [1, 2])).result, (await simulate(program, [3, 4])).result);
     await evaluate(program, [255, 1]).catch((e) => console.log(e instanceof PolytuneError, e.class));`,
  );
  assert.equal(run('node', 'use.js'), '3 7\ntrue panic\n');
});

test('its types are right, and wrong uses do not compile', { skip: !existsSync(compiler) && 'no TypeScript: scripts/page has not been run' }, async () => {
  await writeFile(
    `${folder}/use.ts`,
    `import { check, compile, evaluate, party, PolytuneError, type Diagnostic, type Type } from 'polytune';
     const [first]: Diagnostic[] = (await check('')).diagnostics;
     const offset: number | undefined = first?.start?.offset;
     const type: Type = (await compile('')).outputType;
     if (type.kind === 'array') { const n: number = type.length; void n; }
     const { text }: { text: string } = await evaluate('', [1, 2n, { x: [1] }, { json: '1' }, new Uint8Array(2)]);
     const r = await party({ relay: '', session: '', party: 0, program: '', input: 1, signal: AbortSignal.timeout(1) });
     const parts: string[] = (await evaluate('', [], { privateResults: true })).text;
     void parts;
     const words: string | null = r.fingerprint;
     try { void [offset, text, words]; } catch (e) { if (e instanceof PolytuneError && e.class === 'peer') throw e; }
     // @ts-expect-error a party is needed
     await party({ relay: '', session: '', program: '', input: 1 });
     // @ts-expect-error no such class
     (new Error() as PolytuneError).class === 'other';`,
  );
  run(compiler, '--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2022,dom', '--module', 'nodenext', 'use.ts');
});

test('a bundle of Vite finds worker and module by itself', { skip: !existsSync(bundler) && 'no Vite: scripts/page has not been run' }, async () => {
  await writeFile(`${folder}/index.html`, '<!doctype html><title>x</title><script type="module" src="/main.js"></script>');
  await writeFile(`${folder}/main.js`, `import { compile, evaluate } from 'polytune'; window.done = evaluate('pub fn main(a: u8, b: u8) -> u8 { a + b }', [1, 2]); void compile;`);
  run(bundler, 'build', '--base', '/deep/down/', '--logLevel', 'error');
  const made = await readdir(`${folder}/dist/assets`);
  assert.ok(made.some((name) => /^polytune-.*\.wasm$/.test(name)), made.join());
  assert.ok(made.some((name) => /^worker-browser-.*\.js$/.test(name)), made.join());
  assert.ok(!made.some((name) => /node/.test(name)), made.join());
});
