import { TenureError } from '../domain/errors.ts';
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
  { home, deps, output }: Pick<Session, 'home' | 'deps' | 'output'>,
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
      await home.runner.finished('erasure', erasure);
      erasures.push(await reportRun.typed(deps, { machine: 'erasure', run: erasure }));
    }
  }
  const data = runData(report, erasures);
  const controls = dryRun ? undefined : await evaluated({ deps, output });
  return {
    json: { ...data, ...(dryRun ? { dryRun } : {}), takenOver, ...(controls === undefined ? {} : { controls }) },
    text: () => runText(report, data, dryRun),
    exitCode: exitCodeOf([report, ...erasures]),
  };
}

/** Controls are evaluated after every run. That they cannot be is worth a remark, but takes nothing from what the run did. */
async function evaluated({ deps, output }: Pick<Session, 'deps' | 'output'>): Promise<{ failed: number } | undefined> {
  const { runControls } = await import('../use-cases/run-controls.ts');
  try {
    const { failed } = await runControls.typed(deps, {});
    return { failed };
  } catch (error) {
    if (!(error instanceof TenureError)) throw error;
    output.note(`The controls could not be evaluated: ${error.message}. \`tenure run controls\` tries again.`);
    return undefined;
  }
}

/** The run's own outcome counts first, then that of what it started. */
function exitCodeOf(reports: readonly RunReport[]): number {
  for (const { outcome, fault } of reports) {
    const code = fault === undefined ? exitCodes[outcome] : (exitCodeOfName(fault.name) ?? exitCodes.failed);
    if (code !== 0) return code;
  }
  return 0;
}
