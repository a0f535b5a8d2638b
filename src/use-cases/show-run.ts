import { z } from 'zod';
import type { RunRequest, RunSummary } from '../domain/run.ts';
import { copiesOf, lineOf, type RunLine } from '../domain/run-line.ts';
import { ordinal, runItems, runRequests, runSummaries } from '../records.ts';
import { useCase } from '../use-case.ts';
import { findExecution } from './show-execution.ts';

/** What is on record of an execution besides its history. A dry run has no summary: it has done nothing that could be counted. */
export interface RunRecord {
  asked?: RunRequest;
  summary?: RunSummary;
}

/** What an execution was asked, and how it ended, as far as it is on record. */
export const showRun = useCase(
  z.strictObject({ name: z.string().min(1) }),
  async ({ table }, { name }): Promise<RunRecord> => {
    const asked = (await runRequests.read(table, name))?.value;
    const summary = (await runSummaries.read(table, name))?.value;
    return { ...(asked === undefined ? {} : { asked }), ...(summary === undefined ? {} : { summary }) };
  },
);

const linesInput = z.strictObject({
  name: z.string().min(1),
  /** Only what comes behind this key. */
  after: z.string().exactOptional(),
  limit: z.int().min(1),
});

/** One line of an execution, with its key in their order. */
export interface KeyedLine {
  key: string;
  line: RunLine;
}

/**
 * What an execution did, or as a dry run would do, about each thing; of an expiry with every copy and why it stays or goes.
 *
 * @throws NotFoundError for an unknown execution
 */
export const listRunLines = useCase(linesInput, async (deps, { name, ...range }): Promise<KeyedLine[]> => {
  const { machine } = await findExecution(deps, name);
  const items = await runItems.list(deps.table, `RUN#${name}`, { prefix: 'ITEM#', ...range });
  return items.map(({ value }) => {
    const copies = copiesOf(value).map(({ id, at, keep, reasons }) => ({ id, at, keep, reasons }));
    const line = { ...lineOf(machine, value), ...(machine === 'expiry' ? { copies } : {}) };
    return { key: runItems.key(name, ordinal(value.item)).sk, line };
  });
});
