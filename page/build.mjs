// Bundles the page: node page/build.mjs OUT TOOLS ENGINE LIBRARIES. Called by scripts/page, which has installed the tools;
// ENGINE is the npm package, built, and LIBRARIES says what its module was made of.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const [out, tools, engine, inModule] = process.argv.slice(2).map((x) => resolve(x));
const { build } = createRequire(join(tools, 'package.json'))('esbuild');
rmSync(out, { recursive: true, force: true }); // nothing of an older page stays
mkdirSync(out, { recursive: true });

const libraries = new Map(); // what the bundles have of others: its name, and its folder

/** One bundle as text. `entry` stands for the engine in it. */
async function bundle(file, entry, more = {}) {
  const { outputFiles, metafile } = await build({
    entryPoints: [file], bundle: true, minify: true, format: 'esm', target: ['es2022'], charset: 'utf8', legalComments: 'none',
    logLevel: 'warning', nodePaths: [join(tools, 'node_modules')], loader: { '.garble': 'text' }, write: false, metafile: true,
    alias: { polytune: entry, engine }, ...more,
  });
  for (const path of Object.keys(metafile.inputs)) {
    const [folder, name] = /^.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)(?=\/)/.exec(path) ?? [];
    if (folder) libraries.set(name, resolve(folder));
  }
  return outputFiles[0].text;
}

const source = (name) => join(here, 'src', name);
const packed = (content) => gzipSync(content, { level: 9 });

// As served: scripts, styles and the engine are files of their own, and the editor comes when it is wanted.
const served = join(engine, 'index.js');
const files = {
  'index.html': readFileSync(join(here, 'index.html'), 'utf8'),
  'page.css': await bundle(join(here, 'page.css'), served),
  'icon.svg': readFileSync(join(here, 'icon.svg'), 'utf8').trim(),
  'page.js': await bundle(source('main.js'), served, { external: ['./editor.js'] }),
  'editor.js': await bundle(source('editor.js'), served),
  'worker-browser.js': await bundle(join(engine, 'lib/worker-browser.js'), served),
  'polytune.wasm': readFileSync(join(engine, 'lib/polytune.wasm')),
};

// Whose work is inside, as their licences want it said.
const others = () => [...libraries].sort().map(([name, folder]) => {
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { name, version, license, text: readFileSync(join(folder, 'LICENSE'), 'utf8').trim() };
});

function licenses() {
  const groups = new Map(); // by text: many are the same
  for (const { name, version, text } of others()) groups.set(text, [...(groups.get(text) ?? []), `${name} ${version}`]);
  return readFileSync(join(engine, 'LICENSES.txt'), 'utf8') + [...groups].map(([text, names]) => `\n======== ${names.join(', ')} ========\n\n${text}\n`).join('');
}
files['licenses.txt'] = licenses();

// One file: all of it inside, allowed by its hashes.
const sha256 = (content) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
const within = {
  POLYTUNE_WASM: JSON.stringify(packed(files['polytune.wasm']).toString('base64')),
  POLYTUNE_WORKER: JSON.stringify(await bundle(join(engine, 'lib/worker-browser.js'), served, { format: 'iife' })),
};
const single = (await bundle(source('main.js'), source('inside.js'), { format: 'iife', define: within, logOverride: { 'empty-import-meta': 'silent' } })).replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const css = files['page.css'];
const policy = `default-src 'none'; script-src ${sha256(single)} 'wasm-unsafe-eval'; worker-src blob:; style-src ${sha256(css)}; img-src data:; connect-src http: https:; base-uri 'none'; form-action 'none'`;
files['polytune.html'] = files['index.html']
  .replace('<meta charset="utf-8">', () => `<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="${policy}">`)
  .replace('href="icon.svg"', () => `href="data:image/svg+xml,${encodeURIComponent(files['icon.svg'])}"`)
  .replace('<link rel="stylesheet" href="page.css">', () => `<style>${css}</style>`)
  .replace('<script type="module" src="page.js"></script>\n', '')
  .replace('</body>', () => `<template id="licenses">${escaped(files['licenses.txt'])}</template>\n<script>${single}</script>\n</body>`);

const sums = [];
for (const [name, content] of Object.entries(files)) {
  const small = packed(content);
  writeFileSync(join(out, name), content);
  // What is compressed already, in base64, is for the disk.
  if (name !== 'polytune.html') writeFileSync(join(out, `${name}.gz`), small);
  sums.push(`${createHash('sha256').update(content).digest('hex')}  ${name}`);
  console.log(`${name.padEnd(17)} ${String(Buffer.byteLength(content)).padStart(7)} bytes, ${String(small.length).padStart(6)} with gzip`);
}

// For bills of materials.
writeFileSync(join(out, 'libraries.json'), `${JSON.stringify([...others(), ...JSON.parse(readFileSync(inModule, 'utf8'))], null, 1)}\n`);
writeFileSync(join(out, 'SHA256SUMS'), `${sums.join('\n')}\n`);
