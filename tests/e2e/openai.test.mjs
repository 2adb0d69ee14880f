// tests/e2e/openai.test.mjs - the OpenAI door as the official openai client and a plain HTTP client see it.
// Covers: openai_door.cpp, door_request.cpp, door_stream.cpp, metrics_page.cpp, meters.cpp (gateway/server).
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Engine, ENDLESS, knownAnswer, OPTIONS, packages, until } from './lib.mjs';
import { Market, MODEL, tokenOffer } from './market.mjs';

const { OpenAI } = packages('openai');
const { Agent, fetch: trustingFetch } = packages('undici');
const ENDLESS_MODEL = 'deepseek-r1-distill-qwen-7b';

let market, engine, endless, buyer, client, poor, trust;

const door = (apiKey) =>
  new OpenAI({
    baseURL: `${market.exchange.http}/v1`, apiKey, maxRetries: 0, fetch: trustingFetch, fetchOptions: { dispatcher: trust },
  });

const ask = (more = {}) => ({ model: MODEL, messages: [{ role: 'user', content: 'hello' }], ...more });

async function refusal(promise) {
  const { status, code, type, message } = await promise.then(() => assert.fail('it was accepted'), (error) => error);
  assert.ok(message.length > 20, `a sentence, not "${message}"`);
  return { status, code, type };
}

async function collect(stream) {
  const seen = { text: '', pieces: 0, finishReasons: [], usage: null };
  for await (const { choices: [choice], usage } of stream) {
    if (choice?.delta.content) seen.pieces += 1;
    seen.text += choice?.delta.content ?? '';
    if (choice?.finish_reason) seen.finishReasons.push(choice.finish_reason);
    seen.usage = usage ?? seen.usage;
  }
  return seen;
}

before(async () => {
  market = await Market.open();
  trust = new Agent({ connect: { ca: market.exchange.ca } });
  [engine, endless] = await Promise.all([Engine.start(), Engine.start({ shape: ENDLESS })]);
  await market.provider({ engine });
  await market.provider({ engine: endless, nodes: [{ offer: [tokenOffer({ model: ENDLESS_MODEL })] }] });
  buyer = await market.participant('Buyer');
  const nobody = await market.participant('Buyer', { deposit: '0' });
  client = door(await market.bearerKey(buyer));
  poor = door(await market.bearerKey(nobody));
  await market.offersLive(2);
}, OPTIONS);

describe('the official openai client', OPTIONS, () => {
  test('lists the models that are traded, with the best price of those on offer', async () => {
    const { data } = await client.models.list();
    const offered = data.filter((model) => model.slots_at_best > 0).map((model) => model.id);
    assert.deepEqual(offered.sort(), [MODEL, ENDLESS_MODEL].sort());
    const { pricing } = data.find((model) => model.id === MODEL);
    assert.equal(Number(pricing.completion_per_million), 0.5);
  });

  test('completes with the known text, counts tokens and tells order, price and cost', async () => {
    const { data, response } = await client.chat.completions.create(ask()).withResponse();
    assert.equal(data.choices[0].message.content, knownAnswer());
    assert.equal(data.choices[0].finish_reason, 'stop');
    assert.equal(data.usage.prompt_tokens, 2);
    assert.equal(data.usage.completion_tokens, 48);
    assert.equal(data.usage.total_tokens, 50);
    assert.equal(Number(data.usage.cost), 0.000025);
    assert.match(response.headers.get('x-spillway-order-id'), /^\d+$/);
    assert.equal(Number(response.headers.get('x-spillway-price')), 0.5);
    assert.equal(response.headers.get('x-spillway-engine'), 'stand-in');
  });

  test('stops at max_tokens with finish reason length', async () => {
    const { choices, usage } = await client.chat.completions.create(ask({ max_tokens: 3 }));
    assert.equal(choices[0].message.content, 'w0 w1 w2');
    assert.equal(choices[0].finish_reason, 'length');
    assert.equal(usage.completion_tokens, 3);
  });

  test('streams the known text in many pieces, one finish reason, and usage when it is asked for', async () => {
    const stream = await client.chat.completions.create(ask({ stream: true, stream_options: { include_usage: true } }));
    const seen = await collect(stream);
    assert.equal(seen.text, knownAnswer());
    assert.ok(seen.pieces > 10, `${seen.pieces} pieces`);
    assert.deepEqual(seen.finishReasons, ['stop']);
    assert.equal(seen.usage.completion_tokens, 48);
  });

  test('streams no usage when it is not asked for', async () => {
    const seen = await collect(await client.chat.completions.create(ask({ stream: true })));
    assert.equal(seen.text, knownAnswer());
    assert.equal(seen.usage, null);
  });

  test('gives each of many requests at once its own whole answer', async () => {
    const asked = Array.from({ length: 12 }, (_, i) =>
      client.chat.completions.create({ ...ask(), messages: [{ role: 'user', content: `request ${i}` }] }));
    const texts = (await Promise.all(asked)).map(({ choices }) => choices[0].message.content);
    assert.deepEqual(new Set(texts), new Set([knownAnswer()]));
  });

  test('aborts a stream: the engine gets its slot back and the job ends with the buyer at fault', async () => {
    const body = ask({ model: ENDLESS_MODEL, stream: true, max_tokens: 4000 });
    const { data: stream, response } = await client.chat.completions.create(body).withResponse();
    let pieces = 0;
    for await (const { choices: [choice] } of stream) {
      if (choice?.delta.content) pieces += 1;
      if (pieces === 5) break;  // leaving the loop aborts the request
    }
    const { aborted_total: aborted } = await endless.idle();
    assert.equal(aborted, 1);
    const order = response.headers.get('x-spillway-order-id');
    const job = await market.job(buyer, order, ({ phase }) => phase === 'failed');
    assert.equal(job.fault, 'buyer');
    assert.ok(Number(job.output) >= 5 && Number(job.output) < 4000, `${job.output} tokens`);
    await market.assertSettled(buyer);
  });
});

