import { describe, expect, it } from 'vitest';
import { BlockedError } from '../../src/domain/errors.ts';
import { alerts } from '../../src/records.ts';
import { examine } from '../../src/use-cases/examine.ts';
import { runControls } from '../../src/use-cases/run-controls.ts';
import { memoryHome } from '../workflows/memory-home.ts';

const ways = ['table keys in eu-west-1 has 2 backups', 'table keys in eu-central-1 has a replica in us-east-1'];

/** A home whose key store knows these ways back, or fails to look. */
async function homeWith(recoveries: () => Promise<string[]>) {
  const home = await memoryHome();
  return { home, ...home.process({ change: (deps) => ({ keys: { ...deps.keys, recoveries } }) }) };
}

const seen = async ({ deps }: Awaited<ReturnType<typeof homeWith>>) =>
  (await examine.typed(deps, {})).filter(({ check }) => check === 'recovery of keys');

describe('ways in which destroyed keys could come back', () => {
  it('are none: doctor says so', async () => {
    expect(await seen(await homeWith(async () => []))).toMatchObject([{ status: 'ok' }]);
  });

  it('are named by doctor one by one, with what to do', async () => {
    const found = await seen(await homeWith(async () => ways));
    expect(found.map(({ status, message }) => [status, message])).toEqual(ways.map((way) => ['wrong', way]));
    for (const { mend } of found) expect(mend).toContain('Switch it off');
  });

  it('that cannot be looked at are a fault of their own', async () => {
    const denied = async () => {
      throw new BlockedError('no right', { hint: 'give it' });
    };
    expect(await seen(await homeWith(denied))).toMatchObject([
      { status: 'wrong', message: 'no right', mend: 'give it' },
    ]);
  });

  it('raise an alert by the control, which closes when they are gone', async () => {
    let left = ways;
    const { home, deps } = await homeWith(async () => left);
    const alert = async () => {
      const all = (await alerts.list(home.table, 'ALERTS')).map(({ value }) => value);
      return all.find(({ kind }) => kind === 'control-keys-recoverable');
    };
    expect((await runControls.typed(deps, {})).results).toContainEqual({
      id: 'keys-recoverable',
      subject: 'home',
      status: 'fail',
      reason: `destroyed keys could come back: ${ways.join('; ')}`,
    });
    expect((await alert())?.status).toBe('open');
    left = [];
    await runControls.typed(deps, {});
    expect((await alert())?.status).toBe('closed');
  });
});
