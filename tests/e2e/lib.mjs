// tests/e2e/lib.mjs - real processes for tests: exchange, agents and engines on 127.0.0.1, each ended with the test.
// Sees:   the executables in SPILLWAY_BIN (CMake's bin directory) and apps/engine; nothing of their insides.
// Errors: a process that ends before it is ready rejects with what it wrote; a wait that never succeeds says for what.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

export const ENGINE_DIR = fileURLToPath(new URL('../../apps/engine', import.meta.url));
export const packages = createRequire(join(ENGINE_DIR, 'package.json'));
export const { answer: knownAnswer, writeTinyModel } = await import(join(ENGINE_DIR, 'src/tiny-model.mjs'));
const BIN = process.env.SPILLWAY_BIN ?? fileURLToPath(new URL('../../build/dev/bin', import.meta.url));
export const SPILLWAY = join(BIN, 'spillway');
export const AUDIT = join(BIN, 'spillway-audit');

/// How long anything may take on a busy machine under a sanitizer; a test that waits so long has failed.
export const PATIENCE_MS = 90_000;
export const OPTIONS = { timeout: 240_000 };

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/// Asks again until the answer is truthy, and returns it.
export async function until(what, ask) {
  const limit = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > limit) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain: ${what}`);
    await pause(20);
  }
}

// ---- files and processes of this test ----

const root = mkdtempSync(join(tmpdir(), 'spillway-e2e-'));
const programs = [];
let scratches = 0;

export function scratch(name) {
  const folder = join(root, `${(scratches += 1)}-${name}`);
  mkdirSync(folder);
  return folder;
}

export class Program {
  constructor(name, command, args, { cwd = root, env = {} } = {}) {
    this.name = name;
    this.log = '';
    this.output = '';
    this.child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.pid = this.child.pid;
    this.child.stderr.on('data', (text) => (this.log += text));
    this.child.stdout.on('data', (text) => (this.output += text));
    this.lines = createInterface(this.child.stdout);
    this.ended = false;
    this.exited = once(this.child, 'close').then(([code, signal]) => {
      this.ended = true;
      return { code, signal };
    });
    programs.push(this);
  }

  /// The first line of standard output.
  async firstLine() {
    const line = once(this.lines, 'line').then(([text]) => text);
    const gone = this.exited.then(({ code, signal }) => {
      throw new Error(`${this.name} ended (${code ?? signal}): ${this.log.trim()}`);
    });
    return Promise.race([line, gone]);
  }

  async stop(signal = 'SIGTERM') {
    if (!this.ended) this.child.kill(signal);
    return this.exited;
  }

  kill() {
    return this.stop('SIGKILL');
  }
}

after(async () => {
  for (const program of programs) {
    program.child.kill('SIGCONT');
    program.child.kill('SIGKILL');
  }
  await Promise.all(programs.map((program) => program.exited));
});

process.on('exit', (code) => {
  for (const program of programs) if (!program.ended) program.child.kill('SIGKILL');
  if (code !== 0) for (const { name, log } of programs) console.error(`---- ${name} ----\n${log.split('\n').slice(-25).join('\n')}`);
  rmSync(root, { recursive: true, force: true });
});

/// Runs a command to its end: { code, out, err }.
export async function run(command, args, options) {
  const program = new Program(args.slice(0, 2).join(' '), command, args, options);
  const { code } = await program.exited;
  return { code, out: program.output, err: program.log };
}

// ---- configuration files ----

const tomlValue = (value) => (Array.isArray(value) ? `[${value.map(tomlValue).join(', ')}]` : JSON.stringify(value));
const isTable = (value) => typeof value === 'object' && !Array.isArray(value);
const isTables = (value) => Array.isArray(value) && value.length > 0 && isTable(value[0]);

export function toml(table, path = []) {
  const entries = Object.entries(table).filter(([, value]) => value !== undefined);
  const plain = entries.filter(([, v]) => !isTable(v) && !isTables(v)).map(([k, v]) => `${k} = ${tomlValue(v)}\n`);
  const below = entries.flatMap(([key, value]) => {
    const name = [...path, key];
    if (isTables(value)) return value.map((row) => `[[${name.join('.')}]]\n${toml(row, name)}`);
    return isTable(value) ? [`[${name.join('.')}]\n${toml(value, name)}`] : [];
  });
  return [...plain, ...below].join('');
}

export function keepFile(path, text, mode = 0o644) {
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

// ---- the inference engine ----

// Models are costly to make and all alike: kept from test to test where the build has a place for them.
function modelFile(shape) {
  const folder = process.env.SPILLWAY_E2E_MODELS ?? root;
  const path = join(folder, `${Object.entries(shape).flat().join('-') || 'plain'}.gguf`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  writeTinyModel(`${path}.${process.pid}`, shape);
  renameSync(`${path}.${process.pid}`, path);
  return path;
}

/// An answer that goes on until max_tokens, slow enough that a test can do something meanwhile.
export const ENDLESS = { endless: true, layers: 4, ffn: 2048 };

export class Engine {
  static async start({ shape = {}, slots = 4, ctx = 8192, port = 0 } = {}) {
    const flags = ['--slots', slots, '--ctx', ctx, '--port', port, '--alias', 'known', '--with-parent'].map(String);
    const program = new Program('engine', process.execPath, [join(ENGINE_DIR, 'engine.mjs'), modelFile(shape), ...flags]);
    const facts = JSON.parse(await program.firstLine());
    return Object.assign(new Engine(), { program, slots, port: facts.listening, url: `http://127.0.0.1:${facts.listening}` });
  }

  async metrics() {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const rows = text.trim().split('\n').map((line) => line.split(' '));
    return Object.fromEntries(rows.map(([name, value]) => [name.replace('engine_', ''), Number(value)]));
  }

  /// Until no request holds or waits for a slot; the metrics then.
  idle() {
    return until('the engine has all its slots free', async () => {
      const seen = await this.metrics();
      return seen.slots_free === this.slots && seen.queue === 0 ? seen : null;
    });
  }

  busy() {
    return until('the engine works', async () => (await this.metrics()).slots_free < this.slots);
  }
}

