import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cases } from '../../src/records.ts';
import { openedHome } from '../use-cases/opened-home.ts';
import { readMails } from './mails.ts';
import { simulatedHome, type TestHome } from './tenure.ts';

interface ListedCase {
  id: string;
  tenant: string;
  reason: string;
  status: string;
  noticeSentAt: string | null;
  dueAt: string | null;
}

/** A home whose source holds a file and a folder. */
async function withData(): Promise<TestHome> {
  return await simulatedHome((made) => {
    const data = made.folder('data');
    mkdirSync(join(data, 'docs'));
    writeFileSync(join(data, 'docs/a.txt'), 'a');
    writeFileSync(join(data, 'b.txt'), 'b');
    return data;
  });
}

async function listed(home: TestHome): Promise<ListedCase[]> {
  return await home.json<ListedCase[]>(0, 'case', 'list');
}

/** The confirmation code in the newest mail. */
async function codeOf(home: TestHome): Promise<string> {
  const mail = (await readMails(home)).at(-1)?.text ?? '';
  return /\b[A-HJ-NP-Z2-9]{8}\b/.exec(mail)?.[0] ?? '';
}

describe("a customer's own request", () => {
  it('is confirmed by the code in the mail, cools off, is approved by the operator who entered it, and is cancelled', async () => {
    const home = await withData();
    const { id } = await home.json<{ id: string }>(
      0,
      'case',
      'open',
      '--tenant',
      'acme',
      '--reason',
      'customer-request',
      '--as',
      'ana',
    );
    expect(await listed(home)).toEqual([
      { id, tenant: 'acme', reason: 'customer-request', status: 'opened', noticeSentAt: null, dueAt: null },
    ]);
    await home.ends(2, 'case', 'confirm', id, 'WRONG234');
    const code = await codeOf(home);
    await home.ends(0, 'case', 'confirm', id, code);
    const [confirmed] = await listed(home);
    expect(confirmed).toMatchObject({ status: 'notified', dueAt: '2026-11-29T23:59:59.999Z' });
    await home.ends(0, 'case', 'approve', id, '--as', 'ana');
    await home.ends(0, 'case', 'cancel', id, '--note', 'they changed their mind');
    expect(await listed(home)).toEqual([expect.objectContaining({ id, status: 'cancelled' })]);
    expect(await home.json(0, 'case', 'list', '--open')).toEqual([]);
  });

  it('never shows the code, nor its hash', async () => {
    const home = await withData();
    const { id } = await home.json<{ id: string }>(
      0,
      'case',
      'open',
      '--tenant',
      'acme',
      '--reason',
      'customer-request',
    );
    const code = await codeOf(home);
    expect(code).toHaveLength(8);
    const { deps } = await openedHome(home);
    const { hash = '-' } = (await cases.read(deps.table, id))?.value.confirmation?.code ?? {};
    const { stdout } = await home.ends(0, 'case', 'show', id, '--json');
    expect(stdout).not.toContain(code);
    expect(stdout).not.toContain(hash);
  });
});

