// apps/engine/src/tiny-model.mjs - a llama-architecture model whose answer is known in closed form: w0 w1 ... w47.
// Room:   apps/engine; sees gguf.mjs.
// Units:  sizes are those of the architecture: layers, width (`dim`), feed-forward width (`ffn`), context in tokens.
// Errors: throws RangeError where the sizes can't make a model.
//
// Why it works: both output projections of every layer are zero, so the residual stream stays the one-hot embedding
// of the last token, and the output matrix maps each token to its successor. All other weights are random, so every
// matrix product and all KV traffic are really computed: more layers or width make a slower engine with the same text.
import { F16, F32, GgufFile } from './gguf.mjs';

const HEAD_DIM = 64;
const TOKEN = { unknown: 0, begin: 1, end: 2 };
const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, byte: 6 };
const SPACE = '\u2581';  // how SentencePiece writes a leading space
const CHAT_TEMPLATE =
  "{{ bos_token }}{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}" +
  '{% if add_generation_prompt %}assistant:{% endif %}';

// The text of the whole answer, as the engine's plain decoding gives it.
export const answer = (words = 48) => Array.from({ length: words }, (_, i) => `w${i}`).join(' ');

// A vocabulary of bytes, single printable characters and the words; the words have scores so low that no prompt is
// ever merged into one: a prompt has one token for each of its ASCII characters, two more for its frame.
function vocabulary(words) {
  const list = [];
  const add = (text, type, score) => list.push({ text, type, score });
  add('<unk>', TOKEN_TYPE.unknown, 0);
  add('<s>', TOKEN_TYPE.control, 0);
  add('</s>', TOKEN_TYPE.control, 0);
  for (let byte = 0; byte < 256; byte += 1) {
    add(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, TOKEN_TYPE.byte, 0);
  }
  add(SPACE, TOKEN_TYPE.normal, -1000);
  for (let code = 33; code < 127; code += 1) add(String.fromCharCode(code), TOKEN_TYPE.normal, -1000);
  const firstWord = list.length;
  for (let i = 0; i < words; i += 1) add(`${SPACE}w${i}`, TOKEN_TYPE.normal, -1e6 - i);
  return { list, firstWord };
}

// next[t] = the token that follows t: the first word after anything else, then word by word to the end or, where the
// model is endless, around again.
function successors({ list, firstWord }, words, endless) {
  const next = new Array(list.length).fill(firstWord);
  for (let i = 0; i < words - 1; i += 1) next[firstWord + i] = firstWord + i + 1;
  next[firstWord + words - 1] = endless ? firstWord : TOKEN.end;
  return next;
}

// xorshift32: the same seed makes the same file on every machine.
function smallWeights(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) / 2 ** 32 - 0.5) * 0.05;
  };
}

function describe(file, shape, vocab) {
  file.set('string', 'general.architecture', 'llama');
  file.set('string', 'general.name', shape.name);
  file.set('uint32', 'general.alignment', 32);
  file.set('uint32', 'general.file_type', 1);
  file.set('uint32', 'llama.context_length', shape.ctx);
  file.set('uint32', 'llama.embedding_length', shape.dim);
  file.set('uint32', 'llama.block_count', shape.layers);
  file.set('uint32', 'llama.feed_forward_length', shape.ffn);
  file.set('uint32', 'llama.attention.head_count', shape.heads);
  file.set('uint32', 'llama.attention.head_count_kv', shape.kvHeads);
  file.set('float32', 'llama.attention.layer_norm_rms_epsilon', 1e-5);
  file.set('uint32', 'llama.rope.dimension_count', HEAD_DIM);
  file.set('uint32', 'llama.vocab_size', vocab.list.length);
}

