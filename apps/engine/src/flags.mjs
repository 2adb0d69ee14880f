// apps/engine/src/flags.mjs - the command line of the engine, checked.
// Room:   apps/engine; sees node:util only.
// Units:  --ctx in tokens of one slot; --port 0 = any free port.
// Errors: throws TypeError or RangeError with a sentence for the person who typed it.
import { parseArgs } from 'node:util';

export const USAGE = `usage: node engine.mjs MODEL.gguf [flags]
  --port N       port on 127.0.0.1, default 0 = any free one (told on stdout when ready)
  --slots N      requests answered at once, default 4; further ones wait in a queue
  --ctx N        tokens that prompt and answer of one request may have together, default 4096
  --alias NAME   serve the model under this name, default the name in the file
  --count-eos    count the end-of-sequence token in completion_tokens, as llama-server does
  --with-parent  end when the process that started the engine is gone`;

const options = {
  port: { type: 'string', default: '0' },
  slots: { type: 'string', default: '4' },
  ctx: { type: 'string', default: '4096' },
  alias: { type: 'string' },
  'count-eos': { type: 'boolean', default: false },
  'with-parent': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

function wholeNumber(name, text, low, high) {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  throw new RangeError(`--${name} must be a whole number from ${low} to ${high}, got '${text}'`);
}

export function parseFlags(args) {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (values.help) return { help: true };
  if (positionals.length !== 1) throw new TypeError('name one model file');
  return {
    help: false,
    modelPath: positionals[0],
    port: wholeNumber('port', values.port, 0, 65535),
    slots: wholeNumber('slots', values.slots, 1, 256),
    ctx: wholeNumber('ctx', values.ctx, 16, 1 << 20),
    alias: values.alias,
    countEos: values['count-eos'],
    withParent: values['with-parent'],
  };
}
