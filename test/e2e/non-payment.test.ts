import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ended, filesBelow, Home, type RunData, type SnapshotData } from './program.ts';

const firstDay = '2026-11-22T20:00:00.000Z';
/** The last moment of the due day: 30 whole days after the day of the notice, in the tenant's zone (UTC). */
const due = '2026-12-22T23:59:59.999Z';
const afterDue = '2026-12-23T00:00:00.000Z';
/** Seven whole days later: what the plan `standard` leaves for a late payment. */
const afterSettlement = '2026-12-30T00:00:00.000Z';

interface CaseData {
  id: string;
  tenant: string;
  reason: string;
  status: string;
  noticeSentAt: string | null;
  dueAt: string | null;
}

/** A home with a copy of acme's data, and an account that is unpaid since the first day. */
async function unpaidHome(plan: string): Promise<{ home: Home; id: string; folder: string }> {
  const home = await new Home().make({ now: firstDay, plan });
  const folder = home.data('data', { 'a.txt': 'all that acme has' });
  await home.protect('files', folder);
  await home.ends(0, 'run', 'backup');
  const said = await home.json<{ case: { id: string; status: string } }>(
    0,
    'finance',
    'unpaid',
    'acme',
    '--invoice',
    'R-7',
  );
  expect(said.case.status).toBe('opened');
  return { home, id: said.case.id, folder };
}

async function notice(home: Home, code: number, now: string): Promise<RunData> {
  return await home.json<RunData>(code, 'run', 'notice', '--now', now);
}

async function theCase(home: Home): Promise<CaseData | undefined> {
  return (await home.json<CaseData[]>(0, 'case', 'list'))[0];
}

/** Nothing that a customer has was touched. */
async function expectUntouched(home: Home, folder: string): Promise<void> {
  expect(filesBelow(folder)).toEqual([join(folder, 'a.txt')]);
  const to = home.folder('proof');
  await home.ends(0, 'restore', 'latest', '--to', to);
  expect(filesBelow(to)).toEqual([join(to, 'a.txt')]);
  rmSync(to, { recursive: true });
}

async function expectErased(home: Home, folder: string): Promise<void> {
  expect(existsSync(folder)).toBe(false);
  expect(filesBelow(home.path('repository'))).toEqual([]);
  expect(await home.json<SnapshotData[]>(0, 'snapshots')).toEqual([]);
  expect(await home.json<object[]>(0, 'certificate', 'list')).toHaveLength(1);
}

const subjects = async (home: Home, to: string) => (await home.mailsTo(to)).map((mail) => mail.subject ?? '');

