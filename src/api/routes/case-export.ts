import type { Context } from 'hono';
import type { CaseOutcome } from '../../documents/pages/case-page.ts';
import type { Case } from '../../domain/case.ts';
import { BlockedError, ConflictError } from '../../domain/errors.ts';
import { isLostRace } from '../../domain/lost-race.ts';
import { zipOf } from '../../use-cases/archive.ts';
import { startExport } from '../../use-cases/downloads.ts';
import { exportCase } from '../../use-cases/export-case.ts';
import type { ApiEnv } from '../api.ts';
import { streamed } from '../stream-answer.ts';

/**
 * Answers the form "get a copy" of a case's page: a zip with a folder for each source, made as it is read; where answers are not
 * streamed, that it is being prepared, or the link to it; or why there is none.
 */
export async function answerExport(c: Context<ApiEnv>, value: Case): Promise<Response | CaseOutcome> {
  const deps = c.get('deps');
  try {
    if (deps.downloads !== undefined) {
      const { id, status, filename, type } = await startExport(deps, value);
      if (status === 'failed') return { fault: { way: 'export', code: 'failed' } };
      // A link and no redirect: a page whose forms lead nowhere else cannot be led elsewhere by one (CSP, `form-action`).
      return { copy: status === 'ready' ? { link: await deps.downloads.link(id, { filename, type }) } : 'preparing' };
    }
    const objects = await exportCase(deps, value);
    return c.body(streamed(c, zipOf(objects) as AsyncIterable<Buffer>), 200, {
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${value.id}.zip"`,
    });
  } catch (error) {
    if (error instanceof ConflictError && !isLostRace(error)) return { fault: { way: 'export', code: 'too-many' } };
    if (error instanceof BlockedError) return { fault: { way: 'export', code: 'not-now' } };
    throw error;
  }
}
