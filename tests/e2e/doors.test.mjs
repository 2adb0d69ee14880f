// tests/e2e/doors.test.mjs - bad input at every door: a clear error for the sender, and nobody else notices.
// Covers: session.cpp, session_requests.cpp, names.cpp (gateway/server).
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect as tlsConnect } from 'node:tls';
import { connect as tcpConnect } from 'node:net';
import { before, beforeEach, describe, test } from 'node:test';
import { OPTIONS, PATIENCE_MS } from './lib.mjs';
import { capacityOrder, Market, step, tokenOrder } from './market.mjs';
import { Session, Wire } from './session.mjs';

let market, buyer, bystander;

before(async () => {
  market = await Market.open();
  buyer = await market.participant('Buyer');
  bystander = await market.session('Buyer');
}, OPTIONS);

// Whatever a test did: somebody else's session, opened before all of them, still trades.
async function assertBystanderTrades() {
  const { id } = await bystander.must(capacityOrder({ price: '0.01' }));
  await bystander.must({ type: 'CancelOrder', order: id });
}

const lastWords = (wire) => wire.find('the last words', (m) => m.type === 'Closing');

describe('a frame that is no message', OPTIONS, () => {
  for (const [name, frame, told] of [
    ['no JSON', 'hello?', /JSON/],
    ['half a JSON object', '{"type":"Ping","request":', /JSON/],
    ['a JSON list', '[]', /JSON/],
    ['an object without a type', '{"request":"1"}', /type/],
    ['an unknown type', '{"type":"GiveMeMoney","request":"1"}', /type/],
    ['a message of the exchange', '{"type":"Welcome","request":"1"}', /type/],
    ['an unknown field', '{"type":"Ping","request":"1","urgent":true}', /urgent/],
    ['a text where a number must be', '{"type":"Ping","request":"soon"}', /Ping\.request/],
    ['a number beyond 64 bits', '{"type":"Ping","request":"99999999999999999999999"}', /Ping\.request/],
    ['an enum outside the schema', '{"type":"PlaceOrder","tif":"Maybe"}', /PlaceOrder\.tif/],
    ['a signature that is no base64', '{"type":"Login","signature":"%%%"}', /Login\.signature/],
    ['a list that is too long', JSON.stringify({ type: 'PlaceOrder', wanted: { models: Array(65).fill('m') } }), /at most 64/],
    ['brackets without end', '['.repeat(5000), /JSON/],
  ]) {
    test(`${name}: it is told, then closed`, async () => {
      const wire = await Wire.open(market.exchange);
      wire.send(frame);
      const { code, sentence } = await lastWords(wire);
      assert.equal(code, 'Malformed');
      assert.match(sentence, told);
      assert.equal((await wire.closed).code, 1008);
      await assertBystanderTrades();
    });
  }

  test('a frame of a megabyte is closed without being read', async () => {
    const wire = await Wire.open(market.exchange);
    wire.send(JSON.stringify({ type: 'Ping', request: '1', padding: 'x'.repeat(1 << 20) }));
    const { code } = await wire.closed;
    // 1006: the connection was gone before the close frame could be read behind a megabyte of our own.
    assert.ok([1006, 1008, 1009].includes(code), `close code ${code}`);
    await assertBystanderTrades();
  });

  test('a binary frame in the JSON subprotocol is told', async () => {
    const wire = await Wire.open(market.exchange);
    wire.ws.send(randomBytes(100), { binary: true });
    assert.equal((await lastWords(wire)).code, 'Malformed');
  });
});