describe('an unpaid account on the plan unattended', () => {
  it('is noticed, reminded, and erased when the due day is over, not a day earlier', async () => {
    const { home, id, folder } = await unpaidHome('unattended');
    // Finance alone mails nobody: the first notice goes out with the sweep.
    expect(await home.mails()).toEqual([]);
    const first = await notice(home, 0, firstDay);
    expect(first.items).toMatchObject([{ case: id, caseStatus: 'notified', sent: 1 }]);
    expect(await theCase(home)).toMatchObject({ id, reason: 'non-payment', noticeSentAt: firstDay, dueAt: due });
    const [mail] = await home.mailsTo('ana@acme.example');
    expect(mail?.text).toContain(id);
    expect(mail?.text).toContain('22 December 2026');
    expect(mail?.text).toContain('R-7');

    // A second sweep on the same day sends nothing again.
    expect((await notice(home, 0, '2026-11-22T22:00:00.000Z')).items).toMatchObject([{ sent: 0 }]);
    expect(await home.mails()).toHaveLength(1);

    // 29 days later, and in the last moment of the due day.
    for (const now of ['2026-12-15T10:00:00.000Z', '2026-12-21T20:00:00.000Z', due]) {
      expect((await notice(home, 0, now)).items).toMatchObject([{ case: id, status: 'done' }]);
      expect((await notice(home, 0, now)).erasures).toEqual([]);
    }
    await expectUntouched(home, folder);
    expect((await subjects(home, 'ana@acme.example')).filter((subject) => /remind/i.test(subject))).toHaveLength(2);

    const last = await notice(home, 0, afterDue);
    expect(last.erasures).toMatchObject([{ case: id, outcome: 'ok' }]);
    expect(await theCase(home)).toMatchObject({ status: 'closed' });
    await expectErased(home, folder);
    for (const to of ['ana@acme.example', 'bo@acme.example']) {
      const report = (await home.mailsTo(to)).at(-1);
      expect(report?.attachments.map(({ contentType }) => contentType)).toContain('application/pdf');
    }
    // What is over is over.
    expect((await notice(home, 0, '2026-12-24T00:00:00.000Z')).items).toEqual([]);
    await home.ends(5, 'finance', 'paid', 'acme', '--invoice', 'R-7');
    expect(await home.json<{ id: string; status: string }[]>(0, 'tenant', 'list')).toMatchObject([
      { id: 'acme', status: 'erased' },
    ]);
    await home.ends(4, 'tenant', 'add', 'acme', '--name', 'Acme', '--email', 'new@acme.example');
  });

  it('is told in its own language, and its days are those of its own time zone', async () => {
    const home = new Home();
    await home.ends(0, 'init', '--now', firstDay);
    const zone = ['--locale', 'es', '--timezone', 'America/Bogota', '--plan', 'unattended'];
    await home.ends(0, 'tenant', 'add', 'acme', '--name', 'Acme', '--email', 'ana@acme.example', ...zone);
    const folder = home.data('data', { 'a.txt': 'all that acme has' });
    await home.protect('files', folder);
    await home.ends(0, 'run', 'backup');
    await home.ends(0, 'finance', 'unpaid', 'acme');
    await notice(home, 0, firstDay);
    expect((await theCase(home))?.dueAt).toBe('2026-12-23T04:59:59.999Z');
    const [mail] = await home.mailsTo('ana@acme.example');
    expect(mail?.text).toContain('22 de diciembre de 2026');
    await notice(home, 0, '2026-12-23T04:59:59.999Z');
    await expectUntouched(home, folder);
    await notice(home, 0, '2026-12-23T05:00:00.000Z');
    await expectErased(home, folder);
  });

  it('is told of its erasure by a later sweep when the mail could not go out at first', async () => {
    const { home, folder } = await unpaidHome('unattended');
    await notice(home, 0, firstDay);
    const config = readFileSync(home.path('tenure.yml'), 'utf8');
    // Nobody listens there.
    writeFileSync(
      home.path('tenure.yml'),
      config.replace('\n  transport: outbox', '\n  transport: smtp://127.0.0.1:1'),
    );
    const failed = await home.run('run', 'notice', '--now', afterDue);
    expect(failed.code).toBe(75);
    expect(await theCase(home)).toMatchObject({ status: 'certified' });
    writeFileSync(home.path('tenure.yml'), config);
    await notice(home, 0, '2026-12-23T01:00:00.000Z');
    expect(await theCase(home)).toMatchObject({ status: 'closed' });
    await expectErased(home, folder);
    const reports = (await home.mailsTo('ana@acme.example')).filter(({ attachments }) => attachments.length > 0);
    expect(reports).toHaveLength(1);
  });

  it('is saved by a payment on the day before', async () => {
    const { home, id, folder } = await unpaidHome('unattended');
    await notice(home, 0, firstDay);
    await home.ends(0, 'finance', 'paid', 'acme', '--invoice', 'R-7', '--now', '2026-12-21T20:00:00.000Z');
    expect(await theCase(home)).toMatchObject({ id, status: 'cancelled' });
    const [, cancelled] = await home.mailsTo('ana@acme.example');
    expect(cancelled?.subject).toContain(id);
    expect((await notice(home, 0, '2027-02-01T00:00:00.000Z')).items).toEqual([]);
    await expectUntouched(home, folder);
    expect(await home.json<{ status: string }[]>(0, 'tenant', 'list')).toMatchObject([{ status: 'active' }]);

    // The payment is taken back: a new case, with full notice.
    const back = await home.json<{ case: { id: string } }>(0, 'finance', 'reverse', 'acme', '--invoice', 'R-7');
    expect(back.case.id).not.toBe(id);
    await notice(home, 0, '2027-02-01T10:00:00.000Z');
    const second = (await home.json<CaseData[]>(0, 'case', 'list')).find((each) => each.id === back.case.id);
    expect(second?.dueAt).toBe('2027-03-03T23:59:59.999Z');
  });

  it('is not erased while a legal hold covers any of its data, and the hold is named', async () => {
    const { home, id, folder } = await unpaidHome('unattended');
    await notice(home, 0, firstDay);
    const held = ['--tenant', 'acme', '--source', 'files', '--reason', 'lawsuit 12/26'];
    const { id: hold } = await home.json<{ id: string }>(0, 'hold', 'place', ...held);
    for (const now of [afterDue, '2027-01-05T00:00:00.000Z']) {
      const blocked = await notice(home, 5, now);
      expect(blocked.erasures).toEqual([]);
      expect(blocked.items[0]).toMatchObject({ case: id, status: 'blocked' });
      expect(blocked.items[0]?.reasons.join()).toContain(hold);
      expect(blocked.items[0]?.reasons.join()).toContain('lawsuit 12/26');
    }
    const text: Ended = await home.ends(5, 'run', 'notice');
    expect(text.stdout).toContain(hold);
    expect((await home.ends(0, 'case', 'show', id)).stdout).toContain(hold);
    await expectUntouched(home, folder);
    await home.ends(0, 'hold', 'release', hold, '--reason', 'settled out of court');
    await home.ends(4, 'hold', 'release', hold, '--reason', 'again');
    await home.ends(3, 'hold', 'release', 'h-0000000000', '--reason', 'none');
    await notice(home, 0, '2027-01-06T00:00:00.000Z');
    await expectErased(home, folder);
  });

  it('stands still while the invoice is disputed or payment is promised', async () => {
    const { home, folder } = await unpaidHome('unattended');
    await notice(home, 0, firstDay);
    await home.ends(0, 'finance', 'dispute', 'acme', '--invoice', 'R-7', '--now', '2026-12-12T12:00:00.000Z');
    expect(await theCase(home)).toMatchObject({ status: 'disputed' });
    await notice(home, 0, '2027-01-20T00:00:00.000Z');
    await expectUntouched(home, folder);
    // Settled against the customer: what was left of the notice runs from that day on.
    const { id } = (await theCase(home)) ?? { id: '' };
    await home.ends(0, 'case', 'settle', id, '--now', '2027-01-20T12:00:00.000Z');
    const { dueAt } = (await theCase(home)) ?? {};
    expect(dueAt! >= '2027-01-30T23:59:59.999Z' && dueAt! <= '2027-01-31T23:59:59.999Z').toBe(true);
    await notice(home, 0, dueAt!);
    await expectUntouched(home, folder);
    await notice(home, 0, '2027-02-01T00:00:00.000Z');
    await expectErased(home, folder);
  });

  it('tries the next contact when a notice bounces, and its clock begins anew', async () => {
    const { home, id, folder } = await unpaidHome('unattended');
    await notice(home, 0, firstDay);
    await home.ends(0, 'case', 'bounce', id, 'd1', '--reason', '550 no such user', '--now', '2026-12-10T08:00:00.000Z');
    await notice(home, 0, '2026-12-10T09:00:00.000Z');
    expect(await home.mailsTo('bo@acme.example')).toHaveLength(1);
    expect(await theCase(home)).toMatchObject({ status: 'notified', dueAt: '2027-01-09T23:59:59.999Z' });
    await notice(home, 0, afterDue);
    await expectUntouched(home, folder);
    // The last contact's bounces too: an operator is asked, nothing is due.
    const delivery =
      (await home.json<{ case: { deliveries: { id: string }[] } }>(0, 'case', 'show', id)).case.deliveries.at(-1)?.id ??
      '';
    await home.ends(0, 'case', 'bounce', id, delivery, '--reason', '550 no such user');
    expect(await theCase(home)).toMatchObject({ status: 'undeliverable' });
    expect((await subjects(home, 'operator@tenure.example')).join()).toMatch(/undeliverable/i);
    await home.run('run', 'notice', '--now', '2027-03-01T00:00:00.000Z');
    await expectUntouched(home, folder);
  });
});

