// tests/e2e/engine_faults.test.mjs - engines and agents that are down, stall or die: one end for each job, and right money.
// Covers: relay.cpp (gateway/server), agent.cpp, engine_call.cpp (apps/agent).
import assert from 'node:assert/strict';
import { afterEach, before, describe, test } from 'node:test';
import { ENDLESS, Engine, OPTIONS, packages } from './lib.mjs';
import { dueForTokens, Market, MODEL, nano, tokenOffer, tokenOrder } from './market.mjs';
import { Session } from './session.mjs';

const { Agent, fetch: trustingFetch } = packages('undici');
const PRICE = '0.5';

let market, buyer, session;

before(async () => {
  market = await Market.open({ rules: { silence_ms: 2_000, node_grace_ms: 1_000 } });
  buyer = await market.participant('Buyer');
  session = await Session.open(market.exchange, buyer);
}, OPTIONS);

// The provider of one test alone: it is gone from the book before the next one comes.
let provider;
async function providerWith(options) {
  provider = await market.provider({ nodes: [{ offer: [tokenOffer({ price: PRICE })] }], ...options });
  await market.offersLive(1);
}

afterEach(async () => {
  await provider.program.stop();
  await market.offersLive(0);
  await market.assertSettled(buyer);
}, OPTIONS);

async function startedJob(more) {
  const before = await market.balance(buyer);
  const { id } = await session.must(tokenOrder({ outputMax: 4096, ...more }));
  await session.chunkOf(id);
  return { id, before };
}

// What was delivered before it failed is paid for and nothing else: the gateway counts three bytes a token, and an agent
// that lives claims its words, which are fewer.
async function assertPaidForDelivered({ id, before }, end, { claimed }) {
  assert.ok(end.text.length > 0 && 'w0 w1 w2 w3'.startsWith(end.text.slice(0, 11)), end.text.slice(0, 40));
  const tokens = claimed ? end.text.split(' ').length : Math.ceil(end.text.length / 3);
  assert.equal(Number(end.output), tokens);
  assert.equal(BigInt(end.charge_nano), dueForTokens(PRICE, tokens + 2));
  const job = await market.job(buyer, id, ({ phase }) => phase === 'failed');
  assert.equal(nano(job.charge), BigInt(end.charge_nano));
  const paid = before - (await market.balance(buyer));
  const fee = BigInt(end.charge_nano) / 100n;
  assert.ok(paid >= BigInt(end.charge_nano) + fee - 1n && paid <= BigInt(end.charge_nano) + fee + 1n, `paid ${paid}`);
}

describe('an engine', OPTIONS, () => {
  test('that is down fails the job, the provider is at fault and the buyer has all its money', async () => {
    await providerWith({ url: 'http://127.0.0.1:9' });
    const before = await market.balance(buyer);
    const { id } = await session.must(tokenOrder());
    const end = await session.jobEnd(id);
    assert.deepEqual([end.phase, end.fault, end.code, end.charge_nano], ['Failed', 'Provider', 'EngineDied', '0']);
    assert.equal(await market.balance(buyer), before);
  });

  test('that stalls is given up after the silence, and is free when it wakes', async () => {
    const engine = await Engine.start({ shape: ENDLESS });
    await providerWith({ engine, engineConfig: { silence_ms: 600_000 } });
    const job = await startedJob();
    engine.program.child.kill('SIGSTOP');
    const end = await session.jobEnd(job.id);
    assert.deepEqual([end.phase, end.fault, end.code], ['Failed', 'Provider', 'Stalled']);
    await assertPaidForDelivered(job, end, { claimed: false });
    engine.program.child.kill('SIGCONT');
    await engine.idle();
    await engine.program.stop();
  });

  test('that the agent itself finds silent is reported by it', async () => {
    const engine = await Engine.start({ shape: ENDLESS });
    await providerWith({ engine, engineConfig: { silence_ms: 300 } });
    const job = await startedJob();
    engine.program.child.kill('SIGSTOP');
    const end = await session.jobEnd(job.id);
    assert.deepEqual([end.phase, end.fault, end.code], ['Failed', 'Provider', 'Stalled']);
    await assertPaidForDelivered(job, end, { claimed: true });
    engine.program.child.kill('SIGCONT');
    await engine.idle();
    await engine.program.stop();
  });

  test('that dies in the middle of a stream costs the buyer what it got and no more', async () => {
    const engine = await Engine.start({ shape: ENDLESS });
    await providerWith({ engine });
    const job = await startedJob();
    await engine.program.kill();
    const end = await session.jobEnd(job.id);
    assert.deepEqual([end.phase, end.fault, end.code], ['Failed', 'Provider', 'EngineDied']);
    await assertPaidForDelivered(job, end, { claimed: true });
  });

  test('that dies is an error frame and no [DONE] at the OpenAI door', async () => {
    const engine = await Engine.start({ shape: ENDLESS });
    await providerWith({ engine });
    const dispatcher = new Agent({ connect: { ca: market.exchange.ca } });
    const response = await trustingFetch(`${market.exchange.http}/v1/chat/completions`, {
      dispatcher, method: 'POST', headers: { authorization: `Bearer ${await market.bearerKey(buyer)}` },
      body: JSON.stringify({ model: MODEL, stream: true, max_tokens: 4000, messages: [{ role: 'user', content: 'hello' }] }),
    });
    let text = '';
    for await (const bytes of response.body) {
      text += Buffer.from(bytes).toString();
      if (!engine.killed && /"content":"w0"/.test(text)) engine.killed = engine.program.kill();
    }
    await engine.killed;
    const events = text.split('\n\n').filter((event) => event.startsWith('data: '));
    const last = JSON.parse(events.at(-1).slice('data: '.length));
    assert.deepEqual([last.error.code, last.error.type], ['provider_failed', 'server_error']);
    assert.doesNotMatch(text, /\[DONE\]/);
  });
});

describe('a provider', OPTIONS, () => {
  test('that is killed with a job running is at fault, and its offers are gone after the grace', async () => {
    const engine = await Engine.start({ shape: ENDLESS });
    await providerWith({ engine });
    const job = await startedJob();
    await provider.program.kill();
    const end = await session.jobEnd(job.id);
    assert.deepEqual([end.phase, end.fault, end.code], ['Failed', 'Provider', 'NodeLost']);
    await assertPaidForDelivered(job, end, { claimed: false });
    await market.offersLive(0);
    await engine.idle();
    await engine.program.stop();
  });
});

describe('a buyer', OPTIONS, () => {
  test('that leaves in the middle of a job pays what was made, and the engine is free', async () => {
    const engine = await Engine.start({ shape: ENDLESS });
    await providerWith({ engine });
    const leaver = await Session.open(market.exchange, buyer);
    const { id } = await leaver.must(tokenOrder({ outputMax: 4096 }));
    await leaver.chunkOf(id);
    leaver.wire.ws.terminate();
    const job = await market.job(buyer, id, ({ phase }) => phase === 'failed');
    assert.equal(job.fault, 'buyer');
    assert.ok(Number(job.output) > 0 && Number(job.output) < 4096, `${job.output} tokens`);
    assert.equal(nano(job.charge), dueForTokens(PRICE, Number(job.output) + Number(job.input)));
    assert.equal((await engine.idle()).aborted_total, 1);
    await engine.program.stop();
  });
});
