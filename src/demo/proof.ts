import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyCertificate } from '../documents/verify-certificate.ts';
import { NotFoundError } from '../domain/errors.ts';
import { verifyChain } from '../domain/ledger.ts';
import type { EmbeddedHome } from '../embedded.ts';
import { certificates, ledgerEntries, ledgerHeads } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { restoreSnapshot } from '../repository/restore.ts';
import { readRootHeader } from '../repository/root.ts';
import { filesUnder } from './files-under.ts';
import { sameTree } from './same-tree.ts';
import type { Told } from './story.ts';

/** One statement and whether it holds. */
export interface Proof {
  what: string;
  ok: boolean;
  detail: string;
}

/** Copies the repository as a thief or a forgotten backup would have it, before the erasure. */
export function stealRepository(home: EmbeddedHome, to: string): void {
  mkdirSync(to, { recursive: true });
  cpSync(join(home.config.repository, 'v1', 'unpaid'), join(to, 'unpaid'), { recursive: true });
}

/** The demo checks its own story: certificate, ledger, a restore compared bit for bit, and that the erased are unreadable. */
export async function prove(home: EmbeddedHome, told: Told, scratch: string, stolen: string): Promise<Proof[]> {
  return [
    ...(await proveCertificate(home, told)),
    await proveLedger(home),
    await proveRestore(home, told, scratch),
    await proveUnreadable(home, stolen),
    proveGone(told),
  ];
}

async function proveCertificate({ deps }: EmbeddedHome, told: Told): Promise<Proof[]> {
  const issued = (await certificates.list(deps.table, 'CERTIFICATES')).map((stored) => stored.value);
  const one = issued.find((certificate) => certificate.caseId === told.erasedCase);
  if (one === undefined || issued.length !== 1) {
    return [{ what: 'exactly one certificate exists', ok: false, detail: `${issued.length} certificates` }];
  }
  const jwks = { keys: await deps.keys.publicKeys() };
  const proofs: Proof[] = [];
  for (const key of [one.json, one.pdf]) {
    const file = await deps.evidence.get(key);
    const verdict = await verifyCertificate(file, jwks);
    const altered = Buffer.from(file);
    altered[Math.floor(altered.length / 2)] = (altered[Math.floor(altered.length / 2)] ?? 0) ^ 1;
    const caught = !(await verifyCertificate(altered, jwks)).ok;
    proofs.push({
      what: `the certificate ${key.split('/').at(-1) ?? ''} verifies with the public key alone, and not with one bit changed`,
      ok: verdict.ok && caught,
      detail: verdict.ok
        ? `${verdict.content?.inventory.objects ?? 0} objects, ${verdict.content?.inventory.copies ?? 0} copies`
        : verdict.problems.join('; '),
    });
  }
  return proofs;
}

async function proveLedger({ deps }: EmbeddedHome): Promise<Proof> {
  let entries = 0;
  for (const { value: head } of await ledgerHeads.list(deps.table, 'LEDGER-HEADS')) {
    const chain = (await ledgerEntries.list(deps.table, `LEDGER#${head.chain}`)).map((stored) => stored.value);
    entries += chain.length;
    const verdict = verifyChain(chain, undefined, { chain: head.chain, seq: head.seq, hash: head.hash });
    if (!verdict.ok)
      return {
        what: 'the ledger verifies',
        ok: false,
        detail: `${head.chain}: entry ${verdict.seq}: ${verdict.problem}`,
      };
  }
  return { what: 'the ledger verifies', ok: true, detail: `${entries} entries` };
}

async function proveRestore({ deps }: EmbeddedHome, told: Told, scratch: string): Promise<Proof> {
  const newest = (await listSnapshots(deps, { tenant: 'living', source: 'files', status: 'live' })).at(-1);
  const what = 'the newest copy of the living tenant restores bit for bit';
  if (newest === undefined) return { what, ok: false, detail: 'there is no copy' };
  const target = await (await deps.restoreFolder(scratch, { apartFrom: [] })).open({ force: false });
  const report = await restoreSnapshot(deps, newest, target);
  await target.close();
  const verdict = sameTree(told.living.folder, scratch);
  if (!verdict.same) return { what, ok: false, detail: verdict.what };
  return {
    what,
    ok: report.damaged.length === 0,
    detail: `${verdict.objects} objects, ${verdict.bytes} bytes, times to the nanosecond`,
  };
}

/** Tries every root of the stolen repository with today's keys. */
async function proveUnreadable({ deps }: EmbeddedHome, stolen: string): Promise<Proof> {
  let roots = 0;
  let opened = 0;
  for (const file of filesUnder(stolen).filter((path) => path.includes('/root/'))) {
    roots++;
    const { key } = readRootHeader(readFileSync(file));
    try {
      await deps.keys.open(key);
      opened++;
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
  const left = [...(await deps.keys.list('tenant/unpaid')), ...(await deps.keys.list('root/unpaid/'))];
  const ok = roots > 0 && opened === 0 && left.length === 0;
  return {
    what: 'a copy of the repository taken before the erasure opens nothing',
    ok,
    detail: `${roots} roots tried, ${opened} opened, ${left.length} keys left`,
  };
}

function proveGone(told: Told): Proof {
  const left = filesUnder(told.erasedFolder).length;
  return { what: 'the live data of the erased tenant are gone', ok: left === 0, detail: `${left} files left` };
}
