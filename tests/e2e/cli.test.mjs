// tests/e2e/cli.test.mjs - the command line as people and scripts use it: tables, --json, exit status and sentences.
// Covers: exchange_link.cpp (apps/trade), market_client.cpp, credentials.cpp (gateway/client), feed.cpp (gateway/server).
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { Engine, knownAnswer, OPTIONS, Program, run, scratch, SPILLWAY, until } from './lib.mjs';
import { capacityOffer, CLASS, Market, MODEL, PLACE, tokenOffer } from './market.mjs';

let market, engine, buyer;
const folder = scratch('cli');

async function trade(...args) {
  return market.cli(['trade', ...args], buyer);
}

async function tradeJson(...args) {
  const { code, out, err } = await trade(...args, '--json');
  assert.equal(code, 0, err);
  return JSON.parse(out.trim().split('\n')[0]);
}

async function assertFails(running, code, told) {
  const seen = await running;
  assert.equal(seen.code, code, seen.out + seen.err);
  assert.match(seen.err, told);
}

before(async () => {
  market = await Market.open();
  engine = await Engine.start();
  await market.provider({ engine, nodes: [{ units: 2, offer: [tokenOffer(), capacityOffer({ price: '9' })] }] });
  await market.offersLive(2);
}, OPTIONS);