// ---- the exchange ----

// A challenge that any machine answers at once, also under a sanitizer; grace for a machine that is busy.
const DEFAULTS = {
  rules: {
    class_scale: 1_000_000_000, acknowledgement_ms: 30_000, first_token_slack_ms: 60_000, silence_ms: 60_000,
    node_grace_ms: 3_000,
  },
  market: { guarantee_fund: '1000', bytes_per_token_milli: 3_000 },
  door: { price_cap: '10', good_for_ms: 20_000 },
  challenge: { n: 64, rounds: 2, retained: 2, passes: 2, openings: 8, at_once: 4 },
  engine: { note: 'stand-in' },
};

function configured(changes) {
  const all = { ...DEFAULTS };
  for (const [section, values] of Object.entries(changes)) all[section] = { ...all[section], ...values };
  return toml(all);
}

export class Exchange {
  static async start({ data = scratch('exchange'), port = 0, config = {} } = {}) {
    const file = keepFile(join(scratch('config'), 'serve.toml'), configured(config));
    const args = ['serve', '--data', data, '--port', String(port), '--config', file];
    const program = new Program('exchange', SPILLWAY, args);
    const facts = JSON.parse(await program.firstLine());
    const ca = readFileSync(facts.certificate);
    return Object.assign(new Exchange(), { ...facts, program, data, config, ca, port: facts.listening });
  }

  get http() {
    return `https://127.0.0.1:${this.port}`;
  }

  /// { digest, seq } as the exchange printed them when it had stopped.
  async stop() {
    const { code } = await this.program.stop();
    assert.equal(code, 0, this.program.log);
    const [, digest, seq] = this.program.output.match(/^D ([0-9a-f]{64}) after sequence (\d+)$/m);
    return { digest, seq };
  }

  kill() {
    return this.program.kill();
  }

  restart() {
    return Exchange.start({ data: this.data, port: this.port, config: this.config });
  }
}

/// The document of a verb of spillway-audit over a journal directory, with its exit status.
export async function audit(verb, journal, ...more) {
  const { code, out, err } = await run(AUDIT, [verb, journal, ...more, '--json']);
  assert.notEqual(out, '', err);
  return { code, ...JSON.parse(out) };
}
