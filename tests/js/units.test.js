// Unit tests compiled to WebAssembly (tests/wasm).
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { WASI } from 'node:wasi';
import { root } from './relay.js';

const folder = `${root}build/wasm/units`;
const names = (await readdir(folder).catch(() => [])).filter((name) => /^unit_\w+\.wasm$/.test(name));

test('there are unit tests', () => assert.ok(names.length > 6, `only ${names.length}: scripts/wasm --tests makes them`));

for (const name of names)
  test(name, async () => {
    const wasi = new WASI({ version: 'preview1', returnOnExit: true, env: { POLYTUNE_SOURCE_DIR: root }, preopens: { [root]: root } });
    const { instance } = await WebAssembly.instantiate(await readFile(`${folder}/${name}`), wasi.getImportObject());
    assert.equal(wasi.start(instance), 0);
  });
