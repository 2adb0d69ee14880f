// tests/e2e/kill.test.mjs - kill -9 of the exchange, round after round: whatever was acknowledged is there.
// Use:    `node tests/e2e/kill.test.mjs --rounds 100 --seed 7`; ctest does 10 rounds of seed 1.
// Rule:   the client's own list counts, answers only: what was sent and not answered may be there or not, once.
// Covers: flusher.cpp, pipeline.cpp, projection.cpp, snapshot_maker.cpp (exchange/pipeline), log_writer.cpp,
//         snapshot.cpp (journal).
import assert from 'node:assert/strict';
import { mkdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { parseArgs } from 'node:util';
import { audit, OPTIONS, pause, until } from './lib.mjs';
import { capacityOrder, Market } from './market.mjs';
import { Session } from './session.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});
const ROUNDS = Number(values.rounds);
const ACKNOWLEDGED_MIN = 100;  // before a kill
const LANES = 32;              // requests that are in flight at a time
const KEPT_EVERY = 8;          // one order in so many rests, the others are cancelled
const INSIDE_EVERY = 5;        // one round in so many is killed inside one of these, in turn
// Each takes a sync behind the file's first event, so a kill at that event comes in the middle of it.
const INSIDES = [
  { name: 'a commit of the projection', folder: 'projection', file: /^data\.mdb$/ },
  { name: 'the writing of a snapshot', folder: 'snapshots', file: /\.tmp$/ },
  { name: 'the roll to a new segment', folder: 'segments', file: /^\d{20}$/ },
];
const CONFIG = { journal: { segment_mib: 1, snapshot_entries: 400 } };

/// Numbers from 0 to 1 that the seed decides (mulberry32).
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = generator(Number(values.seed));
const totals = { acknowledged: 0, inFlight: 0, inFlightRounds: 0, inside: 0, torn: 0, fromSnapshot: 0 };
const kept = [];  // of every round: { buyer, orders }
let market;

before(async () => {
  market = await Market.open(CONFIG);
}, OPTIONS);

/// One participant that places and cancels in several lanes until the connection breaks.
class Burst {
  constructor(session) {
    this.session = session;
    this.pending = new Map();  // request -> what waits for its answer
    this.orders = new Map();   // client id -> { order, message, cancelled }: acknowledged
    this.unanswered = [];      // placed, and nothing heard
    this.acknowledged = 0;
    session.wire.ws.on('message', (data) => this.#take(JSON.parse(data)));
    session.wire.closed.then(() => this.pending.forEach(({ reject }) => reject(new Error('the connection broke'))));
    this.ended = Promise.all(Array.from({ length: LANES }, (_, lane) => this.#run(lane)));
  }

  #take(message) {
    if (message.type !== 'Answer') return;
    this.pending.get(message.request)?.resolve(message);
    this.pending.delete(message.request);
  }

  #ask(message) {
    const request = String((this.session.requests += 1));
    const answer = new Promise((resolve, reject) => this.pending.set(request, { resolve, reject }));
    this.session.wire.send({ ...message, request });
    return answer;
  }

  /// An answer, counted; nothing when the connection broke before it.
  async #acknowledged(message) {
    const answer = await this.#ask(message).catch(() => null);
    if (!answer) return null;
    assert.equal(answer.refusal, 'None', answer.sentence);
    this.acknowledged += 1;
    return answer;
  }

  async #run(lane) {
    for (let i = lane; ; i += 1) {
      const message = capacityOrder({ price: `0.${1000 + (i % 9000)}` });
      const placed = await this.#acknowledged(message);
      if (!placed) return this.unanswered.push(message);
      const known = { order: placed.id, message, cancelled: 'no' };
      this.orders.set(message.client, known);
      if (i % KEPT_EVERY === 0) continue;
      known.cancelled = 'asked';
      if (!(await this.#acknowledged({ type: 'CancelOrder', order: placed.id }))) return null;
      known.cancelled = 'yes';
    }
  }
}

/// Kills at the next event of such a file; with how many requests in flight.
function killInside(burst, exchange, { folder, file }) {
  const path = join(exchange.journal, folder);
  mkdirSync(path, { recursive: true });
  return new Promise((resolve) => {
    const watcher = watch(path, (_, name) => {
      if (!file.test(name)) return;
      watcher.close();
      const inFlight = burst.pending.size;
      exchange.kill().then(() => resolve(inFlight));
    });
  });
}

async function killAtOnce(burst, exchange) {
  const inFlight = burst.pending.size;
  await exchange.kill();
  return inFlight;
}

async function assertAllThere({ buyer, orders }) {
  const { orders: rows } = await market.operator.read('Orders', { participant: buyer.participant, most: 10_000 });
  const byId = new Map(rows.map((row) => [row.order, row]));
  for (const { order, message, cancelled } of orders.values()) {
    const row = byId.get(order);
    assert.ok(row, `order ${order} was acknowledged and is gone`);
    assert.equal(row.client, message.client);
    if (cancelled === 'yes') assert.equal(row.phase, 'cancelled', `the cancel of ${order} was acknowledged`);
    if (cancelled === 'no') assert.equal(row.phase, 'resting');
  }
  const clients = new Set(rows.map((row) => row.client));
  assert.equal(clients.size, rows.length, 'nothing is there twice');
}

for (let round = 1; round <= ROUNDS; round += 1) {
  const inside = round % INSIDE_EVERY === 0 ? INSIDES[(round / INSIDE_EVERY - 1) % INSIDES.length] : null;
  test(`round ${round}: killed ${inside ? `inside ${inside.name}` : 'at some moment'}`, OPTIONS, async () => {
    const buyer = await market.participant('Buyer');
    const burst = new Burst(await Session.open(market.exchange, buyer));
    await pause(50 + random() * 450);
    await until('enough acknowledgements', () => burst.acknowledged >= ACKNOWLEDGED_MIN);
    const inFlight = await (inside ? killInside(burst, market.exchange, inside) : killAtOnce(burst, market.exchange));
    await burst.ended;

    await market.restart();
    const again = await Session.open(market.exchange, buyer);
    for (const message of burst.unanswered) {  // it was taken or not; now it is, once
      const { id } = await again.must(message);
      burst.orders.set(message.client, { order: id, message, cancelled: 'no' });
    }
    kept.push({ buyer, orders: burst.orders });
    await assertAllThere(kept.at(-1));
    await again.close();

    totals.acknowledged += burst.acknowledged;
    totals.inFlight += inFlight;
    totals.inFlightRounds += inFlight > 0 ? 1 : 0;
    totals.inside += inside ? 1 : 0;
    totals.torn += market.exchange.torn_bytes > 0 ? 1 : 0;
    totals.fromSnapshot += market.exchange.replayed < market.exchange.entries ? 1 : 0;
  });
}

test('after all rounds everything is still there, and the auditor agrees with the exchange', OPTIONS, async () => {
  for (const round of kept) await assertAllThere(round);
  const { digest, seq } = await market.exchange.stop();
  const replay = await audit('replay', market.exchange.journal, '--vkey', market.exchange.vkey);
  assert.deepEqual([replay.code, replay.ok, replay.closed], [0, true, true], replay.reason);
  assert.deepEqual([replay.digest, replay.last_seq], [digest, seq]);
  const balance = await audit('trial-balance', market.exchange.journal);
  assert.deepEqual([balance.books_balance, balance.difference_nano], [true, '0']);
  assert.ok(totals.acknowledged >= ROUNDS * ACKNOWLEDGED_MIN);
  assert.ok(totals.inFlightRounds >= Math.min(20, ROUNDS), 'rounds with a request in flight');
  assert.ok(totals.fromSnapshot > 0, 'rounds that started from a snapshot');
  console.log(JSON.stringify({ rounds: ROUNDS, seed: values.seed, entries: seq, ...totals }));
});
