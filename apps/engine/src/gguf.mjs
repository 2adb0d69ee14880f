// apps/engine/src/gguf.mjs - writes a GGUF version 3 file: a header, typed key-values, tensors.
// Room:   apps/engine; sees node:fs only, and knows the format but no model.
// Units:  every number is little-endian; tensor data is aligned to 32 bytes.
// Errors: file errors are thrown as node:fs throws them.
// Source: the GGUF description that comes with llama.cpp.
import { closeSync, openSync, writeSync } from 'node:fs';

const ALIGNMENT = 32;
const VERSION = 3;
const KIND = { uint32: 4, int32: 5, float32: 6, boolean: 7, string: 8, array: 9 };

export const F32 = { code: 0, bytes: 4, put: (buffer, value, at) => buffer.writeFloatLE(value, at) };
export const F16 = { code: 1, bytes: 2, put: (buffer, value, at) => buffer.writeUInt16LE(half(value), at) };

function fixed(bytes, write) {
  const buffer = Buffer.alloc(bytes);
  write(buffer);
  return buffer;
}

const encode = {
  uint32: (value) => fixed(4, (buffer) => buffer.writeUInt32LE(value)),
  uint64: (value) => fixed(8, (buffer) => buffer.writeBigUInt64LE(BigInt(value))),
  int32: (value) => fixed(4, (buffer) => buffer.writeInt32LE(value)),
  float32: (value) => fixed(4, (buffer) => buffer.writeFloatLE(value)),
  boolean: (value) => Buffer.from([value ? 1 : 0]),
  string: (value) => {
    const bytes = Buffer.from(value);
    return Buffer.concat([encode.uint64(bytes.length), bytes]);
  },
};

// IEEE 754 half precision; numbers too small for a normal half become a signed zero, which no weight here notices.
export function half(value) {
  if (value === 0) return 0;
  const sign = value < 0 ? 0x8000 : 0;
  const size = Math.abs(value);
  let exponent = Math.floor(Math.log2(size));
  let mantissa = Math.round((size / 2 ** exponent - 1) * 1024);
  if (mantissa === 1024) {
    mantissa = 0;
    exponent += 1;
  }
  return exponent < -14 ? sign : sign | ((exponent + 15) << 10) | mantissa;
}

const padded = (bytes) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

export class GgufFile {
  #pairs = [];
  #tensors = [];

  set(kind, key, value) {
    this.#pairs.push(Buffer.concat([encode.string(key), encode.uint32(KIND[kind]), encode[kind](value)]));
  }

  setArray(kind, key, values) {
    const head = [encode.string(key), encode.uint32(KIND.array), encode.uint32(KIND[kind])];
    this.#pairs.push(Buffer.concat([...head, encode.uint64(values.length), ...values.map(encode[kind])]));
  }

  // `shape` is innermost first; `fill(index)` gives the value at a flat index.
  addTensor(name, shape, type, fill) {
    this.#tensors.push({ name, shape, type, fill, count: shape.reduce((a, b) => a * b) });
  }

  // Returns the bytes written.
  write(path) {
    const head = this.#head();
    const file = openSync(path, 'w');
    try {
      let written = writeSync(file, Buffer.concat([head, Buffer.alloc(padded(head.length) - head.length)]));
      for (const tensor of this.#tensors) written += writeSync(file, this.#data(tensor));
      return written;
    } finally {
      closeSync(file);
    }
  }

  #head() {
    const counts = [encode.uint64(this.#tensors.length), encode.uint64(this.#pairs.length)];
    const parts = [Buffer.from('GGUF'), encode.uint32(VERSION), ...counts, ...this.#pairs];
    let offset = 0;
    for (const { name, shape, type, count } of this.#tensors) {
      parts.push(encode.string(name), encode.uint32(shape.length), ...shape.map(encode.uint64));
      parts.push(encode.uint32(type.code), encode.uint64(offset));
      offset += padded(count * type.bytes);
    }
    return Buffer.concat(parts);
  }

  #data({ type, fill, count }) {
    const buffer = Buffer.alloc(padded(count * type.bytes));
    for (let i = 0; i < count; i += 1) type.put(buffer, fill(i), i * type.bytes);
    return buffer;
  }
}
