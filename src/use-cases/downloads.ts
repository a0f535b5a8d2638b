import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import { type Download, type DownloadForm, downloadTypes, keptMs } from '../domain/download.ts';
import { ConflictError, NotFoundError } from '../domain/errors.ts';
import { downloads } from '../records.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { locatePath } from './download.ts';
import { allowExport } from './export-case.ts';
import { isOutlived } from './live-download.ts';
import { endedWithoutResult, startTakeOut } from './take-out-run.ts';

const input = z.strictObject({
  snapshot: z.string().min(1),
  path: z.string().default(''),
  form: z.enum(Object.keys(downloadTypes) as [DownloadForm, ...DownloadForm[]]),
  filename: z.string().min(1),
  actor: actorInput,
});

/** How long a failure is answered before the same is tried again, in milliseconds. */
const failedMs = 60_000;

/**
 * Has something of a copy prepared, or answers the download that the same caller has asked for already. Two that ask at once
 * start one.
 *
 * @throws NotFoundError for a copy or a path that is not there; InvalidError for a file that is none
 */
export const startDownload = useCase(
  input,
  async (deps, { snapshot, path, form, filename, actor }): Promise<Download> =>
    await prepared(deps, { wanted: { snapshot, path, form }, requestedBy: actor }, async () => {
      const { tenant, source } = (await locatePath(deps, { snapshot, path, form })).snapshot;
      return { tenant, source, filename, type: downloadTypes[form] };
    }),
);

/** Has the export of a case prepared; see `exportCase`, whose limits and faults are its own. */
export async function startExport(deps: Deps, value: Case): Promise<Download> {
  const { id, tenant } = value;
  const requestedBy = { kind: 'customer', id: tenant } as const;
  return await prepared(deps, { wanted: { caseId: id }, requestedBy }, async () => {
    await allowExport(deps, value);
    return { tenant, filename: `${id}.zip`, type: downloadTypes.zip };
  });
}

/** The same caller and the same thing are one download; `describe` is asked where there is none that can be used. */
async function prepared(
  deps: Deps,
  asked: Pick<Download, 'wanted' | 'requestedBy'>,
  describe: () => Promise<Pick<Download, 'tenant' | 'source' | 'filename' | 'type'>>,
): Promise<Download> {
  const id = `dl-${hash('sha256', JSON.stringify([asked.requestedBy.id, asked.wanted]), 'hex').slice(0, 16)}`;
  const known = await downloads.read(deps.table, id);
  const now = known === undefined ? undefined : await asItIs(deps, known.value);
  if (now !== undefined && isUsable(deps, now) && !(await isOutlived(deps, now))) return now;
  const requestedAt = deps.clock.now();
  const fresh: Download = {
    ...asked,
    ...(await describe()),
    ...{ id, status: 'preparing', requestedAt },
    run: `take-out-${id}-${deps.random(4).toString('hex')}`,
    expiresAt: new Date(Date.parse(requestedAt) + keptMs).toISOString(),
  };
  try {
    await deps.table.transact([downloads.write(fresh, known?.version ?? 'absent')]);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    return await showDownload.typed(deps, { id });
  }
  await startTakeOut(deps, fresh);
  return fresh;
}

/** A download as it is now. @throws NotFoundError when there is none, its time is over, or its copy's */
export const showDownload = useCase(z.strictObject({ id: z.string() }), async (deps, { id }): Promise<Download> => {
  const stored = await downloads.read(deps.table, id);
  if (stored === undefined || stored.value.expiresAt <= deps.clock.now() || (await isOutlived(deps, stored.value))) {
    throw new NotFoundError(`there is no download ${id}`, { hint: 'Ask for the file or archive again.' });
  }
  return await asItIs(deps, stored.value);
});

/** One that failed just now would fail again: whoever asks on and on is told so, and starts nothing. */
function isUsable(deps: Deps, { status, expiresAt, requestedAt }: Download): boolean {
  const now = Date.parse(deps.clock.now());
  return status === 'failed' ? now - Date.parse(requestedAt) < failedMs : Date.parse(expiresAt) > now;
}

/** One whose execution has ended without it is not waited for. */
async function asItIs(deps: Deps, download: Download): Promise<Download> {
  const { status, expiresAt } = download;
  if (status !== 'preparing' || expiresAt <= deps.clock.now()) return download;
  if (!(await endedWithoutResult(deps, download))) return download;
  return { ...download, status: 'failed', fault: 'it could not be prepared: ask again' };
}
