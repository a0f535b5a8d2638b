import type { Alert } from './domain/alert.ts';
import type { ApiKey } from './domain/api-key.ts';
import { dayMs } from './domain/calendar.ts';
import { type Case, isOver } from './domain/case.ts';
import type { PendingEffect } from './domain/case-decision.ts';
import type { CertificateRecord } from './domain/certificate.ts';
import type { ControlReportPage, ToldCustomer } from './domain/control-report.ts';
import type { DailyPlaces } from './domain/daily-places.ts';
import type { DamageRecord } from './domain/damage-record.ts';
import type { Download } from './domain/download.ts';
import type { ErasureItem, ErasureRecord } from './domain/erasure.ts';
import type { FinanceAccount } from './domain/finance.ts';
import type { Hold, HoldMark } from './domain/hold.ts';
import type { IdempotentCall } from './domain/idempotency.ts';
import type { KnownCaller } from './domain/known-caller.ts';
import type { DatedHead, LedgerEntry, LedgerRestart, LedgerSealRecord } from './domain/ledger.ts';
import type { ManagedJobState, ManagedPoint } from './domain/managed-point.ts';
import type { NoticeRecord } from './domain/notice.ts';
import type { TriageItem } from './domain/obsolescence.ts';
import type { OpenRestore } from './domain/open-restore.ts';
import type { OpendsrKey, OpendsrRequest } from './domain/opendsr.ts';
import type { OpendsrCertificate } from './domain/opendsr-certificate.ts';
import type { PackCoverage, PackReading } from './domain/pack-reading.ts';
import type { PlanVersion } from './domain/plan-version.ts';
import type { RateWindow } from './domain/rate-window.ts';
import type { RestoreJob } from './domain/restore-job.ts';
import type { RestoreTest } from './domain/restore-test.ts';
import type { RunItem, RunRequest, RunSummary } from './domain/run.ts';
import type { Slot, SlotHorizon } from './domain/slots.ts';
import type { Source } from './domain/source.ts';
import type { SystemState } from './domain/system-state.ts';
import type { Tenant } from './domain/tenant.ts';
import type { Webhook, WebhookDelivery } from './domain/webhook.ts';
import type { Json, KeyRange, Row, Table, TableKey, Write } from './ports/table.ts';

/** A stored value with the version that a conditional write needs. */
export interface Stored<T> {
  value: T;
  version: number;
}

/** How one kind of record lies in the Table. The second index leads from a tenant to every trace of it, for its erasure. */
export interface RecordKind<T, Id extends string[]> {
  key(...id: Id): TableKey;
  read(table: Table, ...id: Id): Promise<Stored<T> | undefined>;
  /** All records of a partition, in key order. */
  list(table: Table, pk: string, range?: KeyRange): Promise<Stored<T>[]>;
  /**
   * All records of this kind through the first index. Where the kind tells open ones apart, one that has just come to its end moves
   * from one partition of the index to another and may be missing for a moment: what must not miss one reads `of` or by key.
   */
  all(table: Table, range?: KeyRange): Promise<Stored<T>[]>;
  /**
   * Those of them that are not over, where the kind tells them apart: it costs what is open, and not what ever was. One that stays
   * open never moves, so none is missing; one that is over may still be named for a moment, as it was before.
   */
  open(table: Table, range?: KeyRange): Promise<Stored<T>[]>;
  /** Those that belong to something, through the second index, where the kind is listed there. */
  of(table: Table, owner: string, range?: KeyRange): Promise<Stored<T>[]>;
  write(value: T, when?: 'absent' | number): Write;
  remove(...id: Id): Write;
}

