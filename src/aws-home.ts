import { hostname } from 'node:os';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { clientConfig } from './adapters/aws/aws-client.ts';
import { translated } from './adapters/aws/aws-faults.ts';
import { simulatedClock } from './adapters/embedded/simulated-clock.ts';
import { systemClock } from './adapters/embedded/system-clock.ts';
import { awsDeps, awsRestoreFolder, awsTable } from './aws.ts';
import { type AwsSettings, settingsFromJson } from './aws-settings.ts';
import type { AwsHomeConfig } from './config.ts';
import type { Deps, RestoreFolder } from './deps.ts';
import { parseInstant } from './domain/calendar.ts';
import { NotFoundError, TenureError } from './domain/errors.ts';
import type { Home, HomeRunner, OpenOptions } from './home.ts';
import { liveUntil, simulatedNow } from './home-clock.ts';
import { type PlanFile, readPlanText } from './plan-files.ts';
import type { Table } from './ports/table.ts';
import type { Execution } from './ports/workflows.ts';
import { planVersions } from './records.ts';
import { guardLedger } from './use-cases/guard-ledger.ts';

/**
 * Opens a deployment for an operator's command line: the same ports that its functions have, as far as the operator's own
 * credentials allow. Runs happen there; this process only starts and watches them.
 *
 * @throws NotFoundError when there is no such deployment; BlockedError where the credentials do not reach
 */
export async function openAwsHome(options: OpenOptions, config: AwsHomeConfig): Promise<Home> {
  const settings = await deployedSettings(config);
  const table = awsTable(settings);
  const rehearsal = settings.simulatedSince === undefined ? {} : { simulated: { since: settings.simulatedSince } };
  const now = await simulatedNow(table, rehearsal, {
    mode: options.mode,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  const simulated = now === undefined ? undefined : simulatedClock(now);
  const plans = await registeredPlans(table);
  const deps = awsDeps(settings, table, {
    plans,
    holder: `cli/${hostname()}/${process.pid}`,
    timeLeft: () => Number.POSITIVE_INFINITY,
    progress: options.progress ?? (() => undefined),
    restoreFolder: async (folder, { apartFrom }) => await restoreFolderOf(folder, settings, options.home, apartFrom),
    clock: simulated ?? systemClock(),
  });
  if (options.mode === 'act' && options.rebuilding !== true) await guarded(deps);
  return {
    dir: options.home,
    deps,
    runner: watcher(deps),
    plans,
    moveClock: async (instant) => {
      const to = parseInstant(instant);
      await liveUntil(table, rehearsal, to);
      simulated?.moveTo(to);
    },
    followClock: async () => {
      const lived = await simulatedNow(table, rehearsal, { mode: 'view' });
      if (lived !== undefined && lived > deps.clock.now()) simulated?.moveTo(lived);
    },
    close: async () => undefined,
  };
}

/** The settings that the deployment has written. @throws NotFoundError when there is none of that stage */
export async function deployedSettings({ stage, region }: AwsHomeConfig): Promise<AwsSettings> {
  const name = `/tenure/${stage}/settings`;
  try {
    const { Parameter } = await new SSMClient(clientConfig({ region })).send(new GetParameterCommand({ Name: name }));
    return settingsFromJson(Parameter?.Value ?? '{}');
  } catch (error) {
    const fault = translated(error, `the settings of stage ${stage} in ${region} cannot be read`);
    if (!(fault instanceof NotFoundError)) throw fault;
    throw new NotFoundError(`there is no deployment of stage ${stage} in ${region}: the parameter ${name} is missing`, {
      hint: 'Deploy it first (docs/deploy.md), or correct tenure.yml.',
      cause: error,
    });
  }
}

/** The newest version of every plan on record. */
async function registeredPlans(table: Table): Promise<Map<string, PlanFile>> {
  const plans = new Map<string, PlanFile>();
  for (const { value } of await planVersions.all(table)) {
    const file = readPlanText(value.text, `plan ${value.name}`);
    plans.set(value.name, file);
  }
  return plans;
}

/** A catalog that is behind its ledger is quarantined; that it cannot be found out must not keep an operator from `stop`. */
async function guarded(deps: Deps): Promise<void> {
  try {
    await guardLedger(deps);
  } catch (error) {
    if (!(error instanceof TenureError)) throw error;
  }
}

async function restoreFolderOf(
  folder: string,
  settings: AwsSettings,
  home: string,
  apartFrom: readonly string[],
): Promise<RestoreFolder> {
  if (folder.startsWith('s3://')) {
    return await awsRestoreFolder(settings, folder, { apartFrom });
  }
  const { directoryRestoreFolder } = await import('./adapters/embedded/directory-restore-folder.ts');
  return directoryRestoreFolder(folder, { never: [home], apartFrom: [] });
}

/** How often a run is looked at: Step Functions allows few calls of DescribeExecution a second for an account. */
const watchMs = 1000;

/** Runs happen in the deployment: nothing of them dies with this process. */
function watcher({ workflows }: Deps): HomeRunner {
  return {
    redriveKilled: async () => [],
    killed: async () => [],
    idle: async () => undefined,
    async finished(machine, name): Promise<Execution> {
      for (;;) {
        const execution = await workflows.describe(machine, name);
        if (execution === undefined) throw new NotFoundError(`there is no execution ${name} of ${machine}`);
        if (execution.status !== 'running') return execution;
        await new Promise((resolve) => setTimeout(resolve, watchMs));
      }
    },
  };
}
