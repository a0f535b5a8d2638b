/** The ports in memory, for tests. They pass the same contract suites as the real adapters. */
export { fixedClock } from './memory/clock.ts';
export { contestedTable } from './memory/contested-table.ts';
export { memoryKeyStore } from './memory/key-store.ts';
export { laggingTable } from './memory/lagging-table.ts';
export { memoryMailer } from './memory/mailer.ts';
export { memoryObjectStore } from './memory/object-store.ts';
export { memoryTable } from './memory/table.ts';
