/** The ports in memory, for tests. They pass the same contract suites as the real adapters. */
export { type FixedClock, fixedClock } from './memory/clock.ts';
export { type MemoryKeyStore, memoryKeyStore } from './memory/key-store.ts';
export { type MemoryMailer, memoryMailer } from './memory/mailer.ts';
export { type MemoryObjectStore, memoryObjectStore } from './memory/object-store.ts';
export { type MemoryTable, memoryTable } from './memory/table.ts';
