// tests/e2e/restart.test.mjs - kill -9 of the exchange in the middle of everything: what was acknowledged is there.
// Covers: hub.cpp, exchange_server.cpp (gateway/server).
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { before, test } from 'node:test';
import { audit, ENDLESS, Engine, OPTIONS, pause, until } from './lib.mjs';
import { capacityOffer, capacityOrder, dueForTokens, Market, nano, tokenOffer, tokenOrder } from './market.mjs';
import { Session } from './session.mjs';

const ROUNDS = 3;
const BURST = 300;  // three times, and the limit of resting orders is 1,000

let market, engine, provider, orderer, asker;

before(async () => {
  market = await Market.open();
  engine = await Engine.start({ shape: ENDLESS });
  provider = await market.provider({ engine, nodes: [{ units: 2, offer: [tokenOffer(), capacityOffer({ price: '9' })] }] });
  [orderer, asker] = [await market.participant('Buyer'), await market.participant('Buyer')];
  await market.offersLive(2);
}, OPTIONS);

/// Sends orders that rest, amends and cancels some, and notes what was answered before the connection broke.
function burst(session) {
  const acknowledged = new Map();  // client id -> { order, cancelled, limit, message }
  const unsent = [];
  for (let i = 0; i < BURST; i += 1) {
    const message = capacityOrder({ price: `0.${1000 + i}` });
    const request = session.ask(message).then(async ({ refusal, id, sentence }) => {
      assert.equal(refusal, 'None', sentence);
      acknowledged.set(message.client, { order: id, message });
      if (i % 10 !== 0) return;
      const { refusal: no } = await session.ask({ type: 'CancelOrder', order: id });
      if (no === 'None') acknowledged.get(message.client).cancelled = true;
    });
    unsent.push(request.catch((error) => assert.match(error.message, /connection/)));
  }
  return { acknowledged, ended: Promise.all(unsent) };
}

async function assertAllThere(session, acknowledged) {
  const { orders } = await session.read('Orders', { most: 10_000 });
  const byId = new Map(orders.map((row) => [row.order, row]));
  for (const [client, { order, cancelled }] of acknowledged) {
    const row = byId.get(order);
    assert.ok(row, `order ${order} was acknowledged and is gone`);
    assert.equal(row.client, client);
    if (cancelled) assert.equal(row.phase, 'cancelled');
    else assert.ok(['resting', 'cancelled'].includes(row.phase), row.phase);
  }
  // A retry gets the first answer again, never a second order.
  for (const { order, message } of acknowledged.values()) {
    const again = await session.must(message);
    assert.deepEqual([again.id, again.repeat], [order, true]);
  }
}

for (let round = 1; round <= ROUNDS; round += 1) {
  test(`round ${round}: killed during a burst, it comes back with every acknowledged order`, OPTIONS, async () => {
    const [orders, jobs] = await Promise.all([Session.open(market.exchange, orderer), Session.open(market.exchange, asker)]);
    const running = await Promise.all([1, 2].map(() => jobs.must(tokenOrder({ outputMax: 4096 }))));
    await Promise.all(running.map(({ id }) => jobs.chunkOf(id)));

    const { acknowledged, ended } = burst(orders);
    await until('the first acknowledgement', () => acknowledged.size > 0);
    await pause(randomInt(50, 500));
    await market.exchange.kill();
    await ended;

    const found = await audit('replay', market.exchange.journal);
    assert.equal(found.ok, true, found.reason);
    await market.restart();

    const again = await Session.open(market.exchange, orderer);
    await assertAllThere(again, acknowledged);
    for (const { id } of running) {
      const job = await market.job(asker, id, ({ phase }) => phase === 'failed');
      assert.equal(job.fault, 'exchange');
      assert.equal(nano(job.charge), 0n, 'the buyer does not pay for what the exchange broke');
    }

    // The agent found its way back by itself: proven again, its offers stand, and a job runs to its end.
    await until('the agent is back', async () => {
      const { market: seen } = await market.status();
      return seen.nodes_up === 1 && seen.units_attested === 2 && seen.offers_live === 2;
    });
    const after = await Session.open(market.exchange, asker);
    const { id } = await after.must(tokenOrder({ outputMax: 5, price: '1' }));
    const end = await after.jobEnd(id);
    assert.deepEqual([end.phase, end.output, end.text], ['Completed', '5', 'w0 w1 w2 w3 w4']);
    assert.equal(BigInt(end.charge_nano), dueForTokens('0.5', 7));

    await engine.idle();
    await market.assertSettled(asker);
    assert.equal(provider.program.ended, false);
    await Promise.all([again.close(), after.close()]);
  });
}

test('stopped in order, the auditor computes the digest that the exchange printed', OPTIONS, async () => {
  const { digest, seq } = await market.exchange.stop();
  const replay = await audit('replay', market.exchange.journal, '--vkey', market.exchange.vkey);
  assert.deepEqual([replay.code, replay.ok, replay.closed], [0, true, true], replay.reason);
  assert.deepEqual([replay.digest, replay.last_seq], [digest, seq]);
  const balance = await audit('trial-balance', market.exchange.journal);
  assert.deepEqual([balance.books_balance, balance.difference_nano], [true, '0']);
});
