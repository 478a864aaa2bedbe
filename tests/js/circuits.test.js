// The circuits of the example programs are those of the command. Parties tell the relay 16 bits of a circuit's hash, and here
// the relay listens, and refuses them.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { close, party, PolytuneError } from '../../bindings/js/index.js';
import { root, startParty } from './relay.js';

const folder = `${root}examples/`;
const names = (await readdir(folder)).filter((name) => name.endsWith('.garble'));
let server;
let relay;
let heard; // terms, as they come

before(async () => {
  server = createServer((request, response) => {
    const terms = request.headers['x-polytune-terms']; // the command asks first how far the relay is, without
    if (terms) heard.push(terms);
    response.writeHead(400).end('not here');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  relay = `http://127.0.0.1:${server.address().port}`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await close();
});

// What the first request with terms tells of those that somebody makes.
async function told(start) {
  heard = [];
  await start();
  return heard[0];
}

test('there are examples', () => assert.ok(names.length > 10));

for (const name of names)
  test(name, async () => {
    const program = await readFile(folder + name, 'utf8');
    const [, input] = /^\/\/ party 0: (.*)$/m.exec(program);
    const native = await told(() => startParty(relay, name, folder + name, 0, input).done);
    const options = { relay, session: name, party: 0, program, input };
    const here = await told(() => party(options).then(assert.fail, (e) => assert.ok(e instanceof PolytuneError, e)));
    assert.match(native, /;program=[0-9a-f]{4}$/);
    assert.equal(here, native);
  });
