// apps/engine/src/slot-pool.mjs - a fixed number of slots, lent one request at a time, first come, first served.
// Room:   apps/engine; sees nothing.
// Errors: acquire rejects with the signal's reason when the signal aborts first; the place in the queue is then free.
export class SlotPool {
  #free;
  #waiting = [];

  constructor(slots) {
    this.#free = [...slots];
    this.size = slots.length;
  }

  get free() {
    return this.#free.length;
  }

  get queued() {
    return this.#waiting.length;
  }

  async acquire(signal) {
    signal.throwIfAborted();
    if (this.#free.length > 0) return this.#free.pop();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        reject(signal.reason);
      };
      const take = (slot) => {
        signal.removeEventListener('abort', leave);
        resolve(slot);
      };
      this.#waiting.push(take);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  release(slot) {
    const next = this.#waiting.shift();
    if (next) next(slot);
    else this.#free.push(slot);
  }
}
