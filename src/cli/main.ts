import { enableCompileCache } from 'node:module';
import { boundNursery } from './nursery.ts';

// Before anything else is loaded: a start from the cache takes half the time.
enableCompileCache();
boundNursery();
const { runProgram } = await import('./program.ts');
process.exitCode = await runProgram(process.argv.slice(2));
