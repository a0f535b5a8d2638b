import { enableCompileCache } from 'node:module';

// Before anything else is loaded: a start from the cache takes half the time.
enableCompileCache();
const { runProgram } = await import('./program.ts');
process.exitCode = await runProgram(process.argv.slice(2));
