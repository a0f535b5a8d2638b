import { Readable } from 'node:stream';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { NotFoundError } from '../../domain/errors.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { restoreTests } from '../../records.ts';
import { getSnapshot } from '../../repository/chain.ts';
import { openFile, openTree } from '../../use-cases/download.ts';
import { listEntries } from '../../use-cases/list-entries.ts';
import { listLiveSnapshots, snapshotKey } from '../../use-cases/list-snapshots.ts';
import { nameField } from '../../use-cases/tenant-fields.ts';
import { pathField } from '../../use-cases/text-fields.ts';
import type { Api, ApiEnv } from '../api.ts';
import { tarOf, zipOf } from '../archive.ts';
import { actorOf, assertSees, noTenant, seesAll } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { pageFrom, pageOf, pageQuery, pageSchema } from '../pages.ts';

const readers = { scopes: ['tenant:self', 'operator', 'auditor'] } as const;
/** Customers' data themselves: an auditor reads records, not contents. */
const takers = ['tenant:self', 'operator'] as const;

const snapshotSchema = z
  .object({
    id: z.string(),
    tenant: z.string(),
    source: z.string(),
    cadence: z.enum(['daily', 'weekly', 'manual']),
    takenAt: z.string(),
    expiresAt: z.string().nullable(),
    objects: z.int(),
    bytes: z.int(),
  })
  .openapi('Snapshot');

const entrySchema = z
  .object({
    path: z.string(),
    pathBytes: z.string().optional(),
    type: z.enum(['file', 'directory', 'symlink']),
    size: z.int(),
    modifiedAt: z.string(),
    mode: z.string(),
    uid: z.int(),
    gid: z.int(),
    owner: z.string(),
    group: z.string(),
    linkTarget: z.string().optional(),
  })
  .openapi('Entry');

const testSchema = z
  .object({
    snapshot: z.string(),
    testedAt: z.string(),
    verdict: z.enum(['passed', 'failed', 'not-tested']),
    reasons: z.array(z.string()),
  })
  .openapi('RestoreTest');

const snapshotParam = z.object({
  snapshot: z.string().regex(/^[0-9a-f]{20}$/, { error: 'is no id of a snapshot' }),
});
const sourceParam = z.object({
  tenant: nameField,
  source: nameField,
});
/** As long as a key of S3 may be; a longer one would not fit into a request's first line either. */
const path = pathField(1024);
const binary = (type: string) => ({ [type]: { schema: z.any().openapi({ type: 'string', format: 'binary' }) } });

