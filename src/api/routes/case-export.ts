import { Readable } from 'node:stream';
import type { Context } from 'hono';
import type { Fault } from '../../documents/pages/case-view.ts';
import type { Case } from '../../domain/case.ts';
import { BlockedError, ConflictError } from '../../domain/errors.ts';
import { exportCase } from '../../use-cases/export-case.ts';
import type { ApiEnv } from '../api.ts';
import { zipOf } from '../archive.ts';

/** Answers the form "get a copy" of a case's page: a zip with a folder for each source, made as it is read; or why there is none. */
export async function answerExport(c: Context<ApiEnv>, value: Case): Promise<Response | Fault> {
  try {
    const objects = await exportCase(c.get('deps'), value);
    return c.body(Readable.toWeb(zipOf(objects)) as ReadableStream, 200, {
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${value.id}.zip"`,
    });
  } catch (error) {
    if (error instanceof ConflictError) return { way: 'export', code: 'too-many' };
    if (error instanceof BlockedError) return { way: 'export', code: 'not-now' };
    throw error;
  }
}
