// apps/engine/gen-gguf.mjs - command: writes a tiny GGUF model with a known answer.
// Room:   apps/engine; wiring only, the model is in src/tiny-model.mjs.
// Errors: a wrong flag or size is told on stderr, exit code 2; a file error is exit code 1.
import { parseArgs } from 'node:util';
import { writeTinyModel } from './src/tiny-model.mjs';

const USAGE = `usage: node gen-gguf.mjs OUT [flags]
  --layers N   transformer layers, default 2   } more of either makes a slower engine
  --dim N      width, default 512              } with the same answer
  --ffn N      feed-forward width, default 512
  --words N    length of the answer, default 48
  --endless    after the last word the first again: only max_tokens or the context ends an answer
  --ctx N      longest context the model allows, default 32768
  --name NAME  the model's name, default spillway-tiny-LAYERSxDIM[-endless]
  --seed N     of the random weights, default 1`;

const number = { type: 'string' };
const options = {
  layers: number, dim: number, ffn: number, words: number, ctx: number, seed: number,
  name: { type: 'string' }, endless: { type: 'boolean' }, help: { type: 'boolean' },
};

function shapeFrom(values) {
  const shape = {};
  for (const [key, value] of Object.entries(values)) shape[key] = options[key] === number ? Number(value) : value;
  return shape;
}

function main() {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help) return console.log(USAGE);
  if (positionals.length !== 1) throw new TypeError('name one output file');
  console.log(JSON.stringify(writeTinyModel(positionals[0], shapeFrom(values))));
}

try {
  main();
} catch (error) {
  const ours = error instanceof RangeError || error instanceof TypeError;
  console.error(ours ? `gen-gguf: ${error.message}\n${USAGE}` : `gen-gguf: ${error.message}`);
  process.exitCode = ours ? 2 : 1;
}
