import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { definitionOf, tasksOf } from '../../src/adapters/embedded/asl-definitions.ts';
import { verifyCertificate } from '../../src/documents/verify-certificate.ts';
import { InvalidError, UnavailableError } from '../../src/domain/errors.ts';
import { certificates, erasureItems, erasures, ledgerEntries, tenants } from '../../src/records.ts';
import { dieAfter, failing, itemOfEvent, openAlerts, sample, twice, twins } from './checks.ts';
import { caseOf, expectErased, sweepOf, unpaidLife } from './erasure-life.ts';

const definitions = join(import.meta.dirname, '../../state-machines');

describe('an erasure', () => {
  test('destroys live data and every copy and key, certifies it, reports it and closes the case', async () => {
    const life = await unpaidLife();
    const report = await life.process().run('notice');
    expect(report).toMatchObject({ outcome: 'ok', counts: { done: 1 } });
    await expectErased(life);
    const record = (await certificates.read(life.table, life.caseId))?.value;
    const file = life.evidence.objects.get(record?.json ?? '') ?? Buffer.alloc(0);
    const { content } = await verifyCertificate(file, { keys: await life.keys.publicKeys() });
    expect(content?.inventory).toMatchObject({ objects: 7, copies: 4 });
    const steps = content?.places.map(({ place, steps: done }) => [
      place.replace(life.dir, ''),
      ...done.map(({ operation }) => operation),
    ]);
    const passes = ['overwrite pass 1 of 2 (random)', 'overwrite pass 2 of 2 (zeros)', 'delete'];
    expect(steps).toEqual([
      ['live: directory /data/acme/files', ...passes],
      ['live: directory /data/acme/mail', ...passes],
      ['copies: primary, files', 'delete copies'],
      ['copies: primary, mail', 'delete copies'],
      ...['memory-a', 'memory-b'].map((replica) => [
        `keys: replica ${replica}`,
        'destroy keys (cryptographic erasure of every copy)',
      ]),
      ['Tenure itself: catalog, executions, scratch, outbox', 'remove traces of the scope'],
      ['all places above', 'sweep for survivors'],
    ]);
    expect(await openAlerts(life)).toEqual([]);
    // One of each kind, however many sources: a tenant with thousands of them must fit into the case.
    const value = await caseOf(life, life.caseId);
    expect('steps' in value && value.steps.map(({ step }) => step)).toEqual([
      ...['overwrite pass 1 of 2 (random)', 'overwrite pass 2 of 2 (zeros)', 'delete live data', 'drop copies'],
      'destroy keys',
    ]);
    const begun = await ledgerEntries.list(
      life.table,
      `LEDGER#${(await tenants.read(life.table, 'acme'))?.value.ledgerId}`,
    );
    expect(begun.filter((entry) => entry.value.type === 'case-begin-step')).toHaveLength(9);
  });

  test('the report brings the certificate in both forms and an inventory that lists every object', async () => {
    const life = await unpaidLife();
    await life.process().run('notice');
    const [mail] = life.mailer.sent.filter(({ id }) => id.startsWith('deletion-report/'));
    expect(mail?.attachments?.map(({ filename }) => filename.replace(/^cert-.*\.(pdf|json)$/, '$1'))).toEqual([
      ...['pdf', 'json', 'inventory-files.jsonl', 'inventory-mail.jsonl', 'tenure-keys.json'],
    ]);
    const inventory = mail?.attachments?.[2]?.content.toString() ?? '';
    const paths = inventory
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { path: string }).path);
    expect(paths).toEqual(['pictures/', 'pictures/beach.txt', 'salaries-old.csv', 'salaries.csv']);
    expect([...life.evidence.objects.keys()].filter((key) => key.includes('/inventory/'))).toEqual([]);
  });

  test('happens once, however many sweeps follow', async () => {
    const life = await unpaidLife();
    for (const hour of ['00', '01', '02', '03']) {
      life.clock.moveTo(`2026-04-02T${hour}:30:00.000Z`);
      await Promise.all([life.process().run('notice'), life.process().run('notice')]);
    }
    await expectErased(life);
    const executions = await life.process().runner.list({ machine: 'erasure' });
    expect(executions.map(({ name, status }) => [name, status])).toEqual([[`erasure-${life.caseId}-1`, 'succeeded']]);
  });

  test.each(['TakeInventory', 'OverwritePass', 'DeleteLive', 'DropCopies'])(
    'whose %s fails for good for one source goes on with the others, keeps the keys, says why; the next sweep finishes it',
    async (step) => {
      const life = await unpaidLife();
      const around = async (name: string, event: unknown, call: () => Promise<never>) => {
        if (name === step && itemOfEvent(event as never) === 0) throw new InvalidError('cannot be used');
        return await call();
      };
      const broken = life.process({ around: around as never });
      const report = await broken.run('notice');
      expect(report.execution.status).toBe('succeeded');
      const [erasure] = await broken.runner.list({ machine: 'erasure' });
      expect(erasure).toMatchObject({ status: 'failed', error: { name: 'BlockedError' } });
      expect(existsSync(life.folders.mail)).toBe(false);
      expect(life.keys.keys.has('tenant/acme')).toBe(true);
      expect(await certificates.list(life.table, 'CERTIFICATES')).toEqual([]);
      expect(await openAlerts(life)).toEqual([`erasure-blocked ${life.caseId}`]);
      expect(life.mailer.sent.at(-1)?.text).toContain('cannot be used');
      life.clock.moveTo('2026-04-02T01:30:00.000Z');
      await life.process().run('notice');
      await expectErased(life);
      expect(await openAlerts(life)).toEqual([]);
    },
  );

  test.each([
    ...['GateErasure', 'FreezeScope', 'DestroyKeys', 'SweepSurvivors', 'IssueCertificate', 'SendReport', 'CloseCase'],
  ])('whose own %s fails for good is told to the operator and finished by the next sweep', async (step) => {
    const life = await unpaidLife();
    const broken = life.process({ around: failing(step, () => new InvalidError('cannot be used')) });
    await broken.run('notice');
    const [erasure] = await broken.runner.list({ machine: 'erasure' });
    expect(erasure).toMatchObject({ status: 'failed', error: { name: 'RunFault' } });
    expect(await openAlerts(life)).toEqual([`run-failed erasure-${life.caseId}-1`]);
    life.clock.moveTo('2026-04-02T01:30:00.000Z');
    await life.process().run('notice');
    await expectErased(life);
    expect(await openAlerts(life)).toEqual([]);
  });

  test.each(['OverwritePass', 'DestroyKeys', 'IssueCertificate', 'SendReport'])(
    'tries %s again when something does not answer, and succeeds',
    async (step) => {
      const life = await unpaidLife();
      await life.process({ around: failing(step, () => new UnavailableError('no answer'), 3) }).run('notice');
      await expectErased(life);
    },
  );
});

