// tests/e2e/market.mjs - a market ready to trade: exchange, operator, participants with keys, providers with engines.
// Units:  prices are decimal text in units of money; lots are jobs (tokens) or thousandths of an accelerator (capacity).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Exchange, keepFile, Program, run, scratch, SPILLWAY, toml, until } from './lib.mjs';
import { newClientId, newKey, publicKey, readCredentials, Session, writeCredentials } from './session.mjs';

export const MODEL = 'deepseek-r1-distill-qwen-1.5b';  // fits one L4 with slots to spare; its input weighs like its output
export const CLASS = 'L4';
export const PLACE = 'azure:westus';
const ROLES = { Provider: 1, Buyer: 2, Auditor: 4 };

/// The step of a price that has at most four significant digits.
export function step(price) {
  const [units, parts = ''] = price.split('.');
  const nano = BigInt(units + parts.padEnd(9, '0'));
  if (nano === 0n) return 0;
  const digits = nano.toString();
  assert.match(digits, /^\d{4,14}$/);
  assert.match(digits.slice(4), /^0*$/, `${price} is off the grid`);
  return 1 + 9000 * (digits.length - 4) + Number(digits.slice(0, 4)) - 1000;
}

export const nano = (money) => {
  const [, sign, units, parts = ''] = money.match(/^(-?)(\d+)(?:\.(\d+))?$/);
  return BigInt(`${sign}${units}${parts.padEnd(9, '0')}`);
};

/// What `work` tokens cost: the floor, and never nothing.
export function dueForTokens(price, work) {
  const due = (nano(price) * BigInt(work)) / 1_000_000n;
  return BigInt(work) === 0n ? 0n : due > 0n ? due : 1n;
}

export function dueForCapacity(price, lots, usedUs) {
  const product = nano(price) * BigInt(lots) * BigInt(usedUs);
  const due = product / (1000n * 3_600_000_000n);
  return product === 0n ? 0n : due > 0n ? due : 1n;
}

// ---- orders ----

const chatBody = (prompt, outputMax) =>
  Buffer.from(JSON.stringify({ model: 'any', messages: [{ role: 'user', content: prompt }], max_tokens: outputMax })).toString('base64');

/// A token order: one job of `outputMax` tokens at most.
export function tokenOrder({ price = '1', outputMax = 100, prompt = 'hello', input = 2, wanted = {}, ...more } = {}) {
  return {
    type: 'PlaceOrder', client: newClientId(), wanted: { product: 'Tokens', models: [MODEL], tier: 'standard', ...wanted },
    tif: 'Timed', good_for_us: '60000000', limit: step(price), input: String(input), output_max: String(outputMax),
    policy: 'ErrorFrame', stream: true, prompt: chatBody(prompt, outputMax), ...more,
  };
}

export function capacityOrder({ price = '1', lots = 1000, wanted = {}, ...more } = {}) {
  return {
    type: 'PlaceOrder', client: newClientId(), wanted: { product: 'Capacity', classes: [CLASS], tier: 'warm', ...wanted },
    tif: 'Gtc', limit: step(price), quantity: String(lots), ...more,
  };
}

export const tokenOffer = (changes = {}) =>
  ({ product: 'tokens', model: MODEL, engine_model: 'known', tier: 'standard', price: '0.5', ...changes });
export const capacityOffer = (changes = {}) => ({ product: 'capacity', tier: 'warm', price: '3.6', units: '1', ...changes });

// ---- the market ----

export class Market {
  static async open(config = {}, options = {}) {
    const market = new Market();
    market.exchange = await Exchange.start({ config, ...options });
    market.keys = scratch('keys');
    market.participants = 10;
    await market.#operate();
    return market;
  }

  async #operate() {
    this.operator = await Session.open(this.exchange, readCredentials(this.exchange.credentials));
  }

  /// After the exchange was killed or stopped: the same directory on the same port.
  async restart() {
    this.exchange = await this.exchange.restart();
    await this.#operate();
  }

  /// A new participant with one key, and money: a provider's is for its bonds.
  async participant(role, { deposit = { Buyer: '1000', Provider: '100' }[role] ?? '0' } = {}) {
    const participant = (this.participants += 1);
    const made = { participant, key: 1, role, ...newKey() };
    made.file = keepFile(join(this.keys, `${participant}.key`), writeCredentials(made), 0o600);
    await this.operator.must({ type: 'AdminParticipant', participant, firm: participant, roles: ROLES[role] });
    const value = publicKey(made.privateKey).toString('base64');
    await this.operator.must({ type: 'AdminKey', participant, key: 1, kind: 'Ed25519', value });
    if (deposit !== '0') await this.operator.must({ type: 'AdminDeposit', participant, amount_nano: String(nano(deposit)) });
    return made;
  }

  async session(role, options) {
    return Session.open(this.exchange, await this.participant(role, options));
  }

  /// A verb of the command line, as the operator unless `who` says otherwise: { code, out, err }.
  cli(args, who = { file: this.exchange.credentials }) {
    const { url, certificate } = this.exchange;
    return run(SPILLWAY, [...args, '--url', url, '--trust', certificate, '--credentials', who.file]);
  }

  /// A new key for OpenAI clients.
  async bearerKey({ participant }) {
    const file = join(this.keys, `${participant}.bearer`);
    const { code, err } = await this.cli(['admin', 'key', String(participant), '--key', '2', '--bearer-new', file]);
    assert.equal(code, 0, err);
    return readFileSync(file, 'utf8').trim();
  }

  /// The agent of a new provider: one node for each of `nodes`, by default one L4 with one token offer.
  async provider({ engine, nodes = [{}], url = engine?.url, engineConfig = {}, lease } = {}) {
    const who = await this.participant('Provider');
    const config = {
      exchange: { url: this.exchange.url, trust: this.exchange.certificate, credentials: who.file },
      engine: url && { url: `${url}/v1`, slots: engine?.slots ?? 4, note: 'stand-in', ...engineConfig },
      lease,
      node: nodes.map((node, i) => ({ label: i + 1, place: PLACE, class: CLASS, units: 1, offer: [tokenOffer()], ...node })),
    };
    const file = keepFile(join(scratch('agent'), 'agent.toml'), toml(config));
    const program = new Program('provider', SPILLWAY, ['provider', '--config', file]);
    return { ...who, program, file };
  }

  // ---- what is there now ----

  async status() {
    return this.operator.read('Status');
  }

  offersLive(count) {
    return until(`${count} offers live`, async () => (await this.status()).market.offers_live === count);
  }

  async instruments() {
    return (await this.operator.read('Instruments', { most: 10_000 })).instruments;
  }

  async jobs({ participant }) {
    return (await this.operator.read('Jobs', { participant, most: 10_000 })).jobs;
  }

  job({ participant }, order, fits) {
    return until(`the job of order ${order}`, async () =>
      (await this.jobs({ participant })).find((job) => job.order === order && fits(job)));
  }

  /// Nano-units on the participant's account of this kind, such as "funds".
  async balance({ participant }, account = 'funds') {
    const { accounts } = await this.operator.read('Balances', { participant });
    return BigInt(accounts.find((row) => row.account === account)?.balance_nano ?? 0);
  }

  /// Nothing runs, the books balance, and nothing of what this buyer owns is still held.
  async assertSettled(buyer) {
    const { market } = await until('no job and no lease is open', async () => {
      const seen = await this.status();
      return seen.market.jobs_open === 0 && seen.market.leases_open === 0 ? seen : null;
    });
    assert.equal(market.books_balance, true);
    if (buyer) assert.equal(await this.balance(buyer, 'escrow'), 0n);
  }
}