function kind<T extends object, Id extends string[]>(spec: {
  key: (...id: Id) => TableKey;
  idOf: (value: T) => Id;
  /**
   * Sort key under which the record is listed among all of its kind, if it is; the partition is the kind's own name. What is `over`
   * lies in one of its own, under a sort key that is ASCII and of this record alone.
   */
  listed?: { under: string; over?: (value: T) => boolean; sk: (value: T) => string | undefined };
  /** The tenant whose erasure must find this record. */
  traceOf?: (value: T) => string | undefined;
  /** For a kind that stays when its tenant is erased, so that the second index is free: what it is listed under, and how. */
  belongs?: { under: string; to: (value: T) => string; sk: (value: T) => string };
}): RecordKind<T, Id> {
  const stored = (row: Row): Stored<T> => ({ value: row.data.value as unknown as T, version: row.version });
  const { under = '', over } = spec.listed ?? {};
  const ended = `${under}-OVER`;
  return {
    key: spec.key,
    async read(table, ...id) {
      const row = await table.get(spec.key(...id));
      return row === undefined ? undefined : stored(row);
    },
    list: async (table, pk, range) => (await table.query(pk, range)).map(stored),
    async all(table, range) {
      const rows = await table.queryIndex(1, under, range);
      return (over === undefined ? rows : inOrder(rows, await table.queryIndex(1, ended, range), range)).map(stored);
    },
    open: async (table, range) => (await table.queryIndex(1, under, range)).map(stored),
    of: async (table, owner, range) =>
      (await table.queryIndex(2, `${spec.belongs?.under ?? ''}#${owner}`, range)).map(stored),
    write(value, when) {
      const key = spec.key(...spec.idOf(value));
      const tenant = spec.traceOf?.(value);
      const { belongs } = spec;
      const listedAs = spec.listed?.sk(value);
      return {
        put: {
          ...key,
          data: { value: value as unknown as Json },
          ...(spec.listed === undefined || listedAs === undefined
            ? {}
            : { index1: { pk: over?.(value) === true ? ended : under, sk: listedAs } }),
          ...(tenant === undefined ? {} : { index2: tracesOf(tenant, key) }),
          ...(belongs === undefined
            ? {}
            : { index2: { pk: `${belongs.under}#${belongs.to(value)}`, sk: belongs.sk(value) } }),
        },
        ...(when === undefined ? {} : { when }),
      };
    },
    remove: (...id) => ({ delete: spec.key(...id) }),
  };
}

/** Rows of two partitions of the first index in one order. What just moves from the first may still be there: the later row counts. */
function inOrder(first: Row[], second: Row[], { reverse = false, limit }: KeyRange = {}): Row[] {
  const byKey = new Map([...first, ...second].map((row) => [row.index1?.sk ?? '', row]));
  const keys = [...byKey.keys()].sort();
  if (reverse) keys.reverse();
  return keys.slice(0, limit).flatMap((key) => byKey.get(key) ?? []);
}

/** Where every record that tells something of a tenant can be found again. */
export function tracesOf(tenant: string, key: TableKey): TableKey {
  return { pk: `TRACE#${tenant}`, sk: `${key.pk}|${key.sk}` };
}

/** Partition of the first index in which everything lies that is forgotten at a time of its own, by that time. */
export const expiringUnder = 'EXPIRES';

function expiring<T>(untilMs: (value: T) => number) {
  return { under: expiringUnder, sk: (value: T) => new Date(untilMs(value)).toISOString() };
}

const number = (n: number) => String(n).padStart(8, '0');

export const tenants = kind<Tenant, [string]>({
  key: (id) => ({ pk: 'TENANTS', sk: id }),
  idOf: (tenant) => [tenant.id],
});

/** Whose customer of Stripe's it is: one tenant's at most. Without a trace: it ends with the tenant's record, not before. */
export const stripeCustomers = kind<{ customer: string; tenant: string }, [string]>({
  key: (customer) => ({ pk: `STRIPE-CUSTOMER#${customer}`, sk: 'TENANT' }),
  idOf: ({ customer }) => [customer],
});

export const sources = kind<Source, [string, string]>({
  key: (tenant, name) => ({ pk: `SOURCES#${tenant}`, sk: name }),
  idOf: (source) => [source.tenant, source.name],
  listed: { under: 'SOURCES', sk: (source) => `${source.tenant}/${source.name}` },
  traceOf: (source) => source.tenant,
});

export const planVersions = kind<PlanVersion, [string, string]>({
  key: (name, version) => ({ pk: `PLAN#${name}`, sk: version }),
  idOf: (plan) => [plan.name, number(plan.version)],
  listed: { under: 'PLANS', sk: (plan) => `${plan.name}/${number(plan.version)}` },
});

export const cases = kind<Case, [string]>({
  key: (id) => ({ pk: `CASE#${id}`, sk: 'CASE' }),
  idOf: (value) => [value.id],
  listed: { under: 'CASES', over: isOver, sk: caseKey },
  belongs: { under: 'CASES-OF', to: (value) => value.tenant, sk: caseKey },
});