/** Copies: which live, what is in them, and getting something out of them. */
export function defineSnapshots(app: Api): void {
  endpoint(
    app,
    readers,
    {
      method: 'get',
      path: '/v1/snapshots',
      tags: ['Snapshots'],
      summary: 'Live copies that the caller may see, oldest first',
      request: { query: pageQuery.extend({ tenant: nameField.optional(), source: nameField.optional() }) },
      responses: { 200: json(pageSchema(snapshotSchema), 'A page of copies') },
    },
    async (c) => {
      const caller = c.get('caller');
      const { tenant, source, ...page } = c.req.valid('query');
      if (tenant !== undefined) assertSees(caller, tenant, () => noTenant(tenant));
      const own = seesAll(caller) ? tenant : caller.tenant;
      const scope = { ...(own === undefined ? {} : { tenant: own }), ...(source === undefined ? {} : { source }) };
      const { items, next } = await pageFrom(
        page,
        async (range) => await listLiveSnapshots.typed(c.get('deps'), { ...scope, ...range }),
        snapshotKey,
      );
      return c.json({ items, ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  endpoint(
    app,
    readers,
    {
      method: 'get',
      path: '/v1/snapshots/{snapshot}/entries',
      tags: ['Snapshots'],
      summary: 'What lies in a folder of a copy, by path',
      request: {
        params: snapshotParam,
        query: pageQuery.extend({ path: path.optional(), recursive: z.enum(['true', 'false']).optional() }),
      },
      responses: { 200: json(pageSchema(entrySchema), 'A page of entries') },
    },
    async (c) => {
      const { id } = await seenSnapshot(c, c.req.valid('param').snapshot);
      const { path: folder, recursive, ...page } = c.req.valid('query');
      const { entries } = await listEntries.typed(c.get('deps'), {
        snapshot: id,
        path: folder ?? '',
        recursive: recursive === 'true',
      });
      const keyOf = (entry: (typeof entries)[number]) =>
        Buffer.from(entry.pathBytes ?? entry.path, entry.pathBytes === undefined ? 'utf8' : 'base64url').toString(
          'hex',
        );
      const ordered = entries.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      const { items, next } = pageOf(ordered, page, keyOf);
      return c.json({ items, ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  endpoint(
    app,
    { scopes: takers },
    {
      method: 'get',
      path: '/v1/snapshots/{snapshot}/content',
      tags: ['Snapshots'],
      summary: 'One file of a copy',
      request: { params: snapshotParam, query: z.strictObject({ path: path.min(1) }) },
      responses: { 200: { description: 'Its content, verified', content: binary('application/octet-stream') } },
    },
    async (c) => {
      const { id } = await seenSnapshot(c, c.req.valid('param').snapshot);
      const actor = actorOf(c.get('caller'), takers);
      const { entry, content } = await openFile.typed(c.get('deps'), {
        snapshot: id,
        path: c.req.valid('query').path,
        actor,
      });
      const name = entry.key.toString().split('/').at(-1) ?? 'file';
      return c.body(streamOf(Readable.from(copied(content()))), 200, {
        'content-type': 'application/octet-stream',
        'content-length': String(entry.size),
        'content-disposition': disposition(name),
      });
    },
  );

  for (const [format, type, make] of [
    ['tar', 'application/x-tar', tarOf],
    ['zip', 'application/zip', zipOf],
  ] as const) {
    endpoint(
      app,
      { scopes: takers },
      {
        method: 'get',
        path: `/v1/snapshots/{snapshot}/archive.${format}`,
        tags: ['Snapshots'],
        summary: `A folder of a copy, or all of it, as ${format}`,
        request: { params: snapshotParam, query: z.strictObject({ path: path.optional() }) },
        responses: { 200: { description: 'The archive', content: binary(type) } },
      },
      async (c) => {
        const { id } = await seenSnapshot(c, c.req.valid('param').snapshot);
        const actor = actorOf(c.get('caller'), takers);
        const { objects } = await openTree.typed(c.get('deps'), {
          snapshot: id,
          path: c.req.valid('query').path ?? '',
          actor,
        });
        return c.body(streamOf(make(objects)), 200, {
          'content-type': type,
          'content-disposition': disposition(`${id}.${format}`),
        });
      },
    );
  }

  endpoint(
    app,
    readers,
    {
      method: 'get',
      path: '/v1/tenants/{tenant}/sources/{source}/restore-tests',
      tags: ['Snapshots'],
      summary: 'Restore tests of a source, oldest first',
      request: { params: sourceParam, query: pageQuery },
      responses: { 200: json(pageSchema(testSchema), 'A page of restore tests') },
    },
    async (c) => {
      const { tenant, source } = c.req.valid('param');
      assertSees(c.get('caller'), tenant, () => noTenant(tenant));
      const all = (await restoreTests.list(c.get('deps').table, `RESTORE-TESTS#${tenant}/${source}`)).map(
        ({ value }) => value,
      );
      const { items, next } = pageOf(all, c.req.valid('query'), ({ testedAt, snapshot }) => `${testedAt}#${snapshot}`);
      const shown = items.map(({ snapshot, testedAt, verdict, reasons }) => ({ snapshot, testedAt, verdict, reasons }));
      return c.json({ items: shown, ...(next === undefined ? {} : { next }) }, 200);
    },
  );
}

async function seenSnapshot(c: Context<ApiEnv>, id: string): Promise<Snapshot> {
  const none = () =>
    new NotFoundError(`there is no snapshot ${id}`, { hint: 'The list of snapshots shows those that you may see.' });
  const snapshot = await getSnapshot(c.get('deps'), id).catch((error: unknown) => {
    throw error instanceof NotFoundError ? none() : error;
  });
  assertSees(c.get('caller'), snapshot.tenant, none);
  return snapshot;
}

/** RFC 6266: a plain name, and the exact one. */
function disposition(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9._-]/g, '_');
  const exact = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}

async function* copied(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

function streamOf(readable: Readable): ReadableStream {
  return Readable.toWeb(readable) as ReadableStream;
}
