import { describe, expect, test } from 'vitest';
import { InvalidError, UnavailableError } from '../../src/domain/errors.ts';
import type { Mailer } from '../../src/ports/mailer.ts';
import { alerts } from '../../src/records.ts';
import { abandonErasure } from '../../src/use-cases/abandon-erasure.ts';
import { raiseAlert, settleAlert } from '../../src/use-cases/raise-alert.ts';
import { removeSource } from '../../src/use-cases/remove-source.ts';
import { runControls } from '../../src/use-cases/run-controls.ts';
import { opening, Story } from '../domain/case-fixtures.ts';
import { mailIds, openAlerts } from '../workflows/checks.ts';
import { type MemoryHome, memoryHome, operator } from '../workflows/memory-home.ts';

const request = { kind: 'backup-failed', subject: 'acme/files', tenant: 'acme', message: 'it failed' };

async function theAlert(home: MemoryHome) {
  const all = await alerts.list(home.table, 'ALERTS');
  expect(all).toHaveLength(1);
  return all[0]?.value ?? expect.fail();
}

/** A process whose mails end in this error. */
function withoutMail(home: MemoryHome, makeError: () => Error) {
  const mailer: Mailer = {
    send: async () => {
      throw makeError();
    },
  };
  return home.process({ change: () => ({ mailer }) }).deps;
}

describe('an alert', () => {
  test('is opened once and mailed once; the same again only counts', async () => {
    const home = await memoryHome();
    const { deps } = home.process();
    const first = await raiseAlert(deps, request);
    home.clock.pass(3_600_000);
    await raiseAlert(deps, { ...request, message: 'it failed again' });
    expect(await theAlert(home)).toMatchObject({
      ...{ id: first.id, status: 'open', count: 2, message: 'it failed again', openedAt: first.openedAt },
      lastAt: home.clock.now(),
    });
    expect(mailIds(home)).toEqual([`alert/${first.id}/${first.openedAt}`]);
    expect(home.mailer.sent[0]).toMatchObject({ to: { address: 'olga@keeper.example' } });
  });

  test('that is settled says why and when; its return is a new one and mailed again', async () => {
    const home = await memoryHome();
    const { deps } = home.process();
    await raiseAlert(deps, request);
    home.clock.pass(3_600_000);
    await settleAlert(deps, request.kind, request.subject, 'backed up');
    expect(await theAlert(home)).toMatchObject({ status: 'closed', cause: 'backed up', closedAt: home.clock.now() });
    await settleAlert(deps, request.kind, 'something else', 'nothing there');
    home.clock.pass(3_600_000);
    await raiseAlert(deps, request);
    expect(await theAlert(home)).toMatchObject({ status: 'open', count: 1, openedAt: home.clock.now() });
    expect((await theAlert(home)).cause).toBeUndefined();
    expect(mailIds(home)).toHaveLength(2);
  });

  test('raised by several at the same time is one alert and one mail', async () => {
    const home = await memoryHome();
    const { deps } = home.process();
    await Promise.all(Array.from({ length: 10 }, async () => await raiseAlert(deps, request)));
    await theAlert(home);
    expect(mailIds(home)).toHaveLength(1);
    await Promise.all(
      Array.from({ length: 10 }, async () => await settleAlert(deps, request.kind, request.subject, 'gone')),
    );
    expect((await theAlert(home)).status).toBe('closed');
  });

  test.each([
    ['does not answer', () => new UnavailableError('no connection')],
    ['refuses the address', () => new InvalidError('550 no such mailbox')],
  ])('stands when the mail server %s: what raised it goes on, and the mail goes out later', async (_how, makeError) => {
    const home = await memoryHome();
    const alert = await raiseAlert(withoutMail(home, makeError), request);
    expect(await theAlert(home)).toMatchObject({ status: 'open', count: 1 });
    await raiseAlert(withoutMail(home, makeError), request);
    expect(mailIds(home)).toEqual([]);
    await runControls.typed(home.process().deps, {});
    expect(mailIds(home)).toEqual([`alert/${alert.id}/${alert.openedAt}`]);
    await runControls.typed(home.process().deps, {});
    await raiseAlert(home.process().deps, request);
    expect(mailIds(home)).toHaveLength(1);
  });

  test('that was stored by a process that died before it mailed is mailed by the next one', async () => {
    const home = await memoryHome();
    const killed = home.process({
      change: () => ({
        mailer: {
          send: async () => {
            killed.kill();
            return await new Promise<never>(() => undefined);
          },
        },
      }),
    });
    await Promise.race([raiseAlert(killed.deps, request), killed.died]);
    await raiseAlert(home.process().deps, request);
    expect(mailIds(home)).toHaveLength(1);
    expect(await theAlert(home)).toMatchObject({ count: 2 });
  });

  test('of backups goes when the source is backed up no more', async () => {
    const home = await memoryHome();
    const { deps } = home.process();
    await home.tenant('acme');
    for (const name of ['files', 'other']) await home.source('acme', name);
    for (const kind of ['backup-failed', 'backup-incomplete']) await raiseAlert(deps, { ...request, kind });
    await raiseAlert(deps, { ...request, subject: 'acme/other' });
    await removeSource.typed(deps, { tenant: 'acme', name: 'files', actor: operator });
    expect(await openAlerts(home)).toEqual(['backup-failed acme/other']);
  });

  test('of failed attempts at an erasure goes with the case, of every attempt', async () => {
    const home = await memoryHome();
    const { deps } = home.process();
    for (const run of ['erasure-c-0123456789-1', 'erasure-c-0123456789-2', 'erasure-c-ffffffffff-1'])
      await raiseAlert(deps, { kind: 'run-failed', subject: run, message: 'it failed' });
    const story = new Story(home.clock.now());
    story.tell(opening('obsolete', home.clock.now()));
    await abandonErasure(deps, { ...(story.value ?? expect.fail()), attempts: 2 });
    expect(await openAlerts(home)).toEqual(['run-failed erasure-c-ffffffffff-1']);
  });
});