/** Beside the index of a tenant's cases, which may lag: written with every opening, it knows each case that is not over. */
export const openedCases = kind<{ tenant: string; ids: string[] }, [string]>({
  key: (tenant) => ({ pk: 'OPENED-CASES', sk: tenant }),
  idOf: ({ tenant }) => [tenant],
  traceOf: ({ tenant }) => tenant,
});

/** Where a case stands in lists: oldest first. */
export function caseKey({ openedAt, id }: Pick<Case, 'openedAt' | 'id'>): string {
  return `${openedAt}#${id}`;
}

export const notices = kind<NoticeRecord, [string, string]>({
  key: (caseId, id) => ({ pk: `CASE#${caseId}`, sk: `NOTICE#${id}` }),
  idOf: (notice) => [notice.caseId, notice.id],
  // Later reports of the mail service name its own id.
  listed: { under: 'MAILS', sk: (notice) => notice.providerId },
});

export const pendingEffects = kind<PendingEffect, [string, string]>({
  key: (caseId, id) => ({ pk: `EFFECTS#${caseId}`, sk: id }),
  idOf: (pending) => [pending.caseId, pending.id],
  listed: { under: 'EFFECTS', sk: (pending) => `${pending.caseId}#${pending.id}` },
});

export const holds = kind<Hold, [string]>({
  key: (id) => ({ pk: 'HOLDS', sk: id }),
  idOf: (hold) => [hold.id],
});

/** A hold once more while it is in force, beside the others on its tenant: what stands before a step is read there, consistently. */
export const holdsInForce = kind<Hold, [string, string]>({
  key: (tenant, id) => ({ pk: `HOLDS#${tenant}`, sk: id }),
  idOf: (hold) => [hold.scope.tenant, hold.id],
  listed: { under: 'HOLDS', sk: (hold) => hold.id },
});

export const holdMarks = kind<HoldMark, [string]>({
  key: (tenant) => ({ pk: 'HOLD-MARKS', sk: tenant }),
  idOf: (mark) => [mark.tenant],
});

export const alerts = kind<Alert, [string]>({
  key: (id) => ({ pk: 'ALERTS', sk: id }),
  idOf: (alert) => [alert.id],
  traceOf: (alert) => alert.tenant,
});

export const runRequests = kind<RunRequest, [string]>({
  key: (run) => ({ pk: `RUN#${run}`, sk: 'REQUEST' }),
  idOf: (request) => [request.run],
  traceOf: (request) => request.tenant,
});

export const runItems = kind<RunItem, [string, string]>({
  key: (run, item) => ({ pk: `RUN#${run}`, sk: `ITEM#${item}` }),
  idOf: (item) => [item.run, number(item.item)],
  // An item about a case tells no more than the case itself, which stays; one about a source names it.
  traceOf: (item) => (item.source === undefined ? undefined : item.tenant),
});

export const runSummaries = kind<RunSummary, [string]>({
  key: (run) => ({ pk: `RUN#${run}`, sk: 'SUMMARY' }),
  idOf: (summary) => [summary.run],
  listed: { under: 'SUMMARIES', sk: (summary) => `${summary.endedAt}#${summary.run}` },
});

export const restoreTests = kind<RestoreTest, [string, string, string]>({
  key: (tenant, source, id) => ({ pk: `RESTORE-TESTS#${tenant}/${source}`, sk: id }),
  idOf: (test) => [test.tenant, test.source, `${test.testedAt}#${test.snapshot}`],
  traceOf: (test) => test.tenant,
});

export const managedPoints = kind<ManagedPoint, [string, string, string]>({
  key: (tenant, source, arn) => ({ pk: `MANAGED#${tenant}/${source}`, sk: arn }),
  idOf: (point) => [point.tenant, point.source, point.arn],
  listed: { under: 'MANAGED', sk: (point) => point.arn },
  traceOf: (point) => point.tenant,
});

export const managedJobs = kind<ManagedJobState, [string]>({
  key: (job) => ({ pk: `MANAGED-JOB#${job}`, sk: 'JOB' }),
  idOf: (job) => [job.jobId],
  traceOf: (job) => job.tenant,
});

export const openRestores = kind<OpenRestore, [string]>({
  key: (id) => ({ pk: 'RESTORES', sk: id }),
  idOf: (restore) => [restore.id],
  traceOf: (restore) => restore.tenant,
});

