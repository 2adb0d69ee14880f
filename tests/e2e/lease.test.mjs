// tests/e2e/lease.test.mjs - capacity: matched, made ready by the provider's hook, metered by the second, released.
// Covers: lease_hook.cpp (apps/agent).
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { audit, OPTIONS, scratch, until } from './lib.mjs';
import { capacityOffer, capacityOrder, dueForCapacity, Market, nano } from './market.mjs';
import { Session } from './session.mjs';

const PRICE = '36';  // of an accelerator-hour: a cent a second
let market, buyer, session, provider;
const marks = scratch('hooks');
const mark = (name) => join(marks, name);
const hook = (name) => `printf '%s %s %s' "$SPILLWAY_LEASE" "$SPILLWAY_NODE" "$SPILLWAY_LOTS" > ${mark(name)}-$SPILLWAY_LEASE`;

before(async () => {
  market = await Market.open({ rules: { lease_slice_ms: 1_000 } });
  const nodes = [{ units: 4, offer: [capacityOffer({ price: PRICE, units: '3' })] }];
  provider = await market.provider({ nodes, lease: { start_hook: hook('start'), end_hook: hook('end') } });
  buyer = await market.participant('Buyer');
  session = await Session.open(market.exchange, buyer);
  await market.offersLive(1);
}, OPTIONS);

const lease = (order, fits) =>
  until(`the lease of order ${order}`, async () =>
    (await session.read('Leases')).leases.find((row) => row.order === order && fits(row)));

const usedAtLeast = (seconds) => ({ phase, used_us: used }) => phase === 'running' && Number(used) >= seconds * 1e6;

function assertCharged({ charge, used_us: used, lots }) {
  assert.equal(Number(used) % 1_000_000, 0, 'whole seconds are metered');
  assert.equal(nano(charge), dueForCapacity(PRICE, lots, used));
}

describe('a lease', OPTIONS, () => {
  test('starts with the hook, is metered and ends when the buyer releases it', async () => {
    const before = await market.balance(buyer);
    const { id } = await session.must(capacityOrder({ price: '40' }));
    const running = await lease(id, usedAtLeast(2));
    assert.equal(readFileSync(`${mark('start')}-${running.lease}`, 'utf8'), `${running.lease} 1 1000`);
    assert.equal(existsSync(`${mark('end')}-${running.lease}`), false);
    assertCharged(running);

    await session.must({ type: 'ReleaseLease', lease: running.lease });
    const ended = await lease(id, ({ phase }) => phase === 'ended');
    assertCharged(ended);
    await until('the end hook ran', () => existsSync(`${mark('end')}-${running.lease}`));

    const charge = nano(ended.charge);
    const paid = before - (await market.balance(buyer));
    assert.ok(paid >= charge + charge / 100n && paid <= charge + charge / 100n + 1n, `paid ${paid} for ${charge} and one per cent`);
    await market.assertSettled(buyer);
  });

  test('with a term ends by itself, and costs exactly its term', async () => {
    const { id } = await session.must(capacityOrder({ price: PRICE, term_us: '3000000' }));
    const ended = await lease(id, ({ phase }) => phase === 'ended');
    assert.equal(ended.used_us, '3000000');
    assert.equal(nano(ended.charge), 30_000_000n);
    await market.assertSettled(buyer);
  });

  test('takes part of the node, so that more of them run beside each other, and no more than there is', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => session.must(capacityOrder({ price: PRICE }))));
    const running = await Promise.all(answers.map(({ id }) => lease(id, ({ phase }) => phase === 'running')));
    const { refusal } = await session.ask(capacityOrder({ price: PRICE, tif: 'Fok' }));
    assert.equal(refusal, 'FokUnfillable');
    for (const { lease: number } of running) await session.must({ type: 'ReleaseLease', lease: number });
    await market.assertSettled(buyer);
  });

  test('whose buyer runs out of money ends when what it prepaid is used', async () => {
    const poor = await market.session('Buyer', { deposit: '0.05' });
    const { id } = await poor.must(capacityOrder({ price: PRICE }));
    const ended = await until('its end', async () =>
      (await poor.read('Leases')).leases.find((row) => row.order === id && row.phase === 'ended'));
    assert.equal(ended.fault, 'buyer');
    assertCharged(ended);
    assert.ok(nano(ended.charge) <= nano('0.05'));
    await market.assertSettled(poor.credentials);
  });

  test('that belongs to another cannot be released', async () => {
    const { id } = await session.must(capacityOrder({ price: PRICE }));
    const { lease: number } = await lease(id, ({ phase }) => phase === 'running');
    const stranger = await market.session('Buyer');
    assert.equal((await stranger.ask({ type: 'ReleaseLease', lease: number })).refusal, 'NotYours');
    await session.must({ type: 'ReleaseLease', lease: number });
  });

  test('fails when the start hook does, at no cost', async () => {
    const broken = await market.provider({
      nodes: [{ class: 'T4', offer: [capacityOffer({ price: '1' })] }], lease: { start_hook: 'exit 3', end_hook: 'true' },
    });
    await market.offersLive(2);
    const before = await market.balance(buyer);
    const { id } = await session.must(capacityOrder({ price: '1', wanted: { classes: ['T4'] } }));
    const failed = await lease(id, ({ phase }) => phase === 'failed');
    assert.deepEqual([failed.fault, nano(failed.charge)], ['provider', 0n]);
    assert.equal(await market.balance(buyer), before);
    assert.match(broken.program.log, /start hook failed with status 3/);
  });

  test('and after all of them the auditor’s trial balance is zero and statements agree with it', async () => {
    await market.assertSettled(buyer);
    const { digest } = await market.exchange.stop();
    const balance = await audit('trial-balance', market.exchange.journal);
    assert.deepEqual([balance.code, balance.books_balance, balance.difference_nano], [0, true, '0']);
    assert.equal(balance.digest, digest);
    for (const account of [`funds:${buyer.participant}`, `earnings:${provider.participant}`, 'fees']) {
      const statement = await audit('statement', market.exchange.journal, account);
      assert.deepEqual([statement.ok, statement.agrees_with_books], [true, true], account);
      assert.equal(statement.balance_nano, balance.accounts.find((row) => row.account === statement.account).balance_nano);
    }
  });
});
