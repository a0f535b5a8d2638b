import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aslRunner } from '../../src/adapters/embedded/asl-runner.ts';
import { systemClock } from '../../src/adapters/embedded/system-clock.ts';
import { describeWorkflows, exampleDefinitions } from '../contracts/workflows.ts';
import { memoryTable } from '../memory-ports.ts';
import { scratchFolder } from './scratch.ts';

const definitions = scratchFolder('machines');
for (const [machine, definition] of Object.entries(exampleDefinitions)) {
  writeFileSync(join(definitions, `${machine}.asl.json`), JSON.stringify(definition));
}

describeWorkflows('the embedded runner', async () => ({
  workflows: aslRunner({
    table: memoryTable(),
    clock: systemClock(),
    definitions,
    handler: async (name) => await Promise.reject(new Error(`the examples call no function, and not ${name}`)),
    holder: 'test',
    holderAlive: (holder) => holder === 'test',
  }),
}));