describe('every step of an erasure', () => {
  test('may be done twice', async () => {
    const life = await unpaidLife();
    await life.process({ around: twice }).run('notice');
    await expectErased(life);
    expect(new Set(life.handedOver).size).toBe(life.handedOver.length);
    expect((await erasures.read(life.table, life.caseId))?.value.steps).toHaveLength(4);
    const items = await erasureItems.list(life.table, `ERASURE#${life.caseId}`, { prefix: 'ITEM#' });
    expect(items.map(({ value }) => value.steps.length)).toEqual([4, 4]);
  });

  test('may be done by two at the same time', async () => {
    const life = await unpaidLife();
    vi.mocked(Math.random).mockRestore();
    await life.process({ around: twins }).run('notice');
    life.clock.moveTo('2026-04-02T01:30:00.000Z');
    await life.process().run('notice');
    await expectErased(life);
  });

  const steps = tasksOf(definitionOf('erasure', definitions)).map(({ functionName }) => functionName);
  const onTheGoodPath = [...new Set(steps)].filter((name) => name !== 'RecordFault' && name !== 'ReportRemainder');

  test.each(onTheGoodPath)('may be the last one before the process is killed: %s', async (step) => {
    for (const nth of /Overwrite/.test(step) ? [1, 4] : [1]) {
      const life = await unpaidLife();
      expect(await life.process({ around: dieAfter(step, nth) }).runOrDie('notice', sweepOf(life))).toBe('died');
      const heir = life.process();
      await heir.redrive();
      await expectErased(life);
    }
  });

  test.each(onTheGoodPath)('is made good by a sweep where nobody takes the execution over: %s', async (step) => {
    const life = await unpaidLife();
    await life.process({ around: dieAfter(step) }).runOrDie('notice');
    life.clock.moveTo('2026-04-02T01:30:00.000Z');
    await life.process().run('notice');
    await expectErased(life);
  });
});

test('an erasure that is killed at any call of a port is finished by the next process, with one certificate', async () => {
  const counted = await unpaidLife();
  const undisturbed = counted.process();
  await undisturbed.run('notice');
  for (const [round, dieAtCall] of sample(undisturbed.calls(), 20).entries()) {
    const life = await unpaidLife();
    const killed = life.process({ dieAtCall, afterEffect: round % 2 === 0 });
    expect(await killed.runOrDie('notice'), `call ${dieAtCall}`).toBe('died');
    const heir = life.process();
    if (round % 3 > 0) await heir.redrive();
    life.clock.moveTo('2026-04-02T01:30:00.000Z');
    await heir.run('notice');
    await expectErased(life);
    const items = (await erasureItems.list(life.table, `ERASURE#${life.caseId}`, { prefix: 'ITEM#' })).length;
    expect(items).toBe(2);
  }
});
