// tests/e2e/frames.test.mjs - no coroutine of the executable has a frame that g++ 12 broke.
// Why:    g++ 12 puts a hole before the resume pointer of a coroutine that awaits in the condition of an if or while and has
//         no local variable; it compiles, and the first resume jumps into nothing. Keep the awaited value in a variable.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { OPTIONS, SPILLWAY } from './lib.mjs';

const FUNCTION = /^[0-9a-f]+ <.*>:$/;
const ADDRESS_OF_RESUME = /\blea\s+.*,(%r\w+)\s+# [0-9a-f]+ <(.*)\.actor>/;
const STORE = /\bmov\s+(%r\w+),(-?0x[0-9a-f]+)?\(%r\w+\)/;

/// Where each coroutine's first part stores the address to resume at: { name -> offset into the frame }.
async function resumePointers(executable) {
  const objdump = spawn('objdump', ['-d', '--no-show-raw-insn', executable], { stdio: ['ignore', 'pipe', 'inherit'] });
  const found = new Map();
  const pending = new Map();  // register -> coroutine whose address it holds
  for await (const line of createInterface(objdump.stdout)) {
    if (FUNCTION.test(line)) pending.clear();
    const [, register, name] = ADDRESS_OF_RESUME.exec(line) ?? [];
    if (register) pending.set(register, name);
    const [, from, offset] = STORE.exec(line) ?? [];
    if (!register && pending.has(from)) {
      found.set(pending.get(from), Number(offset ?? 0));
      pending.delete(from);
    }
  }
  return found;
}

test('every coroutine finds its resume pointer at the front of its frame', OPTIONS, async (t) => {
  if (spawnSync('objdump', ['--version']).error) return t.skip('objdump is not installed');
  const offsets = await resumePointers(SPILLWAY);
  if (offsets.size === 0) return t.skip('this build stores its resume pointers in another way');
  assert.deepEqual([...offsets].filter(([, offset]) => offset !== 0), []);
  return undefined;
});