describe('a login', OPTIONS, () => {
  async function refusedWith(wire, login, told) {
    wire.send(login);
    const answer = await wire.find('the answer', (m) => m.type === 'Answer');
    assert.equal(answer.refusal, 'LoginFailed');
    const { sentence } = await lastWords(wire);
    assert.match(sentence, told);
    await wire.closed;
  }

  let wire;
  beforeEach(async () => (wire = await Wire.open(market.exchange)));

  test('with a wrong signature is refused', () =>
    refusedWith(wire, { ...wire.login(buyer), signature: randomBytes(64).toString('base64') }, /signature/));
  test('with the nonce of another connection is refused', async () => {
    const other = await Wire.open(market.exchange);
    await refusedWith(wire, wire.login(buyer, { nonce: other.hello.nonce }), /signature/);
    await other.close();
  });
  test('sent again on a new connection is refused', async () => {
    const good = wire.login(buyer);
    wire.send(good);
    await wire.find('the welcome', (m) => m.type === 'Welcome');
    await refusedWith(await Wire.open(market.exchange), good, /signature/);
    await wire.close();
  });
  test('to a server of another name is refused', () => refusedWith(wire, wire.login(buyer, { serverName: 'bank.example' }), /name/));
  test('for a role that the participant has not is refused', () => refusedWith(wire, wire.login(buyer, { role: 'Operator' }), /role/));
  test('of a participant that nobody knows is refused', () => refusedWith(wire, wire.login({ ...buyer, participant: 4711 }), /participant/));
  test('with a key that is not there is refused', () => refusedWith(wire, wire.login({ ...buyer, key: 9 }), /key/));
  test('that comes after anything else still works, and before it nothing does', async () => {
    wire.send(capacityOrder());
    const answer = await wire.find('the answer', (m) => m.type === 'Answer');
    assert.equal(answer.refusal, 'LoginRequired');
    wire.send(wire.login(buyer));
    await wire.find('the welcome', (m) => m.type === 'Welcome');
    await wire.close();
  });
});

describe('what a participant may not do', OPTIONS, () => {
  let session;
  before(async () => (session = await Session.open(market.exchange, buyer)));

  async function refused(message, refusal) {
    const answer = await session.ask(message);
    assert.equal(answer.refusal, refusal, answer.sentence);
    assert.ok(answer.sentence.length > 10, 'a sentence that says what to do');
  }

  test('a buyer posts no offers, adds no money and stops no exchange', async () => {
    await refused({ type: 'PostOffer', client: '1', node: 1 }, 'RoleMissing');
    await refused({ type: 'AdminDeposit', participant: buyer.participant, amount_nano: '1000000000' }, 'RoleMissing');
    await refused({ type: 'AdminShutdown' }, 'RoleMissing');
  });
  test('an order beyond the money is refused', async () => {
    const poor = await market.session('Buyer', { deposit: '0.01' });
    const answer = await poor.ask(capacityOrder({ price: '100' }));
    assert.equal(answer.refusal, 'FundsShort', answer.sentence);
    assert.equal(await market.balance(poor.credentials), 10_000_000n);
  });
  test('prices, quantities and names that do not exist are refused by name', async () => {
    await refused(capacityOrder({ limit: 4_000_000_000 }), 'PriceOffGrid');
    await refused(capacityOrder({ lots: 0 }), 'QuantityZero');
    await refused(capacityOrder({ wanted: { classes: ['ABACUS'] } }), 'UnknownClass');
    await refused(capacityOrder({ wanted: { within: ['atlantis'] } }), 'UnknownPlace');
    await refused(tokenOrder({ wanted: { models: ['parrot'] } }), 'UnknownModel');
    await refused({ ...tokenOrder(), prompt: '' }, 'PromptMissing');
    await refused(tokenOrder({ outputMax: 1_000_000 }), 'OutputTooLong');
    await refused(tokenOrder({ good_for_us: '99999999999' }), 'TimeTooLong');
  });
  test('another one’s order cannot be cancelled, nor one that is not there', async () => {
    const { id } = await bystander.must(capacityOrder());
    await refused({ type: 'CancelOrder', order: id }, 'NotYours');
    await refused({ type: 'CancelOrder', order: '999999' }, 'UnknownId');
    await bystander.must({ type: 'CancelOrder', order: id });
  });
  test('an order sent again is the first one; with other content it is refused by what differs', async () => {
    const order = capacityOrder({ price: '2' });
    const first = await session.must(order);
    const again = await session.must(order);
    assert.deepEqual([again.id, again.repeat, first.repeat], [first.id, true, false]);
    await refused({ ...order, limit: step('3') }, 'ExistsWithDifferentPrice');
    await refused({ ...order, quantity: '2000' }, 'ExistsWithDifferentQuantity');
    await refused({ ...order, tif: 'Ioc' }, 'ExistsWithDifferentTerms');
    await refused({ ...order, wanted: { ...order.wanted, classes: [] } }, 'ExistsWithDifferentPredicate');
    await refused({ ...tokenOrder(), client: order.client }, 'ExistsWithDifferentProduct');
    await session.must({ type: 'CancelOrder', order: first.id });
  });
});

