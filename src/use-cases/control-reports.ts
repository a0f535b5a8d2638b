import type { Deps } from '../deps.ts';
import type { ControlReport } from '../domain/control-report.ts';
import type { ControlResult } from '../domain/controls.ts';
import { controlReports } from '../records.ts';

/** Results in one row: with reasons of some hundred signs far below the 256 KiB that a row may have. */
const pageSize = 250;

/** Keeps a report. It is there once its first page is, which is written last. */
export async function keepReport(deps: Deps, { at, results }: ControlReport): Promise<void> {
  for (let page = Math.max(0, Math.ceil(results.length / pageSize) - 1); page >= 0; page--) {
    const some = results.slice(page * pageSize, (page + 1) * pageSize);
    await deps.table.transact([controlReports.write({ at, page, results: some })]);
  }
}

/** The newest report, or `undefined` before the first. */
export async function newestReport(deps: Pick<Deps, 'table'>): Promise<ControlReport | undefined> {
  let before: string | undefined;
  for (;;) {
    const range = { reverse: true, limit: 1, ...(before === undefined ? {} : { to: before }) };
    const [last] = await controlReports.list(deps.table, partition, range);
    if (last === undefined) return undefined;
    const report = await reportAt(deps, last.value.at);
    if (report !== undefined) return report;
    before = last.value.at;
  }
}

/** All reports, oldest first. */
export async function* allReports(deps: Pick<Deps, 'table'>): AsyncGenerator<ControlReport> {
  let after = '';
  for (;;) {
    const [next] = await controlReports.list(deps.table, partition, { after, limit: 1 });
    if (next === undefined) return;
    const report = await reportAt(deps, next.value.at);
    if (report !== undefined) yield report;
    // `~` sorts after every page.
    after = `${next.value.at}~`;
  }
}

/** Takes the names of erased sources out of every report; that a control was evaluated, and how, stays. */
export async function forgetSubjects(deps: Pick<Deps, 'table'>, isErased: (subject: string) => boolean): Promise<void> {
  for (const { value, version } of await controlReports.list(deps.table, partition)) {
    if (!value.results.some(({ subject }) => isErased(subject))) continue;
    const results = value.results.map((result) =>
      isErased(result.subject) ? { ...result, subject: '(erased)', reason: '(erased)' } : result,
    );
    await deps.table.transact([controlReports.write({ ...value, results }, version)]);
  }
}

const { pk: partition } = controlReports.key('', '');

/** Whole, or `undefined` where the run that wrote it was killed. */
async function reportAt(deps: Pick<Deps, 'table'>, at: string): Promise<ControlReport | undefined> {
  const pages = (await controlReports.list(deps.table, partition, { prefix: at })).map((stored) => stored.value);
  if (pages[0]?.page !== 0) return undefined;
  return { at, results: pages.flatMap(({ results }): ControlResult[] => results) };
}
