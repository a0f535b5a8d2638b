import { describeObjectStore } from '../contracts/object-store.ts';
import { fixedClock, memoryObjectStore } from '../memory-ports.ts';

describeObjectStore('memory object store', async () => memoryObjectStore());
describeObjectStore(
  'memory object store with locks',
  async () => memoryObjectStore({ locks: fixedClock('2026-11-22T20:00:00.000Z') }),
  { locks: true },
);
