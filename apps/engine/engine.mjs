// apps/engine/engine.mjs - command: serves one GGUF model over the OpenAI HTTP interface, with real llama.cpp.
// Room:   apps/engine; wiring only.
// Output: one JSON line on stdout when ready: {"listening":PORT,"model":NAME,"slots":N,"ctx":TOKENS,"engine":"stand-in"}.
// Errors: a wrong flag is told on stderr, exit code 2; a model that can't be loaded or a port in use, exit code 1.
import { existsSync } from 'node:fs';
import { parseFlags, USAGE } from './src/flags.mjs';
import { makeServer } from './src/http-server.mjs';

const PARENT_CHECK_MS = 500;

function readFlags() {
  try {
    return parseFlags(process.argv.slice(2));
  } catch (error) {
    console.error(`engine: ${error.message}\n${USAGE}`);
    return process.exit(2);
  }
}

function fail(message) {
  console.error(`engine: ${message}`);
  process.exit(1);
}

async function loadEngine(flags) {
  if (!existsSync(flags.modelPath)) fail(`no model at ${flags.modelPath}; make one: node gen-gguf.mjs ${flags.modelPath}`);
  try {
    const { LlamaEngine } = await import('./src/llama-engine.mjs');  // late, so that --help needs no packages
    return await LlamaEngine.load(flags);
  } catch (error) {
    return fail(`can't load ${flags.modelPath}: ${error.message}`);
  }
}

// Answers in flight end at their next token; the process ends when the last connection is gone.
function stopOnSignals(server, stopping, withParent) {
  const stop = () => {
    if (stopping.signal.aborted) return;
    stopping.abort(new Error('the engine is stopping'));
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop);
  if (!withParent) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(), PARENT_CHECK_MS).unref();
}

async function main() {
  const flags = readFlags();
  if (flags.help) return console.log(USAGE);
  const engine = await loadEngine(flags);
  const stopping = new AbortController();
  const server = makeServer(engine, stopping.signal);
  stopOnSignals(server, stopping, flags.withParent);
  server.on('error', (error) => fail(`can't listen on port ${flags.port}: ${error.message}; try --port 0`));
  return server.listen(flags.port, '127.0.0.1', () => {
    const { port } = server.address();
    const { name: model, ctx } = engine;
    console.log(JSON.stringify({ listening: port, model, slots: flags.slots, ctx, engine: 'stand-in' }));
  });
}

await main();