describe('an unpaid account on the plan standard', () => {
  it('waits for the approval of somebody else, and for the days of settlement', async () => {
    const { home, id, folder } = await unpaidHome('standard');
    await notice(home, 0, firstDay);
    const waiting = await notice(home, 5, afterDue);
    expect(waiting.items[0]).toMatchObject({ case: id, status: 'blocked' });
    expect(waiting.items[0]?.reasons.join()).toContain('case approve');
    expect(await theCase(home)).toMatchObject({ status: 'awaiting-approval' });
    expect((await subjects(home, 'operator@tenure.example')).join()).toContain(id);
    await notice(home, 5, '2027-01-15T00:00:00.000Z');
    await expectUntouched(home, folder);
    await home.ends(0, 'case', 'approve', id, '--as', 'eve');
    await notice(home, 0, '2027-01-15T01:00:00.000Z');
    await expectErased(home, folder);
  });

  it('is not erased before the settlement days are over, even when it was approved early; a payment then still counts', async () => {
    for (const paid of [true, false]) {
      const { home, id, folder } = await unpaidHome('standard');
      await notice(home, 0, firstDay);
      await notice(home, 5, afterDue);
      await home.ends(0, 'case', 'approve', id, '--as', 'eve');
      await notice(home, 0, '2026-12-29T23:59:59.999Z');
      await expectUntouched(home, folder);
      if (paid) await home.ends(0, 'finance', 'paid', 'acme', '--invoice', 'R-7');
      await notice(home, 0, afterSettlement);
      if (paid) await expectUntouched(home, folder);
      else await expectErased(home, folder);
    }
  });
});