describe('the operator', OPTIONS, () => {
  test('adds a buyer with a key and money, who then can log in', async () => {
    const file = join(folder, 'buyer.key');
    for (const verb of [
      ['participant', '700', '--roles', 'buyer'],
      ['key', '700', '--new', file, '--role', 'buyer'],
      ['deposit', '700', '100.00'],
    ]) {
      const { code, out, err } = await market.cli(['admin', ...verb]);
      assert.equal(code, 0, err);
      assert.notEqual(out.trim(), '');
    }
    assert.equal(statSync(file).mode & 0o777, 0o600, 'only its owner can read a key');
    buyer = { participant: 700, file };
    const { accounts } = await tradeJson('balances');
    assert.equal(accounts.find(({ account }) => account === 'funds').balance_nano, '100000000000');
  });

  test('is told when a number is taken, an amount makes no sense or a role does not exist', async () => {
    await assertFails(market.cli(['admin', 'participant', '700', '--roles', 'buyer,provider']), 1, /participant_exists: this participant number is taken/);
    await assertFails(market.cli(['admin', 'deposit', '700', 'lots']), 2, /the amount lots can't be read/);
    await assertFails(market.cli(['admin', 'deposit', '4711', '5']), 1, /unknown_participant/);
    await assertFails(market.cli(['admin', 'participant', '701', '--roles', 'king']), 2, /--roles must name/);
  });

  test('reads the state of the market, as lines and as a document', async () => {
    const { out } = await market.cli(['admin', 'status']);
    assert.match(out, /offers_live +2/);
    const { out: document } = await market.cli(['admin', 'status', '--json']);
    assert.equal(JSON.parse(document).market.books_balance, true);
  });

  test('halts and resumes the market', async () => {
    assert.equal((await market.cli(['admin', 'halt'])).code, 0);
    await assertFails(trade('place', '--capacity', '1', '--limit', '1'), 1, /halted: .*no new orders/);
    assert.equal((await market.cli(['admin', 'resume'])).code, 0);
    assert.equal((await trade('place', '--capacity', '1', '--limit', '0.01', '--class', CLASS, '--client', '1')).code, 0);
    assert.equal((await trade('cancel', '--client', '1')).code, 0);
  });

  test('must be the operator', () =>
    assertFails(market.cli(['admin', 'halt'], buyer), 1, /role_missing: this account may not do that/));
});

describe('a buyer', OPTIONS, () => {
  test('places a token order and reads its answer on standard output', async () => {
    const { code, out, err } = await trade('place', '--tokens', MODEL, '--prompt', 'hello', '--output', '100', '--limit', '1');
    assert.equal(code, 0, err);
    assert.ok(out.includes(knownAnswer()), out);
    assert.match(err, /job \d+ completed: 48 tokens out/);
  });

  test('gets the same as one message a line with --json', async () => {
    const { code, out, err } = await trade('place', '--tokens', MODEL, '--prompt', 'hello', '--output', '3', '--limit', '1', '--json');
    assert.equal(code, 0, err);
    const [answer, ...messages] = out.trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual([answer.ok, answer.repeat], [true, false]);
    const end = messages.find(({ type }) => type === 'JobEnd');
    assert.deepEqual([end.order, end.phase, end.output], [answer.id, 'Completed', '3']);
  });

  test('previews an order without placing it', async () => {
    const before = (await tradeJson('orders')).orders.length;
    const { fills, unfilled, hold } = await tradeJson('preview', '--tokens', MODEL, '--input', '10', '--output', '100', '--limit', '1');
    assert.deepEqual([fills.length, unfilled], [1, '0']);
    assert.equal(fills[0].instrument, `tokens:${MODEL}/${CLASS}/${PLACE}/standard`);
    assert.ok(Number(hold) > 0);
    const { out } = await trade('preview', '--capacity', '1', '--limit', '5');
    assert.match(out, /nothing would be filled now/);
    assert.equal((await tradeJson('orders')).orders.length, before);
  });

  let resting;
  test('places an order that rests, and the same again is the same', async () => {
    const order = ['place', '--capacity', '1', '--limit', '5', '--class', CLASS, '--client', '42'];
    const first = await tradeJson(...order);
    const again = await tradeJson(...order);
    assert.deepEqual([again.id, again.repeat], [first.id, true]);
    resting = first.id;
    await assertFails(trade('place', '--capacity', '1', '--limit', '6', '--class', CLASS, '--client', '42'), 1, /exists_with_different_price/);
  });

  test('is told why it is not filled, and what to relax', async () => {
    const { relax, binds, would_fill_now: now } = await tradeJson('why', resting);
    assert.deepEqual([now, binds, relax.condition, Number(relax.to)], [0, 'price', 'price', 9]);
    const { out } = await trade('why', resting);
    assert.match(out, /relax price to 9/);
  });

  test('amends and cancels by either number', async () => {
    assert.equal((await trade('amend', resting, '--limit', '6', '--capacity', '1')).code, 0);
    const row = async () => (await tradeJson('orders')).orders.find(({ order }) => order === resting);
    assert.equal(Number((await row()).limit), 6);
    assert.equal((await trade('cancel', '--client', '42')).code, 0);
    assert.equal((await row()).phase, 'cancelled');
    await assertFails(trade('cancel', resting), 1, /dead_id: it has ended already/);
  });

  test('reads orders, jobs, leases, balances, instruments and a book as tables', async () => {
    for (const [verb, told] of [
      ['orders', /order +client +product +phase/], ['jobs', /completed/], ['leases', /no leases/], ['balances', /funds/],
      ['instruments', new RegExp(`capacity/${CLASS}/${PLACE}/warm`)],
    ]) {
      const { code, out } = await trade(verb);
      assert.equal(code, 0);
      assert.match(out, told);
    }
    const { instruments } = await tradeJson('instruments');
    const { out } = await trade('book', String(instruments[0].instrument));
    assert.match(out, /asks[\s\S]*bids/);
  });

  test('watches prices and trades until it is told to stop', async () => {
    const { url, certificate } = market.exchange;
    const link = ['--url', url, '--trust', certificate, '--credentials', buyer.file];
    const watching = new Program('watch', SPILLWAY, ['trade', 'watch', ...link]);
    await until('a trade is shown', async () => {
      if (/^trade .*0\.5/m.test(watching.output)) return true;
      await trade('place', '--tokens', MODEL, '--prompt', 'hello', '--output', '1', '--limit', '1');
      return false;
    });
    assert.equal((await watching.stop('SIGINT')).code, 0);
  });
});

describe('what is typed wrong', OPTIONS, () => {
  test('is told before anything is sent', async () => {
    await assertFails(trade('place', '--capacity', '1', '--limit', '1.23456'), 2, /not on the grid .*nearest are 1\.234.* and 1\.235/);
    await assertFails(trade('place', '--capacity', '1', '--limit', 'cheap'), 2, /the price cheap can't be read/);
    await assertFails(trade('place', '--limit', '1'), 2, /say what to buy/);
    await assertFails(trade('place', '--tokens', MODEL, '--limit', '1'), 2, /needs --prompt/);
    await assertFails(trade('place', '--capacity', '1'), 2, /--limit is missing/);
    await assertFails(trade('sell', '--capacity', '1'), 2, /./);
  });

  test('a refusal of the exchange is a sentence and status 1', async () => {
    await assertFails(trade('place', '--tokens', 'parrot', '--prompt', 'hi', '--limit', '1'), 1, /unknown_model/);
    await assertFails(trade('place', '--capacity', '1', '--limit', '99990'), 1, /funds_short: deposit more/);
    await assertFails(trade('place', '--capacity', '1', '--limit', '9000000'), 2, /above the highest price/);
    await assertFails(trade('why', '999999'), 1, /no such order/);
  });

  test('a key that is not there, that others can read, or that is wrong', async () => {
    await assertFails(market.cli(['trade', 'orders'], { file: join(folder, 'none') }), 1, /the key file .*can't be read/);
    const open = join(folder, 'open.key');
    writeFileSync(open, 'participant = 700\n', { mode: 0o644 });
    await assertFails(market.cli(['trade', 'orders'], { file: open }), 1, /others can read it; chmod 600/);
    const wrong = join(folder, 'wrong.key');
    writeFileSync(wrong, `participant = 700\nkey = 1\nrole = "buyer"\nseed = "${'ab'.repeat(32)}"\n`, { mode: 0o600 });
    await assertFails(market.cli(['trade', 'orders'], { file: wrong }), 2, /the signature does not match the key/);
  });

  test('an exchange that is not there, and a certificate that is not its own', async () => {
    const link = ['--credentials', buyer.file, '--trust', market.exchange.certificate];
    await assertFails(run(SPILLWAY, ['trade', 'orders', '--url', 'wss://127.0.0.1:1', ...link]), 1, /./);
    const other = await Market.open();
    await assertFails(run(SPILLWAY, ['trade', 'orders', '--url', other.exchange.url, ...link]), 1, /certificate/i);
  });
});

test('the operator stops the exchange, which says its digest', OPTIONS, async () => {
  assert.equal((await market.cli(['admin', 'stop'])).code, 0);
  assert.equal((await market.exchange.program.exited).code, 0);
  assert.match(market.exchange.program.output, /^D [0-9a-f]{64} after sequence \d+$/m);
});
