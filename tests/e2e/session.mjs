// tests/e2e/session.mjs - a client of /v1/stream in the subprotocol spillway.v1.json, written from docs/protocol.md alone.
// Units:  as in the protocol: 64-bit integers are text, prices are steps of the grid.
// Errors: a wait ends with an Error when the connection closed first; refusals are answers, not errors.
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { packages, PATIENCE_MS } from './lib.mjs';

const WebSocket = packages('ws');
const PKCS8_SEED = Buffer.from('302e020100300506032b657004220420', 'hex');  // what stands before the 32 bytes of a seed
const ROLES = { Provider: 1, Buyer: 2, Auditor: 4, Operator: 8 };

// ---- keys ----

export function newKey() {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { privateKey, seed: Buffer.from(privateKey.export({ format: 'jwk' }).d, 'base64url') };
}

export const publicKey = (privateKey) => Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x, 'base64url');

export function readCredentials(file) {
  const field = (name) => readFileSync(file, 'utf8').match(new RegExp(`^${name} = "?([^"\n]+)`, 'm'))[1];
  const role = field('role').replace(/^./, (first) => first.toUpperCase());
  const der = Buffer.concat([PKCS8_SEED, Buffer.from(field('seed'), 'hex')]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { file, participant: Number(field('participant')), key: Number(field('key')), role, privateKey };
}

export function writeCredentials({ participant, key, role, seed }) {
  return `participant = ${participant}\nkey = ${key}\nrole = "${role.toLowerCase()}"\nseed = "${seed.toString('hex')}"\n`;
}

const u16 = (n) => Buffer.from(Uint16Array.of(n).buffer);
const u32 = (n) => Buffer.from(Uint32Array.of(n).buffer);
export const u64 = (n) => Buffer.from(BigUint64Array.of(BigInt(n)).buffer);

export function usageClaim({ privateKey }, job, input, output) {
  const bytes = Buffer.concat([Buffer.from('spillway-usage-v1'), u64(job), u64(input), u64(output)]);
  return sign(null, bytes, privateKey).toString('base64');
}

// ---- one connection ----

export class Wire {
  static async open({ url, ca }, options = {}) {
    const wire = new Wire();
    wire.messages = [];
    wire.waiting = new Set();
    wire.ws = new WebSocket(url, 'spillway.v1.json', { ca, perMessageDeflate: false, ...options });
    wire.ws.on('message', (data) => wire.#take(JSON.parse(data)));
    wire.ws.on('error', () => {});  // a close follows
    wire.closed = new Promise((resolve) => {
      wire.ws.on('close', (code, reason) => {
        wire.closure = { code, reason: reason.toString() };
        for (const waiter of [...wire.waiting]) waiter.fail(`the connection closed: ${code} ${reason}`);
        resolve(wire.closure);
      });
    });
    wire.hello = await wire.find('the hello', (m) => m.type === 'ServerHello');
    return wire;
  }

  #take(message) {
    this.messages.push(message);
    for (const waiter of [...this.waiting]) waiter.look(message);
  }

  /// The first message, past or future, for which `fits` holds.
  find(what, fits) {
    const past = this.messages.find(fits);
    if (past) return Promise.resolve(past);
    if (this.closure) return Promise.reject(new Error(`${what}: the connection is closed`));
    return new Promise((resolve, reject) => {
      const end = (settle, value) => {
        clearTimeout(timer);
        this.waiting.delete(waiter);
        settle(value);
      };
      const waiter = {
        look: (message) => fits(message) && end(resolve, message),
        fail: (why) => end(reject, new Error(`${what}: ${why}`)),
      };
      const timer = setTimeout(() => waiter.fail('it never came'), PATIENCE_MS);
      this.waiting.add(waiter);
    });
  }

  send(message) {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  exporter() {
    return this.ws._socket.exportKeyingMaterial(32, 'EXPORTER-spillway-login-v1');
  }

  /// A signed Login for these credentials; what is changed afterwards makes it a wrong one.
  login(credentials, { role = credentials.role, serverName = '127.0.0.1', nonce = this.hello.nonce, lastReport = 0 } = {}) {
    const { participant, key, privateKey } = credentials;
    const name = Buffer.from(serverName);
    const text = Buffer.concat([
      Buffer.from('spillway-login-v1'), Buffer.from(nonce, 'base64'), u16(name.length), name,
      u32(participant), u32(key), u32(ROLES[role]), this.exporter(),
    ]);
    return {
      type: 'Login', request: '0', participant, key, role, server_name: serverName, exporter_used: true,
      signature: sign(null, text, privateKey).toString('base64'), last_report: String(lastReport),
    };
  }

  close() {
    this.ws.close();
    return this.closed;
  }
}

// ---- a logged-in participant ----

let nextClient = BigInt(Date.now()) * 1000n;
export const newClientId = () => String((nextClient += 1n));

export class Session {
  static async open(exchange, credentials, options = {}) {
    const session = new Session();
    session.wire = await Wire.open(exchange);
    session.credentials = credentials;
    session.requests = 0;
    session.wire.send(session.wire.login(credentials, options));
    const said = await session.wire.find('the welcome', (m) => m.type === 'Welcome' || m.type === 'Closing');
    assert.equal(said.type, 'Welcome', said.sentence);
    session.welcome = said;
    return session;
  }

  get reports() {
    return this.wire.messages.filter((m) => m.type === 'Report');
  }

  find(what, fits) {
    return this.wire.find(what, fits);
  }

  /// Sends a request and waits for what answers it: an Answer, a ReadResult or a Pong.
  async ask(message) {
    const request = String((this.requests += 1));
    this.wire.send({ ...message, request });
    const answers = ['Answer', 'ReadResult', 'Pong'];
    return this.find(`the answer to ${message.type}`, (m) => m.request === request && answers.includes(m.type));
  }

  /// The answer to a request that must not be refused.
  async must(message) {
    const answer = await this.ask(message);
    assert.equal(answer.refusal, 'None', `${message.type}: ${answer.sentence}`);
    return answer;
  }

  /// The document of a read; it reflects everything that was durable when it was asked.
  async read(kind, more = {}) {
    const result = await this.ask({ type: 'Read', kind, wait_for_seq: String(2n ** 63n), ...more });
    assert.equal(result.type, 'ReadResult', result.sentence);
    return JSON.parse(result.json);
  }

  /// How a job of this order ended, and the text that came before.
  async jobEnd(order) {
    const end = await this.find(`the end of the job of order ${order}`, (m) => m.type === 'JobEnd' && m.order === order);
    return { ...end, text: this.textOf(order) };
  }

  textOf(order) {
    const chunks = this.wire.messages.filter((m) => m.type === 'ChunkToBuyer' && m.order === order);
    return Buffer.concat(chunks.map((m) => Buffer.from(m.content, 'base64'))).toString();
  }

  chunkOf(order) {
    return this.find(`a token of order ${order}`, (m) => m.type === 'ChunkToBuyer' && m.order === order);
  }

  close() {
    return this.wire.close();
  }
}
