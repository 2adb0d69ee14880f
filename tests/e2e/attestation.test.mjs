// tests/e2e/attestation.test.mjs - what is not proven is not on the book: devices too small, garbage and wrong answers.
// Covers: attester.cpp (gateway/server), unit_prover.cpp (apps/agent).
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { audit, Engine, OPTIONS, until } from './lib.mjs';
import { capacityOffer, CLASS, Market, MODEL, PLACE, step, tokenOffer } from './market.mjs';
import { newClientId } from './session.mjs';

// Bytes of CAP-1 (docs/attestation.md): CAP1, kind, body.
const [ATTEST_OPEN, EPOCH_PARAMS, RTT_PROBE, RTT_ECHO, CHALLENGE, ROUNDS_DONE, MEM_CHALLENGE, MEM_DONE] = [1, 2, 3, 4, 5, 6, 7, 8];
const CLASS_NUMBER = 13;  // of L4, the row of the class table
const cap1 = (kind, ...parts) => Buffer.concat([Buffer.from('CAP1'), Buffer.of(kind), ...parts]).toString('base64');
const u16 = (n) => Buffer.from(Uint16Array.of(n).buffer);
const u32 = (n) => Buffer.from(Uint32Array.of(n).buffer);
const attestOpen = (node, unitKey, wanted = CLASS_NUMBER) =>
  cap1(ATTEST_OPEN, unitKey, u32(Number(node)), u16(wanted), Buffer.of(1), u32(4), Buffer.from('none'));

async function namesOnOffer(market) {
  return (await market.instruments()).filter(({ ask }) => ask).map(({ name }) => name);
}

async function verdicts(market) {
  const { market: seen } = await market.status();
  return seen;
}

describe('a device that is less than it says', OPTIONS, () => {
  let market, engine, small, honest;
  before(async () => {
    // Memory decides: 16 KiB are proven, an L4 needs 15.8 KB, an MI300X eight times that. The rates have seconds of slack.
    market = await Market.open({
      rules: { class_scale: 1_500_000 },
      challenge: { n: 64, rounds: 512, retained: 1, passes: 32, openings: 8 },
    });
    engine = await Engine.start();
    small = await market.provider({ engine, nodes: [{ class: 'MI300X', offer: [tokenOffer(), capacityOffer()] }] });
    honest = await market.provider({ engine });
    await market.offersLive(1);
  });

  test('is refused with what was measured and what its class needs', async () => {
    await until('the verdict on the small device', () => /not admitted: .*measured \d+, needed \d+/.test(small.program.log));
    assert.match(small.program.log, /unit 0 of node 1 not admitted/);
    assert.match(market.exchange.program.log, /attestation refused: node \d+ unit 0: .*measured/);
  });

  test('has no offer on the book, while the honest one has', async () => {
    assert.deepEqual(await namesOnOffer(market), [`tokens:${MODEL}/${CLASS}/${PLACE}/standard`]);
    const { units_attested: proven, nodes_up: up, offers_live: offers } = await verdicts(market);
    assert.deepEqual([proven, up, offers], [1, 2, 1]);
    assert.equal(honest.program.ended, false);
  });

  test('and the auditor checks the one proof again from what was kept, once the epoch is over', async () => {
    await market.exchange.stop();
    const found = await audit('attest', market.exchange.journal);
    assert.deepEqual([found.ok, found.proofs, found.rechecked, found.epoch_open], [true, 1, 1, 0]);
  });
});

describe('a market that scales nothing', OPTIONS, () => {
  test('has no place for a processor that says it is a large accelerator', async () => {
    const market = await Market.open({ rules: { class_scale: 1 } });
    const engine = await Engine.start();
    const claims = await market.provider({ engine, nodes: [{ class: 'H100-SXM', offer: [tokenOffer(), capacityOffer()] }] });
    await until('the verdict', () => /not admitted/.test(claims.program.log));
    assert.deepEqual(await namesOnOffer(market), []);
    assert.equal((await verdicts(market)).offers_live, 0);
  });
});

