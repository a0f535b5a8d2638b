import { setImmediate } from 'node:timers/promises';

/**
 * Lets timers and sockets have their turn: the adapter works with synchronous calls, which are several times as fast, and
 * a lease must still be renewed while a large source is read or overwritten.
 */
export const turn = (): Promise<void> => setImmediate();
