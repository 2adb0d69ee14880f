// apps/engine/test/engine-process.mjs - starts real engine processes on freshly generated models, for tests.
// Room:   apps/engine tests; sees the two commands as a user does, and the model's known answer.
// Errors: an engine that ends before it listens rejects with what it wrote on stderr.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { writeTinyModel } from '../src/tiny-model.mjs';

const COMMAND = fileURLToPath(new URL('../engine.mjs', import.meta.url));

export async function run(args) {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  const [exitCode] = await once(child, 'close');
  return { exitCode, stderr };
}

// { port, model, slots, url, client, metrics(), post(body), stop() } of an engine that is ready.
export async function startEngine({ model = {}, flags = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-engine-'));
  const path = join(folder, 'model.gguf');
  writeTinyModel(path, model);
  const child = spawn(process.execPath, [COMMAND, path, '--with-parent', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit').finally(() => rmSync(folder, { recursive: true }));
  const ready = once(createInterface(child.stdout), 'line').then(([line]) => JSON.parse(line));
  const facts = await Promise.race([ready, exited.then(([code]) => Promise.reject(new Error(`the engine ended: ${code}`)))]);
  const url = `http://127.0.0.1:${facts.listening}`;
  return {
    ...facts,
    url,
    client: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 }),
    metrics: async () => parseMetrics(await (await fetch(`${url}/metrics`)).text()),
    post: (body) => fetch(`${url}/v1/chat/completions`, { method: 'POST', body }),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}

function parseMetrics(text) {
  const rows = text.trim().split('\n').map((line) => line.split(' '));
  return Object.fromEntries(rows.map(([name, value]) => [name.replace('engine_', ''), Number(value)]));
}

// Asks again until `holds(metrics)`; the test runner's own time limit ends a wait that never succeeds.
export async function untilMetrics(engine, holds) {
  for (;;) {
    const metrics = await engine.metrics();
    if (holds(metrics)) return metrics;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
