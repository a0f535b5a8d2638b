import type { Deps } from '../deps.ts';
import { type Case, dueAtOf } from '../domain/case.ts';
import {
  alerts,
  cases,
  certificates,
  holds,
  ledgerHeads,
  packReadings,
  planVersions,
  restoreTests,
  runSummaries,
  sources,
} from '../records.ts';
import { allReports } from './control-reports.ts';
import { exportLedger } from './export-ledger.ts';
import { sealPrefix } from './ledger-seals.ts';
import { listLiveSnapshots } from './list-snapshots.ts';
import { itemsOf } from './run-items.ts';

/** One file of a pack. */
export interface EvidenceFile {
  name: string;
  content: Buffer;
}

/** A value as a JSON file that people can read. */
export function jsonFile(name: string, value: unknown): EvidenceFile {
  return { name, content: Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`) };
}

/** Everything that an evidence pack holds besides its README and index. */
export async function* evidenceFiles(deps: Deps): AsyncGenerator<EvidenceFile> {
  yield* ledgerFiles(deps);
  yield jsonFile('keys/jwks.json', { keys: await deps.keys.publicKeys() });
  yield jsonFile('keys/replicas.json', await deps.keys.replicas());
  yield jsonFile('keys/recoveries.json', await deps.keys.recoveries());
  yield* certificateFiles(deps);
  yield jsonFile(
    'cases.json',
    (await cases.all(deps.table)).map(({ value }) => caseFacts(value)),
  );
  yield jsonFile('snapshots.json', await listLiveSnapshots.typed(deps, {}));
  yield* expiryFiles(deps);
  yield* restoreTestFiles(deps);
  for await (const report of allReports(deps)) {
    yield jsonFile(`controls/${report.at.replaceAll(':', '-')}.json`, report);
  }
  yield* planFiles(deps);
  yield jsonFile(
    'holds.json',
    (await holds.list(deps.table, holds.key('').pk)).map(({ value }) => value),
  );
  yield jsonFile(
    'alerts.json',
    (await alerts.list(deps.table, alerts.key('').pk)).map(({ value }) => value),
  );
}

async function* ledgerFiles(deps: Deps): AsyncGenerator<EvidenceFile> {
  const lines: string[] = [];
  for await (const line of exportLedger(deps)) lines.push(line);
  yield { name: 'ledger/entries.jsonl', content: Buffer.from(lines.join('')) };
  yield jsonFile(
    'ledger/heads.json',
    (await ledgerHeads.list(deps.table, ledgerHeads.key('').pk)).map(({ value }) => value),
  );
  for await (const { key } of deps.evidence.list(sealPrefix))
    yield { name: key, content: await deps.evidence.get(key) };
}

async function* certificateFiles(deps: Deps): AsyncGenerator<EvidenceFile> {
  for (const { value } of await certificates.list(deps.table, certificates.key('').pk)) {
    yield { name: `certificates/${value.id}.json`, content: await deps.evidence.get(value.json) };
    yield { name: `certificates/${value.id}.pdf`, content: await deps.evidence.get(value.pdf) };
  }
}

/** A case without names, addresses, paths and words of the customer's. */
function caseFacts(value: Case) {
  const {
    id,
    tenant,
    scope,
    reason,
    status,
    planDigest,
    authority,
    openedAt,
    noticeSentAt,
    deliveries,
    reminders,
    approval,
    timeline,
  } = value;
  return {
    id,
    tenant,
    scope: { source: scope.source ?? null, paths: scope.paths?.length ?? null },
    reason,
    status,
    planDigest,
    authority: authority ?? null,
    openedAt,
    openedBy: value.openedBy.kind,
    noticeSentAt: noticeSentAt ?? null,
    dueAt: dueAtOf(value) ?? null,
    deliveries,
    reminders,
    approvedAt: approval?.at ?? null,
    certificate: 'certificate' in value ? value.certificate : null,
    timeline: timeline.map(({ at, event, actor, status: after }) => ({ at, event, actor: actor.kind, status: after })),
  };
}

async function* expiryFiles(deps: Deps): AsyncGenerator<EvidenceFile> {
  for (const { value } of await runSummaries.all(deps.table)) {
    if (!value.run.startsWith('expiry-')) continue;
    const items = await itemsOf(deps, value.run);
    const decided = items.map(({ tenant, source, status, reasons, facts }) => ({
      tenant,
      source: source ?? null,
      status,
      reasons,
      decisions: facts.decisions ?? [],
      removed: facts.gone ?? [],
    }));
    yield jsonFile(`expiry/${value.run}.json`, { ...value, sources: decided });
  }
}

async function* restoreTestFiles(deps: Deps): AsyncGenerator<EvidenceFile> {
  for (const { value: source } of await sources.all(deps.table)) {
    const name = `${source.tenant}/${source.name}`;
    const scope = [source.tenant, source.name] as const;
    const tests = await restoreTests.list(deps.table, restoreTests.key(...scope, '').pk);
    // Differences name objects of the customer's: how many there were is enough.
    const shown = tests.map(({ value: { differences, ...test } }) => ({ ...test, differences: differences.length }));
    if (shown.length > 0) yield jsonFile(`restore-tests/${name}.json`, shown);
    const readings = await packReadings.list(deps.table, packReadings.key(...scope, '').pk);
    if (readings.length > 0)
      yield jsonFile(
        `restore-tests/${name}-packs.json`,
        readings.map(({ value }) => value),
      );
  }
}

async function* planFiles(deps: Deps): AsyncGenerator<EvidenceFile> {
  const versions = (await planVersions.all(deps.table)).map(({ value }) => value);
  for (const { name, version, text } of versions)
    yield { name: `plans/${name}-v${version}.yml`, content: Buffer.from(text) };
  yield jsonFile(
    'plans/versions.json',
    versions.map(({ text: _text, ...version }) => version),
  );
}
