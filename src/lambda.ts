import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { simulatedClock } from './adapters/embedded/simulated-clock.ts';
import { systemClock } from './adapters/embedded/system-clock.ts';
import { awsDeps, awsRestoreFolder, awsTable } from './aws.ts';
import { type AwsSettings, settingsFromEnv } from './aws-settings.ts';
import type { Deps } from './deps.ts';
import { InvalidError, TenureError } from './domain/errors.ts';
import { simulatedNow } from './home-clock.ts';
import { type PlanFile, readPlanText } from './plan-files.ts';
import type { TakenMailEvent } from './use-cases/take-mail-event.ts';

/** Put into every bundle by the packaging: `{ "<name>": "<text of the plan file>" }` as JSON. */
declare const __TENURE_PLANS__: string;

/** A step stops at this share of its time, so that it can still save a cursor. */
const usableShare = 0.8;

/** What stays open while the process is warm: clients, keys that KMS has unwrapped (minutes), plans. */
interface Warm {
  settings: AwsSettings;
  deps: Deps;
}

let warm: Warm | undefined;

/** The call that this process answers now: one at a time. */
let running: { context: Context; totalMs: number };

/** The dependencies of one invocation. */
export async function lambdaDeps(context: Context): Promise<Deps> {
  running = { context, totalMs: context.getRemainingTimeInMillis() };
  warm ??= open();
  const { deps, settings } = warm;
  const now = await simulatedNow(deps.table, simulation(settings.simulatedSince), { mode: 'view' });
  return {
    ...deps,
    holder: `${context.functionName}/${context.awsRequestId}`,
    clock: now === undefined ? systemClock() : simulatedClock(now),
  };
}

function open(): Warm {
  const settings = settingsFromEnv(process.env);
  const plans = plansOf(__TENURE_PLANS__);
  const deps = awsDeps(settings, awsTable(settings), {
    plans,
    brings: [...plans.values()].map(({ plan, digest, text }) => ({ name: plan.name, digest, text })),
    holder: 'lambda',
    timeLeft: () => running.context.getRemainingTimeInMillis() - running.totalMs * (1 - usableShare),
    progress: () => undefined,
    restoreFolder: async (folder, options) => {
      if (folder.startsWith('s3://')) return await awsRestoreFolder(settings, folder, options);
      throw new InvalidError(`${folder} cannot be restored into by a function`, {
        hint: 'Restore with the command line on a home that names this deployment.',
      });
    },
    clock: systemClock(),
  });
  return { settings, deps };
}

/** `simulated` as a home's configuration has it. */
function simulation(since: string | undefined): { simulated?: { since: string } } {
  return since === undefined ? {} : { simulated: { since } };
}

function plansOf(json: string): ReadonlyMap<string, PlanFile> {
  const texts = Object.entries(JSON.parse(json) as Record<string, string>);
  return new Map(
    texts.map(([name, text]) => {
      const file = readPlanText(text, `plans/${name}.yml`);
      return [file.plan.name, file];
    }),
  );
}

const logger = new Logger({ serviceName: 'tenure' });
const metrics = new Metrics({ namespace: 'Tenure', serviceName: 'tenure' });

/**
 * Logs how a call ended, and counts what alarms look at. Neither input nor outcome is logged: names of runs and ordinals are in
 * the history of the execution, and nothing else may leave. An event of the mail service has no execution: its kind, the id that the
 * service gave the mail and what came of it are logged.
 */
export function observe(context: Context, ended: { outcome: unknown } | { error: Error }): void {
  logger.addContext(context);
  if ('error' in ended) {
    const { error } = ended;
    // A foreign error may quote what it was given.
    logger.error('failed', { fault: error.name, ...(error instanceof TenureError && { code: error.code }) });
    return;
  }
  const { outcome } = ended;
  if (isControls(outcome)) {
    metrics.addDimension('stage', process.env.TENURE_STAGE ?? '');
    metrics.addMetric('ControlsRun', MetricUnit.Count, 1);
    metrics.addMetric('ControlsFailed', MetricUnit.Count, outcome.failed);
    metrics.publishStoredMetrics();
  }
  if (isMailEvents(outcome)) {
    for (const { outcome: became, mail, type, reason } of outcome.mailEvents) {
      logger.info('mail event', { became, mail, type, ...(reason === undefined ? {} : { reason }) });
    }
  }
  logger.info('done');
}

/** What evaluating the controls answers. */
function isControls(outcome: unknown): outcome is { failed: number; evaluated: number } {
  return typeof outcome === 'object' && outcome !== null && 'evaluated' in outcome && 'failed' in outcome;
}

/** What taking events of the mail service answers. */
function isMailEvents(outcome: unknown): outcome is { mailEvents: TakenMailEvent[] } {
  return typeof outcome === 'object' && outcome !== null && 'mailEvents' in outcome;
}
