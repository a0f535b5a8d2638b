import { enableCompileCache } from 'node:module';
import { boundNursery } from './nursery.ts';

// Before anything else is loaded: a start from the cache takes half the time.
enableCompileCache();
boundNursery();
const { runProgram } = await import('./program.ts');
// Started by a launcher on an older Node: when that is killed, this ends as if it had been killed itself.
if (process.channel) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel.unref();
}
process.exitCode = await runProgram(process.argv.slice(2));
