// apps/engine/src/llama-engine.mjs - llama.cpp with one model loaded: tokens in, pieces of text out, a slot a request.
// Room:   apps/engine; the only file that speaks to node-llama-cpp.
// Units:  tokens; the context is that of one slot.
// Errors: ApiError 400 context_length_exceeded before a slot is taken; an aborted signal rejects with its reason.
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { badRequest } from './api-error.mjs';
import { SlotPool } from './slot-pool.mjs';

// A prompt goes in by pieces of this size, because an abort can only be heeded between two of them.
const PROMPT_PIECE_TOKENS = 128;

export class LlamaEngine {
  #model;
  #countEos;

  // One thread always: two spinning threads on two busy cores are a hundred times slower than one.
  static async load({ modelPath, ctx, slots, alias, countEos }) {
    const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 1, logLevel: LlamaLogLevel.error });
    const model = await llama.loadModel({ modelPath });
    const context = await model.createContext({ contextSize: ctx, sequences: slots, threads: 1 });
    return new LlamaEngine({ llama, model, context, slots, alias, countEos });
  }

  constructor({ llama, model, context, slots, alias, countEos }) {
    this.#model = model;
    this.#countEos = countEos;
    this.name = alias ?? model.fileInfo.metadata.general.name;
    this.fingerprint = `llama.cpp-${llama.llamaCppRelease.release}`;
    this.ctx = context.contextSize;
    this.pool = new SlotPool(Array.from({ length: slots }, () => context.getSequence()));
  }

  // The prompt's tokens and the room left for the answer: as llama-server does, a max_tokens beyond the context is cut
  // to it (the answer then ends with finish_reason "length"); a prompt that leaves no room is refused.
  plan({ prompt, maxTokens }) {
    const tokens = [this.#model.tokens.bos, ...this.#model.tokenize(prompt)];
    const room = this.ctx - tokens.length;
    if (room < 1) {
      throw badRequest(
        `the prompt has ${tokens.length} tokens, the context ${this.ctx}: send at most ${this.ctx - 1}`,
        'messages', 'context_length_exceeded',
      );
    }
    return { tokens, limit: Math.min(maxTokens, room) };
  }

  // Runs `use(slot)` with a slot of its own, given back clean whatever happens.
  async withSlot(signal, use) {
    const slot = await this.pool.acquire(signal);
    try {
      return await use(slot);
    } finally {
      await slot.clearHistory();
      this.pool.release(slot);
    }
  }

  // Calls `onPiece(text)` for each token, counts into `progress.completionTokens` so that an aborted answer is counted
  // too, and returns the finish_reason. Always takes the likeliest token: the text is known, whatever `temperature`.
  async generate(slot, { tokens, limit }, signal, progress, onPiece) {
    const recent = [];
    for await (const token of this.#evaluate(slot, tokens, signal)) {
      signal.throwIfAborted();
      if (this.#model.isEogToken(token)) {
        if (this.#countEos) progress.completionTokens += 1;
        return 'stop';
      }
      progress.completionTokens += 1;
      await onPiece(this.#model.detokenize([token], false, recent));
      recent.push(token);
      if (recent.length > 4) recent.shift();  // detokenizing a piece needs only a few tokens before it
      if (progress.completionTokens >= limit) return 'length';
    }
    return 'stop';
  }

  async *#evaluate(slot, tokens, signal) {
    const last = tokens.length - 1;
    for (let at = 0; at < last; at += PROMPT_PIECE_TOKENS) {
      signal.throwIfAborted();
      await slot.evaluateWithoutGeneratingNewTokens(tokens.slice(at, Math.min(last, at + PROMPT_PIECE_TOKENS)));
    }
    yield* slot.evaluate(tokens.slice(last), { temperature: 0, yieldEogToken: true });
  }
}