describe('reports', OPTIONS, () => {
  test('go on after a lost connection where the client left off, without a gap', async () => {
    const someone = await market.participant('Buyer');
    const lost = await Session.open(market.exchange, someone);
    for (let i = 0; i < 5; i += 1) await lost.must({ type: 'CancelOrder', order: (await lost.must(capacityOrder())).id });
    lost.wire.ws.terminate();
    const known = lost.reports.length;
    assert.deepEqual(lost.reports.map(({ report }) => Number(report)), Array.from({ length: known }, (_, i) => i + 1));

    const meanwhile = await Session.open(market.exchange, someone, { lastReport: known });
    await meanwhile.must(capacityOrder());

    const kept = known - 2;  // as a client that lost the last two before it wrote them down
    const back = await Session.open(market.exchange, someone, { lastReport: kept });
    const { id } = await back.must(capacityOrder());
    await back.find('the report of the new order', (m) => m.type === 'Report' && m.shows.order === id);
    const numbers = back.reports.map(({ report }) => Number(report));
    assert.deepEqual(numbers, numbers.map((_, i) => kept + 1 + i));
    assert.ok(Number(back.welcome.reports_have) > known, 'what happened meanwhile is among them');
    const before = new Map(lost.reports.map(({ report, record }) => [report, record]));
    for (const { report, record } of back.reports) assert.equal(record, before.get(report) ?? record, `report ${report}`);
  });
});

describe('bytes that are no WebSocket', OPTIONS, () => {
  /// What the server says to these bytes until it closes; with `end` we have nothing more to say.
  const heard = (open, bytes, end) =>
    new Promise((resolve, reject) => {
      const socket = open(() => (end ? socket.end(bytes) : socket.write(bytes)));
      let text = '';
      socket.on('data', (data) => (text += data));
      socket.on('error', () => resolve(text));
      socket.on('close', () => resolve(text));
      socket.setTimeout(PATIENCE_MS, () => reject(new Error('the server never closed')));
    });
  const tls = (done) => tlsConnect({ host: '127.0.0.1', port: market.exchange.port, ca: market.exchange.ca }, done);
  const tcp = (done) => tcpConnect(market.exchange.port, '127.0.0.1', done);
  const upgrade = (path = '/v1/stream') =>
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Protocol: spillway.v1.json\r\n\r\n`;

  test('garbage instead of TLS ends that connection only', async () => {
    await heard(tcp, randomBytes(300), true);
    await heard(tcp, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', true);
    await assertBystanderTrades();
  });
  test('garbage instead of HTTP is a 400', async () => {
    assert.match(await heard(tls, `${randomBytes(40).toString('hex')}\r\n\r\n`, false), /^HTTP\/1\.1 400/);
    await assertBystanderTrades();
  });
  test('an upgrade elsewhere is a 404', async () => {
    assert.match(await heard(tls, upgrade('/v1/elsewhere'), true), /^HTTP\/1\.1 404/);
  });
  test('half a frame, then nothing more, hurts nobody', async () => {
    const half = Buffer.concat([Buffer.from(upgrade()), Buffer.of(0x81, 0xfe, 0x10, 0x00, 1, 2, 3, 4, 5, 6)]);
    assert.match(await heard(tls, half, true), /^HTTP\/1\.1 101/);
    await assertBystanderTrades();
  });
  test('a frame without a mask closes the connection', async () => {
    const unmasked = Buffer.concat([Buffer.from(upgrade()), Buffer.of(0x81, 0x02, 0x7b, 0x7d)]);
    assert.match(await heard(tls, unmasked, false), /^HTTP\/1\.1 101/);
    await assertBystanderTrades();
  });
});

test('after all of this the books balance and the exchange stops in order', OPTIONS, async () => {
  await assertBystanderTrades();
  await market.assertSettled(buyer);
  await market.exchange.stop();
});