describe('what the door refuses', OPTIONS, () => {
  const model = 'gpt-9000';
  const cases = [
    ['an unknown model', () => client.chat.completions.create(ask({ model })), { status: 404, code: 'model_not_found' }],
    ['empty messages', () => client.chat.completions.create(ask({ messages: [] })), { status: 400, code: 'messages_required' }],
    ['a message without content', () => client.chat.completions.create(ask({ messages: [{ role: 'user' }] })), { status: 400, code: 'invalid_value' }],
    ['more output than any tier gives', () => client.chat.completions.create(ask({ max_tokens: 100_000 })), { status: 400, code: 'output_too_long' }],
    ['an unknown place', () => client.chat.completions.create(ask({ spillway: { within: ['atlantis'] } })), { status: 400, code: 'unknown_place' }],
    ['a key that nobody added', () => door('sk-wrong').models.list(), { status: 401, code: 'invalid_api_key' }],
    ['a buyer without money', () => poor.chat.completions.create(ask()), { status: 402, code: 'funds_short' }],
    [
      'a price below every offer',
      () => client.chat.completions.create(ask({ provider: { max_price: { completion: '0.001' } }, spillway: { good_for_ms: 200 } })),
      { status: 503, code: 'no_offer' },
    ],
  ];
  for (const [name, attempt, expected] of cases) {
    test(name, async () => {
      const { status, code } = await refusal(attempt());
      assert.deepEqual({ status, code }, expected);
    });
  }

  async function raw(path, options) {
    const headers = { authorization: `Bearer ${client.apiKey}`, ...options?.headers };
    const response = await trustingFetch(`${market.exchange.http}${path}`, { dispatcher: trust, ...options, headers });
    return { status: response.status, body: await response.text() };
  }

  for (const [name, body] of [['half an object', '{"model":'], ['a list', '[]'], ['nothing', ''], ['no text at all', Buffer.of(0xff, 0xfe, 0)]]) {
    test(`a body that is ${name}`, async () => {
      const { status, body: told } = await raw('/v1/chat/completions', { method: 'POST', body });
      assert.equal(status, 400);
      assert.equal(JSON.parse(told).error.code, 'bad_json');
    });
  }

  test('a prompt of more than 256 KiB', async () => {
    const body = JSON.stringify(ask({ messages: [{ role: 'user', content: 'x'.repeat(300_000) }] }));
    const { status } = await raw('/v1/chat/completions', { method: 'POST', body });
    assert.equal(status, 413);
  });

  test('a path and a method that do not exist', async () => {
    assert.equal((await raw('/v1/embeddings', { method: 'POST', body: '{}' })).status, 404);
    assert.equal((await raw('/v1/chat/completions')).status, 405);
  });

  test('and after all that the door still answers and the books balance', async () => {
    const { choices } = await client.chat.completions.create(ask());
    assert.equal(choices[0].message.content, knownAnswer());
    assert.equal((await raw('/healthz')).status, 200);
    const { body: metrics } = await raw('/metrics');
    assert.match(metrics, /^spillway_jobs_total\{end="failed_buyer"\} 1$/m);
    assert.match(metrics, /^spillway_jobs_total\{end="failed_provider"\} 0$/m);
    await until('no slot of the engine is taken', () => engine.idle());
    await market.assertSettled(buyer);
  });
});
