import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { contentDisposition } from '../../domain/content-disposition.ts';
import { type Download, type DownloadForm, downloadTypes } from '../../domain/download.ts';
import { BlockedError, NotFoundError } from '../../domain/errors.ts';
import type { Entry } from '../../repository/model.ts';
import { copied, tarOf, zipOf } from '../../use-cases/archive.ts';
import { locatePath, openFile, openTree } from '../../use-cases/download.ts';
import { showDownload, startDownload } from '../../use-cases/downloads.ts';
import { pathField } from '../../use-cases/text-fields.ts';
import type { Api, ApiEnv } from '../api.ts';
import { actorOf, assertSees } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { streamed } from '../stream-answer.ts';
import { seenSnapshot, snapshotParam } from './snapshot-access.ts';

/** Customers' data themselves: an auditor reads records, not contents. */
const takers = ['tenant:self', 'operator'] as const;

/** As long as a key of S3 may be; a longer one would not fit into a request's first line either. */
const path = pathField(1024);

/** A file up to this many bytes is answered at once everywhere: a function's answer holds 6 MB, a third of it for base64. */
const answeredAtOnce = 4 * 1000 * 1000;

/** Seconds after which to look again. */
const lookAgain = { 'retry-after': '2' };

const downloadSchema = z
  .object({
    id: z.string(),
    snapshot: z.string().optional(),
    case: z.string().optional(),
    status: z.enum(['preparing', 'ready', 'failed']),
    expiresAt: z.string(),
    bytes: z.int().optional(),
    fault: z.string().optional(),
  })
  .openapi('Download');

const downloadParam = z.object({
  download: z.string().regex(/^dl-[0-9a-f]{16}$/, { error: 'is no id of a download' }),
});

const binary = (type: string) => ({ [type]: { schema: z.any().openapi({ type: 'string', format: 'binary' }) } });

const later = {
  202: json(downloadSchema, 'It is being prepared; `Location` is where it is looked at, and so is this address'),
  303: { description: 'It lies ready at `Location`, for a few minutes' },
};

const forms = [
  { form: 'file', last: 'content', summary: 'One file of a copy', query: z.strictObject({ path: path.min(1) }) },
  {
    form: 'tar',
    last: 'archive.tar',
    summary: 'A folder of a copy, or all of it, as tar',
    query: z.strictObject({ path: path.optional() }),
  },
  {
    form: 'zip',
    last: 'archive.zip',
    summary: 'A folder of a copy, or all of it, as zip',
    query: z.strictObject({ path: path.optional() }),
  },
] as const;

/** What is taken out of copies: streamed where the server can, else prepared and fetched from where it lies. */
export function defineDownloads(app: Api): void {
  for (const { form, last, summary, query } of forms) {
    endpoint(
      app,
      { scopes: takers },
      {
        method: 'get',
        path: `/v1/snapshots/{snapshot}/${last}`,
        tags: ['Snapshots'],
        summary,
        request: { params: snapshotParam, query },
        responses: {
          200: { description: 'The content, verified while it is read', content: binary(downloadTypes[form]) },
          ...later,
        },
      },
      (async (c: Context<ApiEnv>) => {
        const { id } = await seenSnapshot(c, c.req.param('snapshot') ?? '');
        return await handOut(c, id, c.req.query('path') ?? '', form);
      }) as never,
    );
  }

  endpoint(
    app,
    { scopes: takers },
    {
      method: 'get',
      path: '/v1/downloads/{download}',
      tags: ['Snapshots'],
      summary: 'A download that is being prepared; once it is ready, the way to it',
      request: { params: downloadParam },
      responses: { 200: json(downloadSchema, 'It is not ready, or could not be prepared'), 303: later[303] },
    },
    (async (c: Context<ApiEnv>) => {
      const id = c.req.param('download') ?? '';
      const none = () =>
        new NotFoundError(`there is no download ${id}`, { hint: 'Ask for the file or archive again.' });
      const download = await showDownload.typed(c.get('deps'), { id });
      assertSees(c.get('caller'), download.tenant, none);
      return await answered(c, download, 200);
    }) as never,
  );
}

async function handOut(c: Context<ApiEnv>, snapshot: string, path: string, form: DownloadForm): Promise<Response> {
  const deps = c.get('deps');
  // Who asks for the headers takes nothing: nothing is prepared for it, and nothing goes on record.
  if (c.req.method === 'HEAD') {
    const { entry } = await locatePath(deps, { snapshot, path, form });
    return c.body(null, 200, headersOf(snapshot, form, entry));
  }
  const asked = { snapshot, path, actor: actorOf(c.get('caller'), takers) };
  if (deps.downloads !== undefined) {
    // An archive is looked for where it is begun, not each time that somebody asks how far it is.
    const entry = form === 'file' ? (await locatePath(deps, { snapshot, path, form })).entry : undefined;
    if (entry === undefined || entry.size > answeredAtOnce) {
      const filename = entry === undefined ? `${snapshot}.${form}` : nameOf(entry.key);
      return await answered(c, await startDownload.typed(deps, { ...asked, form, filename }), 202);
    }
  }
  if (form !== 'file') {
    const { objects } = await openTree.typed(deps, asked);
    const archive = (form === 'tar' ? tarOf(objects) : zipOf(objects)) as AsyncIterable<Buffer>;
    return c.body(streamed(c, archive), 200, headersOf(snapshot, form));
  }
  const { entry, content } = await openFile.typed(deps, asked);
  return c.body(streamed(c, copied(content())), 200, headersOf(snapshot, form, entry));
}

/** Headers of what is given out. How long an archive will be nobody knows before it is made. */
function headersOf(snapshot: string, form: DownloadForm, entry?: Entry): Record<string, string> {
  return {
    'content-type': downloadTypes[form],
    'content-disposition': contentDisposition(entry === undefined ? `${snapshot}.${form}` : nameOf(entry.key)),
    ...(entry === undefined ? {} : { 'content-length': String(entry.size) }),
  };
}

async function answered(c: Context<ApiEnv>, download: Download, waiting: 200 | 202): Promise<Response> {
  const { id, status, expiresAt, bytes, fault, type, filename, wanted } = download;
  const { downloads } = c.get('deps');
  if (status === 'ready' && downloads !== undefined)
    return c.redirect(await downloads.link(id, { filename, type }), 303);
  if (status === 'failed' && waiting === 202) {
    throw new BlockedError(`the download could not be prepared: ${fault ?? 'unknown'}`, {
      hint: 'Ask for less of it, or restore it; the same is tried again after a minute.',
    });
  }
  const told = {
    ...{ id, status, expiresAt },
    ...('snapshot' in wanted ? { snapshot: wanted.snapshot } : { case: wanted.caseId }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(fault === undefined ? {} : { fault }),
  };
  return c.json(told, waiting, {
    ...(waiting === 202 ? { location: `/v1/downloads/${id}` } : {}),
    ...(status === 'preparing' ? lookAgain : {}),
  });
}

function nameOf(key: Buffer): string {
  return key.toString().split('/').at(-1) ?? 'file';
}
