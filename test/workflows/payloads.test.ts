import { expect, test } from 'vitest';
import type { Tenant } from '../../src/domain/tenant.ts';
import { tenants } from '../../src/records.ts';
import { memoryHome } from './memory-home.ts';

/** Most that one state of Step Functions hands to the next is 256 KB; a worklist of ordinals stays far below. */
const mostBytes = 32 * 1024;

test('a worklist of 5,003 tenants passes from state to state as ordinals only, in two pages', async () => {
  const home = await memoryHome();
  const model = await home.tenant('model');
  const writes = Array.from({ length: 5002 }, (_, n) => {
    const tenant: Tenant = { ...model, id: `tenant-${n}`, ledgerId: `t-${n}` };
    return tenants.write(tenant);
  });
  for (let i = 0; i < writes.length; i += 100) await home.table.transact(writes.slice(i, i + 100));
  let largest = 0;
  const note = (value: unknown) => {
    largest = Math.max(largest, Buffer.byteLength(JSON.stringify(value)));
  };
  const process = home.process({
    around: async (_name, event, call) => {
      note(event);
      const answer = await call();
      note(answer);
      return answer;
    },
  });
  const report = await process.run('audit');
  expect(report).toMatchObject({ outcome: 'ok', counts: { done: 5003 } });
  note(report.execution.output);
  expect(largest).toBeGreaterThan(5000 * 4);
  expect(largest).toBeLessThan(mostBytes);
  const history = await process.runner.history('obsolescence-audit', report.run);
  const selected = history.filter(({ type, state }) => type === 'state-entered' && state === 'SelectAuditTenants');
  expect(selected).toHaveLength(2);
});