function describeTokens(file, { list }) {
  file.set('string', 'tokenizer.ggml.model', 'llama');
  file.set('string', 'tokenizer.ggml.pre', 'default');
  file.setArray('string', 'tokenizer.ggml.tokens', list.map((token) => token.text));
  file.setArray('float32', 'tokenizer.ggml.scores', list.map((token) => token.score));
  file.setArray('int32', 'tokenizer.ggml.token_type', list.map((token) => token.type));
  file.set('uint32', 'tokenizer.ggml.bos_token_id', TOKEN.begin);
  file.set('uint32', 'tokenizer.ggml.eos_token_id', TOKEN.end);
  file.set('uint32', 'tokenizer.ggml.unknown_token_id', TOKEN.unknown);
  file.set('boolean', 'tokenizer.ggml.add_bos_token', true);
  file.set('boolean', 'tokenizer.ggml.add_eos_token', false);
  file.set('string', 'tokenizer.chat_template', CHAT_TEMPLATE);
}

function addLayer(file, index, { dim, ffn, kvHeads }, random) {
  const one = () => 1;
  const zero = () => 0;
  const add = (name, shape, type, fill) => file.addTensor(`blk.${index}.${name}.weight`, shape, type, fill);
  add('attn_norm', [dim], F32, one);
  add('attn_q', [dim, dim], F16, random);
  add('attn_k', [dim, kvHeads * HEAD_DIM], F16, random);
  add('attn_v', [dim, kvHeads * HEAD_DIM], F16, random);
  add('attn_output', [dim, dim], F16, zero);
  add('ffn_norm', [dim], F32, one);
  add('ffn_gate', [dim, ffn], F16, random);
  add('ffn_up', [dim, ffn], F16, random);
  add('ffn_down', [ffn, dim], F16, zero);
}

function addTensors(file, shape, next) {
  const { dim, layers, seed } = shape;
  const row = (i) => Math.floor(i / dim);
  const column = (i) => i % dim;
  file.addTensor('token_embd.weight', [dim, next.length], F16, (i) => (column(i) === row(i) ? 1 : 0));
  const random = smallWeights(seed);
  for (let layer = 0; layer < layers; layer += 1) addLayer(file, layer, shape, random);
  file.addTensor('output_norm.weight', [dim], F32, () => 1);
  // Row = following token, column = current token: one logit of 2 * sqrt(dim), all others 0.
  file.addTensor('output.weight', [dim, next.length], F16, (i) => (next[column(i)] === row(i) ? 2 : 0));
}

function checked(shape, vocabSize) {
  for (const [key, value] of Object.entries(shape)) {
    if (typeof value === 'number' && !(Number.isInteger(value) && value > 0)) {
      throw new RangeError(`--${key} must be a whole number from 1, got ${value}`);
    }
  }
  if (shape.dim % HEAD_DIM !== 0) throw new RangeError(`--dim must be a multiple of ${HEAD_DIM}, got ${shape.dim}`);
  if (shape.dim < vocabSize) {
    throw new RangeError(`--dim ${shape.dim} is below the vocabulary's ${vocabSize} tokens: use a larger --dim or fewer --words`);
  }
  return shape;
}

// Writes the model to `path` and returns what it is, as plain facts for a log line.
export function writeTinyModel(path, options = {}) {
  const shape = { layers: 2, dim: 512, ffn: 512, words: 48, ctx: 32768, seed: 1, endless: false, ...options };
  const vocab = vocabulary(shape.words);
  checked(shape, vocab.list.length);
  shape.name ??= `spillway-tiny-${shape.layers}x${shape.dim}${shape.endless ? '-endless' : ''}`;
  shape.heads = shape.dim / HEAD_DIM;
  shape.kvHeads = kvHeadsOf(shape.heads);
  const file = new GgufFile();
  describe(file, shape, vocab);
  describeTokens(file, vocab);
  addTensors(file, shape, successors(vocab, shape.words, shape.endless));
  const bytes = file.write(path);
  return { path, bytes, model: shape.name, layers: shape.layers, dim: shape.dim, words: shape.words, endless: shape.endless };
}

// Grouped-query attention in groups of about four; the number of heads must be a whole multiple of the groups.
function kvHeadsOf(heads) {
  let groups = Math.max(1, Math.floor(heads / 4));
  while (heads % groups !== 0) groups -= 1;
  return groups;
}
