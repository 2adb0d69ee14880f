// apps/engine/test/engine.test.mjs - the engine as its clients see it: real processes, the official openai client.
// Covers: engine.mjs, gen-gguf.mjs and all of src/ (api-error, chat, chat-request, flags, gguf, http-server,
//         llama-engine, slot-pool, tiny-model).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { answer } from '../src/tiny-model.mjs';
import { run, startEngine, untilMetrics } from './engine-process.mjs';

const ask = (text, more = {}) => ({ model: 'known', messages: [{ role: 'user', content: text }], ...more });
const promptTokens = (text) => `user: ${text}\nassistant:`.length + 2;  // one a character, the begin mark, a space

async function collect(stream) {
  const seen = { text: '', pieces: 0, finishReason: null, usage: null };
  for await (const chunk of stream) {
    const [choice] = chunk.choices;
    if (choice?.delta.content) {
      seen.text += choice.delta.content;
      seen.pieces += 1;
    }
    seen.finishReason ??= choice?.finish_reason ?? null;
    seen.usage = chunk.usage ?? seen.usage;
  }
  return seen;
}

async function refusal(promise) {
  const error = await promise.then(() => assert.fail('it was accepted'), (reason) => reason);
  const { status, type, code, param } = error;
  return { status, type, code, param };
}