describe('obsolete data', () => {
  it('are noticed first; the operator who opened the case does not approve it', async () => {
    const home = await withData();
    const { id } = await home.json<{ id: string }>(
      0,
      'case',
      'open',
      '--tenant',
      'acme',
      '--reason',
      'obsolete',
      '--as',
      'ana',
    );
    await home.ends(0, 'run', 'notice');
    expect((await listed(home))[0]).toMatchObject({ status: 'notified', noticeSentAt: '2026-11-22T20:00:00.000Z' });
    expect((await home.ends(5, 'case', 'approve', id, '--as', 'ana')).stderr).toContain('second person');
    await home.ends(0, 'case', 'approve', id, '--as', 'bo');
  });

  it('are put off: an objection stops the clock, settling lets it go on, extending moves it', async () => {
    const home = await withData();
    const { id } = await home.json<{ id: string }>(0, 'case', 'open', '--tenant', 'acme', '--reason', 'obsolete');
    await home.ends(0, 'run', 'notice');
    await home.ends(0, 'case', 'object', id, '--note', 'still needed');
    expect((await listed(home))[0]?.status).toBe('disputed');
    await home.ends(0, 'case', 'settle', id);
    expect((await listed(home))[0]).toMatchObject({ status: 'notified', dueAt: '2026-12-22T23:59:59.999Z' });
    await home.ends(2, 'case', 'extend', id, '--until', '2026-12-01');
    await home.ends(2, 'case', 'extend', id, '--until', 'soon');
    await home.ends(0, 'case', 'extend', id, '--until', '2027-01-31');
    expect((await listed(home))[0]?.dueAt).toBe('2027-01-31T23:59:59.999Z');
    await home.ends(0, 'case', 'keep', id, '--until', '2027-03-01');
    expect((await listed(home))[0]?.status).toBe('disputed');
  });

  it('have notices over other ways, recorded with the digest of their evidence', async () => {
    const home = await withData();
    const { id } = await home.json<{ id: string }>(0, 'case', 'open', '--tenant', 'acme', '--reason', 'obsolete');
    const scan = join(home.beside, 'receipt.png');
    writeFileSync(scan, 'a scan');
    const args = ['--contact', '1', '--channel', 'registered-mail', '--level', 'acknowledged'];
    await home.ends(0, 'case', 'notice-recorded', id, ...args, '--evidence', scan);
    await home.ends(3, 'case', 'notice-recorded', id, ...args, '--evidence', join(home.beside, 'nothing'));
    interface Shown {
      case: { deliveries: { channel: string; levels: { evidence: string }[] }[] };
      countdown: { daysUntilDue: number };
    }
    const shown = await home.json<Shown>(0, 'case', 'show', id);
    const letter = shown.case.deliveries.find(({ channel }) => channel === 'registered-mail');
    expect(letter?.levels[0]?.evidence).toBe(createHash('sha256').update('a scan').digest('hex'));
    expect(shown.countdown.daysUntilDue).toBe(30);
  });
});

describe('a case about paths', () => {
  it('names what is there: a folder gets its slash, a mistyped path is refused', async () => {
    const home = await withData();
    interface Opened {
      id: string;
      scope: { paths: string[] };
    }
    const open = ['case', 'open', '--tenant', 'acme', '--source', 'files', '--reason', 'obsolete'];
    const absolute = join(home.folder('data'), 'b.txt');
    const { id, scope } = await home.json<Opened>(0, ...open, '--path', 'docs', '--path', absolute);
    expect(scope.paths).toEqual(['b.txt', 'docs/']);
    expect((await home.ends(4, ...open, '--path', 'docs/a.txt')).stderr).toContain(id);
    await home.ends(0, 'case', 'cancel', id);
    await home.ends(3, ...open, '--path', 'dosc');
    await home.ends(2, ...open, '--path', '.');
    await home.ends(2, 'case', 'open', '--tenant', 'acme', '--reason', 'obsolete', '--path', 'docs');
    expect((await listed(home)).map((one) => one.status)).toEqual(['cancelled']);
  });

  it('finds a path that only a copy still holds', async () => {
    const home = await withData();
    await home.ends(0, 'run', 'backup');
    rmSync(join(home.folder('data'), 'docs'), { recursive: true });
    const open = ['case', 'open', '--tenant', 'acme', '--source', 'files', '--reason', 'obsolete'];
    const { scope } = await home.json<{ scope: { paths: string[] } }>(0, ...open, '--path', 'docs');
    expect(scope.paths).toEqual(['docs/']);
  });
});

describe('case show', () => {
  it('says what stands in the way, and what to do about it', async () => {
    const home = await withData();
    const { id } = await home.json<{ id: string }>(0, 'case', 'open', '--tenant', 'acme', '--reason', 'obsolete');
    await home.ends(0, 'run', 'notice');
    const hold = await home.json<{ id: string }>(0, 'hold', 'place', '--tenant', 'acme', '--reason', 'lawsuit');
    const { stdout } = await home.ends(0, 'case', 'show', id);
    expect(stdout).toContain('held (notified underneath)');
    expect(stdout).toContain(`tenure hold release ${hold.id}`);
    expect(stdout).toContain('in 30 days');
    expect((await listed(home))[0]?.status).toBe('held');
    await home.ends(0, 'hold', 'release', hold.id, '--reason', 'settled');
    expect((await listed(home))[0]?.status).toBe('notified');
    await home.ends(3, 'case', 'show', 'c-0000000000');
    await home.ends(3, 'case', 'approve', 'c-0000000000');
  });
});
