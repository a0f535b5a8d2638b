import { z } from '@hono/zod-openapi';
import { restoreTests } from '../../records.ts';
import { listEntries } from '../../use-cases/list-entries.ts';
import { listLiveSnapshots, snapshotKey } from '../../use-cases/list-snapshots.ts';
import { requireScope } from '../../use-cases/require-scope.ts';
import { shownSnapshot } from '../../use-cases/show-snapshot.ts';
import { nameField } from '../../use-cases/tenant-fields.ts';
import { pathField } from '../../use-cases/text-fields.ts';
import type { Api } from '../api.ts';
import { assertSees, noTenant, seesAll } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { pageFrom, pageOf, pageQuery, pageSchema } from '../pages.ts';
import { noSnapshot, seenSnapshot, snapshotParam } from './snapshot-access.ts';

const readers = { scopes: ['tenant:self', 'operator', 'auditor'] } as const;

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

const sourceParam = z.object({
  tenant: nameField,
  source: nameField,
});
/** As long as a key of S3 may be; a longer one would not fit into a request's first line either. */
const path = pathField(1024);

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
      path: '/v1/snapshots/{snapshot}',
      tags: ['Snapshots'],
      summary: 'One live copy',
      request: { params: snapshotParam },
      responses: { 200: json(snapshotSchema, 'The copy') },
    },
    async (c) => {
      const snapshot = await seenSnapshot(c, c.req.valid('param').snapshot);
      // One that was erased is in no list either.
      if (snapshot.status !== 'live') throw noSnapshot(snapshot.id);
      return c.json(await shownSnapshot(c.get('deps'), snapshot), 200);
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
      await requireScope(c.get('deps'), { tenant, source });
      const all = (await restoreTests.list(c.get('deps').table, `RESTORE-TESTS#${tenant}/${source}`)).map(
        ({ value }) => value,
      );
      const { items, next } = pageOf(all, c.req.valid('query'), ({ testedAt, snapshot }) => `${testedAt}#${snapshot}`);
      const shown = items.map(({ snapshot, testedAt, verdict, reasons }) => ({ snapshot, testedAt, verdict, reasons }));
      return c.json({ items: shown, ...(next === undefined ? {} : { next }) }, 200);
    },
  );
}
