import { ConflictError, InvalidError } from '../domain/errors.ts';
import { recoveredClock } from '../domain/recovered-clock.ts';
import type { Home } from '../home.ts';
import { sources, tenants } from '../records.ts';
import { readRoots } from '../repository/recover-roots.ts';
import { readSeals } from '../use-cases/ledger-seals.ts';
import { recoverHome } from '../use-cases/recover-home.ts';
import type { Answer, Bare } from './cli.ts';
import { recoveryText } from './recover-text.ts';

/**
 * Rebuilds the catalog of a deployment whose table was lost and is there again, empty: from its buckets and its keys. Names of
 * stores are not asked for, since the home names the deployment.
 *
 * @throws InvalidError for a home on this machine; ConflictError when the catalog holds anything
 */
export async function recoverDeployment({ ambient, output }: Bare): Promise<Answer> {
  const { home: dir, actor, passphrase } = await ambient();
  const { readAwsConfig } = await import('../config.ts');
  const config = readAwsConfig(dir);
  if (config === undefined) {
    throw new InvalidError(`${dir} is a home on this machine`, {
      hint: 'Name its folders: `tenure --home NEW recover --repository DIR --keys DIR`.',
    });
  }
  const { openAwsHome } = await import('../aws-home.ts');
  const options = { home: dir, actor, passphrase, mode: 'act', rebuilding: true, progress: output.progress } as const;
  const home = await openAwsHome(options, config);
  try {
    await assertEmpty(home);
    const roots = await readRoots(home.deps);
    const seals = await readSeals(home.deps);
    await goOnWithClock(home, roots, seals.good.at(-1)?.at);
    const recovery = await recoverHome.typed(home.deps, {
      actor: { kind: 'operator', id: actor },
      roots,
      ...(seals.good.length + seals.bad.length === 0 ? {} : { seals }),
    });
    return { json: { home: dir, quarantine: true, ...recovery }, text: () => recoveryText(dir, recovery) };
  } finally {
    await home.close();
  }
}

/** What is on record must not be written over by what objects tell. */
async function assertEmpty({ deps }: Home): Promise<void> {
  const known = [
    ...(await tenants.list(deps.table, 'TENANTS', { limit: 1 })),
    ...(await sources.all(deps.table, { limit: 1 })),
  ];
  if (known.length === 0) return;
  throw new ConflictError('the catalog of this deployment is not empty', {
    hint: 'Only a catalog that was lost is rebuilt. One that was put back from a backup is quarantined by itself: `tenure status`.',
  });
}

/** A rehearsal's clock does not go back behind what was lived. */
async function goOnWithClock(
  home: Home,
  { roots }: Awaited<ReturnType<typeof readRoots>>,
  ledgerAt: string | undefined,
): Promise<void> {
  const copies = roots.map(({ snapshot, descriptor }) => ({
    takenAt: snapshot.takenAt,
    simulated: descriptor.simulated === true,
  }));
  const lived = recoveredClock({ copies, ...(ledgerAt === undefined ? {} : { ledgerAt }) });
  if (home.deps.clock.simulated && lived !== undefined && lived > home.deps.clock.now()) await home.moveClock(lived);
}
