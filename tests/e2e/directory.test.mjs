// tests/e2e/directory.test.mjs - the journal directory: in use, damaged, full. Nothing is lost and the words say what to do.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, openSync, readdirSync, readSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { audit, OPTIONS, pause, run, scratch, SPILLWAY, until } from './lib.mjs';
import { capacityOrder, Market } from './market.mjs';
import { Session } from './session.mjs';

const serveOn = (data, ...more) => run(SPILLWAY, ['serve', '--data', data, '--port', '0', ...more]);

async function marketWithOrders(count, options, config = {}) {
  const market = await Market.open(config, options);
  const buyer = await market.participant('Buyer');
  const session = await Session.open(market.exchange, buyer);
  const answers = await Promise.all(Array.from({ length: count }, () => session.must(capacityOrder({ price: '0.01' }))));
  return { market, buyer, session, orders: answers.map(({ id }) => id) };
}

async function restingOrders(market, buyer) {
  const session = await Session.open(market.exchange, buyer);
  const { orders } = await session.read('Orders', { most: 10_000 });
  return orders.filter(({ phase }) => phase === 'resting').map(({ order }) => order).sort();
}

test('a directory that is in use is refused by naming the process that has it', OPTIONS, async () => {
  const { market, session } = await marketWithOrders(1);
  const second = await serveOn(market.exchange.data);
  assert.equal(second.code, 1);
  assert.match(second.err, new RegExp(`in use by process ${market.exchange.program.pid}\\b`));
  await session.must(capacityOrder({ price: '0.01' }));
  await market.exchange.stop();
});

test('a directory that holds something else is not written to', OPTIONS, async () => {
  const data = scratch('photos');
  writeFileSync(join(data, 'holiday.jpg'), 'sea');
  const { code, err } = await serveOn(scratch('data'), '--journal', data);
  assert.equal(code, 1);
  assert.match(err, /holds other files and no journal/);
  assert.deepEqual(readdirSync(data).filter((name) => name !== 'LOCK'), ['holiday.jpg']);
});

test('a port in use and a configuration with a mistake are told by name', OPTIONS, async () => {
  const market = await Market.open();
  const taken = await run(SPILLWAY, ['serve', '--data', scratch('data'), '--port', String(market.exchange.port)]);
  assert.equal(taken.code, 1);
  assert.match(taken.err, new RegExp(`${market.exchange.port}`));
  const file = join(scratch('config'), 'serve.toml');
  writeFileSync(file, '[rules]\nclass_scale = 1000\nsilense_ms = 5\n');
  const mistaken = await serveOn(scratch('data'), '--config', file);
  assert.equal(mistaken.code, 1);
  assert.match(mistaken.err, /serve\.toml, line 3: "silense_ms" is unknown here/);
});

function flipByte(file, position) {
  const descriptor = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, position);
  writeSync(descriptor, Buffer.of(byte[0] ^ 0x40), 0, 1, position);
}

test('a byte that changed in the middle of a segment stops the exchange and the auditor, with its position', OPTIONS, async () => {
  const { market } = await marketWithOrders(50);
  await market.exchange.stop();
  const { journal } = market.exchange;
  assert.equal((await audit('verify', journal)).ok, true);
  const [segment] = readdirSync(join(journal, 'segments')).filter((name) => !name.endsWith('.spare')).sort();
  flipByte(join(journal, 'segments', segment), 40_000);

  const { code, err } = await serveOn(market.exchange.data);
  assert.equal(code, 1);
  assert.match(err, new RegExp(`${segment} at byte \\d+`));
  const verdict = await audit('verify', journal);
  assert.deepEqual([verdict.code, verdict.ok], [1, false]);
  assert.match(verdict.reason, new RegExp(`${segment} at byte \\d+`));
});

// ---- a full disk ----

const mounts = [];
after(() => mounts.forEach((folder) => spawnSync('umount', ['--lazy', folder])));

function smallDisk(mebibytes) {
  const folder = scratch('disk');
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'spillway-e2e', folder]);
  if (status !== 0) return { why: `no small disk can be mounted here: ${stderr}` };
  mounts.push(folder);
  return { folder };
}

function fillUpTo(folder, leave) {
  const { bavail, bsize } = statfsSync(folder);
  const size = bavail * bsize - leave;
  const descriptor = openSync(join(folder, `filler-${leave}`), 'w');
  const chunk = Buffer.alloc(1 << 20);
  for (let done = 0; done < size; done += chunk.length) writeSync(descriptor, chunk, 0, Math.min(chunk.length, size - done));
}

async function fullMarket(t, count) {
  const disk = smallDisk(320);
  if (disk.why) return t.skip(disk.why);
  const small = { journal: { segment_mib: 16 } };
  return { disk: disk.folder, ...(await marketWithOrders(count, { data: join(disk.folder, 'data') }, small)) };
}

/// The market goes on from a copy of its directory, on a disk with room.
async function moveElsewhere(market) {
  const copy = scratch('copy');
  cpSync(market.exchange.data, copy, { recursive: true });
  market.exchange.data = copy;
  await market.restart();
}

async function assertAuditAgrees(market) {
  const { digest } = await market.exchange.stop();
  const replay = await audit('replay', market.exchange.journal);
  assert.deepEqual([replay.ok, replay.digest], [true, digest], replay.reason);
}

test('a disk that fills up: new orders are refused, cancels go through, and nothing is lost', OPTIONS, async (t) => {
  const full = await fullMarket(t, 40);
  if (!full) return;
  const { disk, market, buyer, session, orders } = full;
  fillUpTo(disk, 64 << 20);  // two segments for each stream: less than four, more than one
  const extra = [];
  await until('new orders are refused', async () => {
    const { refusal, id, seq, sentence } = await session.ask(capacityOrder({ price: '0.01' }));
    if (refusal === 'None') extra.push(id);
    else assert.deepEqual([refusal, seq], ['Capacity', '0'], sentence);
    return refusal === 'Capacity';
  });
  const [cancelled, ...kept] = [...orders, ...extra];
  await session.must({ type: 'CancelOrder', order: cancelled });

  await market.exchange.kill();
  await moveElsewhere(market);
  assert.deepEqual(await restingOrders(market, buyer), kept.sort());
  await (await Session.open(market.exchange, buyer)).must(capacityOrder({ price: '0.01' }));
  await assertAuditAgrees(market);
});

test('a disk without a byte left: it goes on or ends with a sentence, and what it acknowledged is there', OPTIONS, async (t) => {
  const full = await fullMarket(t, 300);
  if (!full) return;
  const { disk, market, buyer, session, orders } = full;
  fillUpTo(disk, 0);
  const kept = new Set(orders);
  for (const order of orders) {
    const { refusal } = await session.ask({ type: 'CancelOrder', order }).catch(() => ({ refusal: 'gone' }));
    if (refusal === 'None') kept.delete(order);
    if (refusal === 'gone') break;
    await pause(10);  // so that what is written every second is written too
  }
  if (session.wire.closure) {
    await market.exchange.program.exited;
    assert.match(market.exchange.program.log, /space|full/i);
  } else {
    await market.exchange.kill();
  }
  await moveElsewhere(market);
  const there = await restingOrders(market, buyer);
  const unsure = there.length < kept.size ? 1 : 0;  // the one that was asked and not answered
  assert.equal(kept.size - there.length, unsure);
  assert.ok(there.every((order) => kept.has(order)));
  await assertAuditAgrees(market);
});