describe('an engine whose model ends by itself', { timeout: 120_000 }, () => {
  let engine;
  before(async () => (engine = await startEngine({ flags: ['--alias', 'known', '--slots', '2', '--ctx', '512'] })));
  after(async () => assert.equal(await engine.stop(), 0));

  test('says what it is on its ready line', () => {
    assert.deepEqual([engine.model, engine.slots, engine.ctx, engine.engine], ['known', 2, 512, 'stand-in']);
  });

  test('lists its one model', async () => {
    const { data } = await engine.client.models.list();
    assert.deepEqual(data.map((model) => model.id), ['known']);
  });

  test('answers with the known text and counts every token', async () => {
    const { choices, usage } = await engine.client.chat.completions.create(ask('hello'));
    assert.equal(choices[0].message.content, answer());
    assert.equal(choices[0].finish_reason, 'stop');
    const prompt = promptTokens('hello');
    assert.deepEqual(usage, { prompt_tokens: prompt, completion_tokens: 48, total_tokens: prompt + 48 });
  });

  test('streams the same text, a token a piece, usage last when asked', async () => {
    const body = ask('hello', { stream: true, stream_options: { include_usage: true } });
    const seen = await collect(await engine.client.chat.completions.create(body));
    assert.equal(seen.text, answer());
    assert.equal(seen.pieces, 48);
    assert.equal(seen.finishReason, 'stop');
    assert.equal(seen.usage.completion_tokens, 48);
  });

  test('streams no usage when it is not asked for', async () => {
    const seen = await collect(await engine.client.chat.completions.create(ask('hello', { stream: true })));
    assert.equal(seen.usage, null);
  });

  for (const name of ['max_tokens', 'max_completion_tokens']) {
    test(`stops after ${name} tokens`, async () => {
      const { choices, usage } = await engine.client.chat.completions.create(ask('hello', { [name]: 3 }));
      assert.equal(choices[0].message.content, 'w0 w1 w2');
      assert.equal(choices[0].finish_reason, 'length');
      assert.equal(usage.completion_tokens, 3);
    });
  }

  test('reads content given as a list of text parts', async () => {
    const content = [{ type: 'text', text: 'hel' }, { type: 'text', text: 'lo' }];
    const { usage } = await engine.client.chat.completions.create(ask(content, { max_tokens: 1 }));
    assert.equal(usage.prompt_tokens, promptTokens('hello'));
  });

  test('gives each of many requests at once its own whole answer', async () => {
    const asked = Array.from({ length: 8 }, (_, i) => engine.client.chat.completions.create(ask(`request ${i}`)));
    for (const { choices } of await Promise.all(asked)) assert.equal(choices[0].message.content, answer());
    const { slots_free: free, queue } = await engine.metrics();
    assert.deepEqual({ free, queue }, { free: 2, queue: 0 });
  });

  test('refuses a prompt beyond the context and takes the longest that fits', async () => {
    const frame = promptTokens('');
    const tooLong = engine.client.chat.completions.create(ask('x'.repeat(512 - frame)));
    const typed = { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded', param: 'messages' };
    assert.deepEqual(await refusal(tooLong), typed);
    const { choices, usage } = await engine.client.chat.completions.create(ask('x'.repeat(511 - frame)));
    assert.equal(choices[0].message.content, 'w0');
    assert.equal(choices[0].finish_reason, 'length');
    assert.equal(usage.total_tokens, 512);
  });

  test('refuses another model by name', async () => {
    const typed = { status: 404, type: 'invalid_request_error', code: 'model_not_found', param: 'model' };
    assert.deepEqual(await refusal(engine.client.chat.completions.create(ask('hello', { model: 'other' }))), typed);
  });

  const malformed = {
    'no JSON': ['{"messages":', null],
    'JSON that is no object': ['[1]', null],
    'no messages': ['{}', 'messages'],
    'an empty list of messages': ['{"messages":[]}', 'messages'],
    'a message without a role': ['{"messages":[{"content":"x"}]}', 'messages[0].role'],
    'content that is no text': ['{"messages":[{"role":"user","content":7}]}', 'messages[0].content'],
    'max_tokens of 0': ['{"messages":[{"role":"user","content":"x"}],"max_tokens":0}', 'max_tokens'],
    'stream that is no boolean': ['{"messages":[{"role":"user","content":"x"}],"stream":"yes"}', 'stream'],
  };
  for (const [what, [body, param]] of Object.entries(malformed)) {
    test(`refuses ${what} with a typed 400`, async () => {
      const response = await engine.post(body);
      const { error } = await response.json();
      assert.deepEqual([response.status, error.type, error.param], [400, 'invalid_request_error', param]);
    });
  }

  test('refuses a body over one mebibyte', async () => {
    const response = await engine.post(JSON.stringify(ask('x'.repeat(1 << 20))));
    assert.equal(response.status, 413);
    assert.equal((await response.json()).error.code, 'request_too_large');
  });

  test('answers unknown paths with a typed 404', async () => {
    const response = await fetch(`${engine.url}/v1/embeddings`, { method: 'POST', body: '{}' });
    assert.equal(response.status, 404);
    assert.equal((await response.json()).error.code, 'unknown_path');
  });

  test('reports its health', async () => {
    const response = await fetch(`${engine.url}/health`);
    assert.deepEqual(await response.json(), { status: 'ok', engine: 'stand-in' });
  });
});

describe('an engine whose model never ends', { timeout: 120_000 }, () => {
  let engine;
  before(async () => {
    const flags = ['--alias', 'known', '--slots', '1', '--ctx', '1024'];
    engine = await startEngine({ model: { endless: true }, flags });
  });
  after(() => engine.stop());

  test('goes on past its last word until max_tokens', async () => {
    const { choices, usage } = await engine.client.chat.completions.create(ask('long', { max_tokens: 200 }));
    const words = choices[0].message.content.split(' ');
    assert.deepEqual(words, Array.from({ length: 200 }, (_, i) => `w${i % 48}`));
    assert.equal(choices[0].finish_reason, 'length');
    assert.equal(usage.completion_tokens, 200);
  });

  test('cuts max_tokens to the room that the context leaves', async () => {
    const { choices, usage } = await engine.client.chat.completions.create(ask('long', { max_tokens: 100_000 }));
    assert.equal(choices[0].finish_reason, 'length');
    assert.equal(usage.total_tokens, 1024);
  });

  test('frees the slot of a client that aborts, without making the rest of the answer', async () => {
    const before = await engine.metrics();
    const stream = await engine.client.chat.completions.create(ask('abort me', { stream: true }));
    let read = 0;
    for await (const chunk of stream) {
      if (chunk.choices[0].delta.content && (read += 1) === 5) stream.controller.abort();
    }
    const after = await untilMetrics(engine, (metrics) => metrics.slots_free === 1);
    assert.equal(after.aborted_total, before.aborted_total + 1);
    const made = after.completion_tokens_total - before.completion_tokens_total;
    assert.ok(made >= 5 && made < 900, `${made} tokens were made for a client that read 5`);
  });

  test('drops a waiting request whose client leaves, and serves the next', async () => {
    const before = await engine.metrics();
    const first = await engine.client.chat.completions.create(ask('holds the slot', { stream: true }));
    const leaving = new AbortController();
    const waiting = engine.client.chat.completions.create(ask('waits'), { signal: leaving.signal });
    await untilMetrics(engine, (metrics) => metrics.queue === 1);
    leaving.abort();
    await assert.rejects(waiting, /aborted/);
    await untilMetrics(engine, (metrics) => metrics.queue === 0);
    first.controller.abort();
    const { choices } = await engine.client.chat.completions.create(ask('next', { max_tokens: 1 }));
    assert.equal(choices[0].message.content, 'w0');
    const after = await untilMetrics(engine, (metrics) => metrics.slots_free === 1);
    assert.equal(after.aborted_total, before.aborted_total + 2);
  });

  test('stops when told to, also in the middle of an answer', async () => {
    const ending = await startEngine({ model: { endless: true }, flags: ['--alias', 'known'] });
    const stream = await ending.client.chat.completions.create(ask('hello', { stream: true }));
    const read = collect(stream);
    const failed = assert.rejects(read, /the engine is stopping/);
    assert.equal(await ending.stop(), 0);
    await failed;
  });
});

test('--count-eos counts the end token as llama-server does', { timeout: 120_000 }, async () => {
  const engine = await startEngine({ flags: ['--alias', 'known', '--count-eos'] });
  const { choices, usage } = await engine.client.chat.completions.create(ask('hello'));
  assert.equal(choices[0].message.content, answer());
  assert.equal(usage.completion_tokens, 49);
  await engine.stop();
});

describe('a wrong command line', { timeout: 120_000 }, () => {
  const cases = {
    'no model': [[], 2, /name one model file/],
    'a port out of range': [['model.gguf', '--port', '70000'], 2, /--port must be a whole number/],
    'an unknown flag': [['model.gguf', '--fast'], 2, /--fast/],
    'a model that is not there': [['no-such.gguf'], 1, /make one: node gen-gguf.mjs/],
  };
  for (const [what, [args, code, message]] of Object.entries(cases)) {
    test(`${what} is told in a sentence`, async () => {
      const { exitCode, stderr } = await run(args);
      assert.equal(exitCode, code);
      assert.match(stderr, message);
    });
  }
});
