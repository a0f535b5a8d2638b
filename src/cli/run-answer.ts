import type { Machine } from '../ports/workflows.ts';
import { type RunReport, reportRun } from '../use-cases/report-run.ts';
import type { Answer, Session } from './cli.ts';
import { exitCodeOfName } from './report-error.ts';
import { runData } from './run-data.ts';
import { runText } from './run-text.ts';

const exitCodes: Record<RunReport['outcome'], number> = {
  ok: 0,
  'nothing-to-do': 0,
  failed: 1,
  running: 4,
  busy: 4,
  blocked: 5,
};

/** Waits for a run of this process, and for the erasures that it started, and tells what came of it. */
export async function finishedRun(
  { home, deps }: Pick<Session, 'home' | 'deps'>,
  machine: Machine,
  run: string,
  { dryRun, takenOver }: { dryRun: boolean; takenOver: readonly string[] },
): Promise<Answer> {
  await home.runner.finished(machine, run);
  await home.runner.idle();
  const report = await reportRun.typed(deps, { machine, run });
  const erasures: RunReport[] = [];
  for (const item of report.items) {
    const erasure = item.facts.erasure;
    if (machine === 'notice' && typeof erasure === 'string') {
      erasures.push(await reportRun.typed(deps, { machine: 'erasure', run: erasure }));
    }
  }
  const data = runData(report, erasures);
  return {
    json: { ...data, ...(dryRun ? { dryRun } : {}), takenOver },
    text: () => runText(report, data, dryRun),
    exitCode: exitCodeOf([report, ...erasures]),
  };
}

/** The run's own outcome counts first, then that of what it started. */
function exitCodeOf(reports: readonly RunReport[]): number {
  for (const { outcome, fault } of reports) {
    const code = fault === undefined ? exitCodes[outcome] : (exitCodeOfName(fault.name) ?? exitCodes.failed);
    if (code !== 0) return code;
  }
  return 0;
}