export const packReadings = kind<PackReading, [string, string, string]>({
  key: (tenant, source, pack) => ({ pk: `PACKS-READ#${tenant}/${source}`, sk: `PACK#${pack}` }),
  idOf: (reading) => [reading.tenant, reading.source, reading.pack],
  traceOf: (reading) => reading.tenant,
});

export const damageRecords = kind<DamageRecord, [string, string, string, string]>({
  key: (tenant, source, what, id) => ({ pk: `DAMAGED#${tenant}/${source}`, sk: `${what}#${id}` }),
  idOf: (damage) => [damage.tenant, damage.source, damage.kind, damage.id],
  traceOf: (damage) => damage.tenant,
});

export const packCoverages = kind<PackCoverage, [string, string]>({
  key: (tenant, source) => ({ pk: `PACKS-READ#${tenant}/${source}`, sk: '#COVERAGE' }),
  idOf: (coverage) => [coverage.tenant, coverage.source],
  traceOf: (coverage) => coverage.tenant,
});

export const toldCustomers = kind<ToldCustomer, [string]>({
  key: (snapshot) => ({ pk: 'TOLD-CUSTOMERS', sk: snapshot }),
  idOf: (told) => [told.snapshot],
  traceOf: (told) => told.tenant,
});

export const findings = kind<TriageItem, [string]>({
  key: (id) => ({ pk: 'FINDINGS', sk: id }),
  idOf: (finding) => [finding.id],
  traceOf: (finding) => finding.scope.tenant,
});

export const certificates = kind<CertificateRecord, [string]>({
  key: (caseId) => ({ pk: 'CERTIFICATES', sk: caseId }),
  idOf: (certificate) => [certificate.caseId],
});

export const erasures = kind<ErasureRecord, [string]>({
  key: (caseId) => ({ pk: `ERASURE#${caseId}`, sk: 'ERASURE' }),
  idOf: (erasure) => [erasure.caseId],
});

export const erasureItems = kind<ErasureItem, [string, string]>({
  key: (caseId, item) => ({ pk: `ERASURE#${caseId}`, sk: `ITEM#${item}` }),
  idOf: (item) => [item.caseId, number(item.item)],
});

export const financeAccounts = kind<FinanceAccount, [string]>({
  key: (tenant) => ({ pk: 'FINANCE', sk: tenant }),
  idOf: (account) => [account.tenant],
  traceOf: (account) => account.tenant,
});

export const apiKeys = kind<ApiKey, [string]>({
  key: (id) => ({ pk: 'API-KEYS', sk: id }),
  idOf: (key) => [key.id],
  traceOf: (key) => key.tenant,
});

export const idempotentCalls = kind<IdempotentCall, [string]>({
  key: (id) => ({ pk: `IDEMPOTENCY#${id.slice(0, 2)}`, sk: id }),
  idOf: (call) => [call.id],
  // One that ended without an answer is still known when it is repeated.
  listed: expiring(({ status, until }) => (status === 'running' ? until + dayMs : until)),
  traceOf: (call) => call.tenant,
});

export const stripeEvents = kind<{ id: string; at: string; outcome: string }, [string]>({
  key: (id) => ({ pk: `STRIPE#${id}`, sk: 'EVENT' }),
  idOf: (event) => [event.id],
  // Stripe tries for three days ("Webhooks", automatic retries); what somebody sends again by hand later changes nothing either.
  listed: expiring(({ at }) => Date.parse(at) + 90 * dayMs),
});

/** Without a trace: one that is limited to a tenant ends once it was told of the tenant's end (`deliverWebhooks`). */
export const webhooks = kind<Webhook, [string]>({
  key: (id) => ({ pk: 'WEBHOOKS', sk: id }),
  idOf: (webhook) => [webhook.id],
});

/** Without a trace: they tell no more than the case, which stays, and the end of an erasure is told after it. */
export const webhookDeliveries = kind<WebhookDelivery, [string, string]>({
  key: (target, id) => ({ pk: `DELIVERIES#${target}`, sk: id }),
  idOf: (delivery) => [delivery.target, delivery.id],
  listed: { under: 'DELIVERIES', sk: deliveryKey },
});

/** Where a delivery stands in lists: by status, and the earliest first. */
export function deliveryKey({ status, nextAt, id }: Pick<WebhookDelivery, 'status' | 'nextAt' | 'id'>): string {
  return `${status}#${nextAt}#${id}`;
}