describe('a provider that writes its own messages', OPTIONS, () => {
  let market, provider, node;
  const unitKey = () => Buffer.from(newClientId().padEnd(32, '.'));
  const frame = (bytes, unit = 0) => provider.wire.send({ type: 'AttestFrame', node: Number(node), unit, bytes });
  const verdict = (seen) => provider.find('a verdict', (m) => m.type === 'AttestVerdict' && !seen.includes(m));
  const said = () => provider.wire.messages.filter((m) => m.type === 'AttestVerdict');
  const offer = (more = {}) => ({
    type: 'PostOffer', client: newClientId(), node: Number(node), product: 'Tokens', model: MODEL, tier: 'standard',
    price: step('0.5'), quantity: '1', ...more,
  });

  before(async () => {
    market = await Market.open();
    provider = await market.session('Provider');
    ({ id: node } = await provider.must({ type: 'RegisterNode', label: '1', place: PLACE, klass: CLASS, units: 1 }));
    await provider.must({ type: 'BondPost', node: Number(node), unit: 0 });
  });

  async function assertNothingOffered() {
    const { refusal, sentence } = await provider.ask(offer());
    assert.equal(refusal, 'UnitUnattested', sentence);
    assert.deepEqual(await namesOnOffer(market), []);
  }

  test('cannot offer before it has proven anything', assertNothingOffered);

  for (const [name, bytes] of [
    ['garbage', () => Buffer.from('not a proof at all').toString('base64')],
    ['nothing', () => ''],
    ['half an opening', () => Buffer.from(attestOpen(node, unitKey()), 'base64').subarray(0, 20).toString('base64')],
    ['an answer to no question', () => cap1(RTT_ECHO, u32(0), Buffer.alloc(32))],
  ]) {
    test(`is refused for ${name}`, async () => {
      const before = said();
      frame(bytes());
      const { admitted, sentence } = await verdict(before);
      assert.equal(admitted, false);
      assert.ok(sentence.length > 10, sentence);
      await assertNothingOffered();
    });
  }

  test('is refused for a wrong answer to a question', async () => {
    const before = said();
    frame(attestOpen(node, unitKey()));
    await provider.find('the first question', (m) => m.type === 'AttestFrame');
    frame(cap1(RTT_ECHO, u32(0), Buffer.alloc(32, 7)));
    const { admitted, reason, sentence } = await verdict(before);
    assert.deepEqual([admitted, reason > 0], [false, true]);
    assert.match(sentence, /echo|probe/i);
    assert.equal(await market.balance(provider.credentials, 'bond'), 5_000_000_000n, 'it may have been late for another challenge');
    await assertNothingOffered();
  });

  // Every message in its turn, and rounds that nobody computed.
  async function answerWithRubbish() {
    const asked = () => provider.wire.messages.filter((m) => m.type === 'AttestFrame');
    let [answered, params] = [asked().length, null];
    const before = said();
    frame(attestOpen(node, unitKey()));
    while (said().length === before.length) {
      await until('a question or the verdict', () => asked().length > answered || said().length > before.length);
      for (const { bytes } of asked().slice(answered)) {
        answered += 1;
        const [kind, body] = [Buffer.from(bytes, 'base64')[4], Buffer.from(bytes, 'base64').subarray(5)];
        if (kind === EPOCH_PARAMS) params = { rounds: body.readUInt32LE(44), passes: body.readUInt32LE(52) };
        if (kind === RTT_PROBE) frame(cap1(RTT_ECHO, body));
        if (kind === CHALLENGE) frame(cap1(ROUNDS_DONE, Buffer.alloc(32, 1)));
        if (kind !== MEM_CHALLENGE) continue;
        const { rounds, passes } = params;
        frame(cap1(MEM_DONE, u32(rounds), Buffer.alloc(32 * rounds, 2), u32(passes), Buffer.alloc(32 * passes, 3), Buffer.alloc(32, 4)));
      }
    }
    return said().at(-1);
  }

  test('loses its bond for rounds that it did not compute', async () => {
    const { admitted, sentence } = await answerWithRubbish();
    assert.equal(admitted, false);
    assert.match(sentence, /root|round/i);
    await until('the bond is lost', async () => (await market.balance(provider.credentials, 'bond')) === 0n);
    await assertNothingOffered();
  });

  test('is not challenged again before it has posted another bond', async () => {
    const before = said();
    frame(attestOpen(node, unitKey()));
    const { admitted, reason, sentence } = await verdict(before);
    assert.deepEqual([admitted, reason], [false, 0]);
    assert.match(sentence, /bond is not there/);
    await provider.must({ type: 'BondPost', node: Number(node), unit: 0 });
    assert.equal(await market.balance(provider.credentials, 'bond'), 5_000_000_000n);
  });

  test('is refused for a class that its node does not have', async () => {
    const before = said();
    frame(attestOpen(node, unitKey(), CLASS_NUMBER + 1));
    const { admitted, sentence } = await verdict(before);
    assert.equal(admitted, false, sentence);
    await assertNothingOffered();
  });

  test('is refused for a unit and a node that are not its own', async () => {
    let before = said();
    frame(attestOpen(node, unitKey()), 5);
    assert.equal((await verdict(before)).admitted, false);
    before = said();
    provider.wire.send({ type: 'AttestFrame', node: 77, unit: 0, bytes: attestOpen(77, unitKey()) });
    assert.equal((await verdict(before)).admitted, false);
    await assertNothingOffered();
  });
});
