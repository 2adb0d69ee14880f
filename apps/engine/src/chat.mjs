// apps/engine/src/chat.mjs - answers one chat request, as one JSON object or as server-sent events.
// Room:   apps/engine; sees llama-engine.mjs, chat-request.mjs.
// Units:  tokens; times in milliseconds, for information only.
// Errors: before the first byte an ApiError goes to the caller; later the stream ends with an error event, no [DONE].
import { once } from 'node:events';
import { ApiError, asApiError } from './api-error.mjs';
import { parseChatRequest, readBody } from './chat-request.mjs';

const round = (ms) => Math.round(ms * 100) / 100;

class Answer {
  #started = performance.now();
  #firstToken;
  completionTokens = 0;

  constructor(engine, promptTokens) {
    this.promptTokens = promptTokens;
    this.base = {
      id: `chatcmpl-${crypto.randomUUID()}`,
      created: Math.floor(Date.now() / 1000),
      model: engine.name,
      system_fingerprint: engine.fingerprint,
    };
  }

  markToken() {
    this.#firstToken ??= performance.now() - this.#started;
  }

  totals() {
    const { promptTokens, completionTokens } = this;
    return {
      usage: {
        prompt_tokens: promptTokens,
        completion_tokens: completionTokens,
        total_tokens: promptTokens + completionTokens,
      },
      timings: { ttft_ms: round(this.#firstToken ?? 0), total_ms: round(performance.now() - this.#started) },
    };
  }

  whole(content, finishReason) {
    const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: finishReason, logprobs: null };
    return { ...this.base, object: 'chat.completion', choices: [choice], ...this.totals() };
  }

  chunk(delta, finishReason = null) {
    const choice = { index: 0, delta, finish_reason: finishReason };
    return { ...this.base, object: 'chat.completion.chunk', choices: [choice] };
  }

  usageChunk() {
    return { ...this.base, object: 'chat.completion.chunk', choices: [], ...this.totals() };
  }
}

async function sendEvent(response, signal, data) {
  if (!response.write(`data: ${data}\n\n`)) await once(response, 'drain', { signal });
}

async function streamed(engine, response, signal, request, slot, plan, answer) {
  const send = (object) => sendEvent(response, signal, JSON.stringify(object));
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  await send(answer.chunk({ role: 'assistant', content: '' }));
  const finishReason = await engine.generate(slot, plan, signal, answer, (content) => {
    answer.markToken();
    return send(answer.chunk({ content }));
  });
  await send(answer.chunk({}, finishReason));
  if (request.includeUsage) await send(answer.usageChunk());
  response.write('data: [DONE]\n\n');
}

async function whole(engine, response, signal, slot, plan, answer) {
  let text = '';
  const finishReason = await engine.generate(slot, plan, signal, answer, (piece) => {
    answer.markToken();
    text += piece;
  });
  response.setHeader('content-type', 'application/json');
  response.write(JSON.stringify(answer.whole(text, finishReason)));
}

// A stream that failed in the middle must not look complete: an error event, then the end, without [DONE].
function failInStream(response, error) {
  response.write(`data: ${JSON.stringify(asApiError(error).body)}\n\n`);
  response.end();
}

// What a broken answer's client is told; nothing when it is the client that left.
function tell(response, error) {
  if (!response.headersSent) throw error;
  failInStream(response, error);
}

const stoppingError = () => new ApiError(503, 'the engine is stopping', { type: 'server_error', code: 'stopping' });

// The answer ends (response.end) only after the slot is free, so a client that saw the end finds the slot free.
export async function answerChat(engine, metrics, stopping, httpRequest, response) {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client closed the connection')));
  const request = parseChatRequest(await readBody(httpRequest), engine.name);
  const plan = engine.plan(request);
  const signal = AbortSignal.any([gone.signal, stopping]);
  const answer = new Answer(engine, plan.tokens.length);
  metrics.requests += 1;
  try {
    await engine.withSlot(signal, (slot) =>
      request.stream
        ? streamed(engine, response, signal, request, slot, plan, answer)
        : whole(engine, response, signal, slot, plan, answer),
    );
    response.end();
  } catch (error) {
    if (signal.aborted) metrics.aborted += 1;
    if (!gone.signal.aborted) tell(response, stopping.aborted ? stoppingError() : error);
  } finally {
    metrics.promptTokens += answer.promptTokens;
    metrics.completionTokens += answer.completionTokens;
  }
}