/** There is one, or none. */
export const opendsrCertificates = kind<OpendsrCertificate, []>({
  key: () => ({ pk: 'OPENDSR', sk: 'CERTIFICATE' }),
  idOf: () => [],
});

/** Without a trace, like the case itself: it tells no more, and the end of the request is still to be told after an erasure. */
export const opendsrRequests = kind<OpendsrRequest, [string]>({
  key: (caseId) => ({ pk: `OPENDSR#${caseId}`, sk: 'REQUEST' }),
  idOf: (request) => [request.caseId],
});

export const opendsrKeys = kind<OpendsrKey, [string]>({
  key: (key) => ({ pk: `OPENDSR-KEY#${key}`, sk: 'CASE' }),
  idOf: ({ key }) => [key],
});

export const knownCallers = kind<KnownCaller & { key: string }, [string]>({
  key: (key) => ({ pk: 'CALLERS', sk: key }),
  idOf: ({ key }) => [key],
  // Longer than a year, so that a yearly review sees who came in since the one before.
  listed: expiring(({ lastAt }) => Date.parse(lastAt) + 400 * dayMs),
  traceOf: (caller) => caller.tenant,
});

export const restoreJobs = kind<RestoreJob, [string]>({
  key: (id) => ({ pk: 'RESTORE-JOBS', sk: id }),
  idOf: (job) => [job.id],
  listed: expiring(({ startedAt }) => Date.parse(startedAt) + 90 * dayMs),
  traceOf: (job) => job.tenant,
});

export const downloads = kind<Download, [string]>({
  key: (id) => ({ pk: 'DOWNLOADS', sk: id }),
  idOf: (download) => [download.id],
  listed: expiring(({ expiresAt }) => Date.parse(expiresAt)),
  traceOf: (download) => download.tenant,
});

export const rateWindows = kind<RateWindow, [string]>({
  key: (who) => ({ pk: `RATE#${who}`, sk: 'WINDOW' }),
  idOf: (window) => [window.who],
  // Longer than the longest window, which is a day.
  listed: expiring(({ window }) => window * 60_000 + 2 * dayMs),
});

export const slots = kind<Slot, [string, string, string, string]>({
  key: (tenant, source, cadence, at) => ({ pk: `SLOTS#${tenant}/${source}`, sk: `${cadence}#${at}` }),
  idOf: (slot) => [slot.tenant, slot.source, slot.cadence, slot.at],
  traceOf: (slot) => slot.tenant,
});

export const slotHorizons = kind<SlotHorizon, [string, string]>({
  key: (tenant, source) => ({ pk: 'SLOT-HORIZONS', sk: `${tenant}/${source}` }),
  idOf: (horizon) => [horizon.tenant, horizon.source],
  traceOf: (horizon) => horizon.tenant,
});

export const ledgerHeads = kind<DatedHead, [string]>({
  key: (chain) => ({ pk: 'LEDGER-HEADS', sk: chain }),
  idOf: (head) => [head.chain],
});

export const ledgerEntries = kind<LedgerEntry, [string, string]>({
  key: (chain, seq) => ({ pk: `LEDGER#${chain}`, sk: seq }),
  idOf: (entry) => [entry.chain, number(entry.seq)],
});

export const ledgerSeals = kind<LedgerSealRecord, [string]>({
  key: (at) => ({ pk: 'LEDGER-SEALS', sk: at }),
  idOf: (seal) => [seal.at],
});

export const ledgerRestarts = kind<LedgerRestart, [string]>({
  key: (chain) => ({ pk: 'LEDGER-RESTARTS', sk: chain }),
  idOf: (restart) => [restart.chain],
});

export const systemStates = kind<SystemState, [string]>({
  key: (name) => ({ pk: 'SYSTEM', sk: name }),
  idOf: (state) => [state.name],
});

export const dailyPlaces = kind<DailyPlaces, [string, string]>({
  key: (what, day) => ({ pk: `PLACES#${what}`, sk: day }),
  idOf: ({ what, day }) => [what, day],
});

export const controlReports = kind<ControlReportPage, [string, string]>({
  key: (at, page) => ({ pk: 'CONTROLS', sk: `${at}#${page}` }),
  idOf: (report) => [report.at, number(report.page)],
});

/** The ordinal of a worklist as it stands in keys. */
export const ordinal = number;