describe('a request of the customer', () => {
  it('counts only with the code that was mailed, then cools off, then is carried out', async () => {
    const home = await new Home().make({ now: firstDay, plan: 'unattended' });
    const folder = home.data('data', { 'a.txt': 'all that acme has' });
    await home.protect('files', folder);
    await home.ends(0, 'run', 'backup');
    const request = ['case', 'open', '--tenant', 'acme', '--reason', 'customer-request'];
    const { id } = await home.json<CaseData>(0, ...request);
    await home.ends(4, ...request);
    const [mail] = await home.mailsTo('ana@acme.example');
    const code = /\b[A-HJ-NP-Z2-9]{8}\b/.exec(mail?.text ?? '')?.[0] ?? '';
    expect(code).not.toBe('');
    await home.ends(2, 'case', 'confirm', id, code === 'AAAAAAAA' ? 'BBBBBBBB' : 'AAAAAAAA');
    // Without the code nothing ever becomes due.
    await notice(home, 0, '2026-11-23T20:00:00.000Z');
    expect((await theCase(home))?.dueAt).toBeNull();
    await home.ends(0, 'case', 'confirm', id, code);
    await notice(home, 0, '2026-11-23T21:00:00.000Z');
    expect(await theCase(home)).toMatchObject({ dueAt: '2026-11-30T23:59:59.999Z' });
    await notice(home, 0, '2026-11-30T23:00:00.000Z');
    await expectUntouched(home, folder);
    await notice(home, 0, '2026-12-01T00:00:00.000Z');
    await expectErased(home, folder);
  });

  it('of some paths takes them from every copy, and leaves everything else', async () => {
    const home = await new Home().make({ now: firstDay });
    const folder = home.data('data', {
      'keep.txt': 'kept',
      'people/ana.txt': 'about ana',
      'people/bo.txt': 'about bo',
    });
    await home.protect('files', folder);
    await home.ends(0, 'run', 'backup');
    await home.ends(0, 'run', 'backup', '--now', '2026-11-22T21:00:00.000Z');
    const ids = (await home.json<SnapshotData[]>(0, 'snapshots')).map((each) => each.id);
    const scope = ['--tenant', 'acme', '--source', 'files', '--path', 'people/ana.txt'];
    const { id } = await home.json<CaseData>(0, 'case', 'open', ...scope, '--reason', 'customer-request');
    const [mail] = await home.mailsTo('ana@acme.example');
    await home.ends(0, 'case', 'confirm', id, /\b[A-HJ-NP-Z2-9]{8}\b/.exec(mail?.text ?? '')?.[0] ?? '');
    await notice(home, 0, '2026-12-08T00:00:00.000Z');
    expect(await theCase(home)).toMatchObject({ status: 'closed' });
    expect(filesBelow(folder)).toEqual([join(folder, 'keep.txt'), join(folder, 'people/bo.txt')]);
    expect((await home.json<SnapshotData[]>(0, 'snapshots')).map((each) => each.id)).toEqual(ids);
    for (const snapshot of ids) {
      const to = join(home.beside, `from-${snapshot}`);
      await home.ends(0, 'restore', snapshot, '--to', to);
      expect(filesBelow(to)).toEqual([join(to, 'keep.txt'), join(to, 'people/bo.txt')]);
    }
    await home.ends(0, 'check', '--read-data');
    expect(await home.json<{ problems: unknown[] }>(0, 'check', '--read-data')).toMatchObject({ problems: [] });
    expect(await home.json<object[]>(0, 'certificate', 'list')).toHaveLength(1);
  });
});
