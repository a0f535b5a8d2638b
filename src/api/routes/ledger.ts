import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { ordinal } from '../../records.ts';
import { listChains, listLedgerEntries, listSeals, readSeal } from '../../use-cases/list-ledger.ts';
import { verifyLedger } from '../../use-cases/verify-ledger.ts';
import type { Api, ApiEnv } from '../api.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { pageFrom, pageQuery, pageSchema } from '../pages.ts';

const auditors = { scopes: ['auditor', 'operator'] } as const;

const chainSchema = z
  .object({
    chain: z.string(),
    tenant: z
      .string()
      .optional()
      .openapi({ description: 'Whose chain it is; absent: the system’s, or of nobody known' }),
    entries: z.int(),
    hash: z.string().openapi({ description: 'Hash of the newest entry' }),
    at: z.string().openapi({ description: 'When that was written' }),
  })
  .openapi('LedgerChain');

const entrySchema = z
  .object({
    version: z.literal(1),
    chain: z.string(),
    seq: z.int(),
    at: z.string(),
    type: z.string(),
    actor: z.string(),
    subjects: z.array(z.string()),
    commitments: z.record(z.string(), z.string()),
    sealed: z.string().optional(),
    prev: z.string(),
    hash: z.string(),
  })
  .openapi('LedgerEntry');

const sealSchema = z
  .object({
    at: z.string(),
    root: z.string().openapi({ description: 'Merkle root over the heads of all chains' }),
  })
  .openapi('LedgerSeal');

const headSchema = z.object({ chain: z.string(), seq: z.int(), hash: z.string() });

const storedSealSchema = z
  .object({
    seal: sealSchema.extend({ version: z.literal(1), chains: z.int() }),
    jws: z.object({ protected: z.string(), payload: z.string(), signature: z.string() }).openapi({
      description: 'Signature over the canonical JSON of `seal` (RFC 7515); `GET /v1/keys/jwks` has the keys',
    }),
    heads: z.array(headSchema),
  })
  .openapi('SignedLedgerSeal');

const verdictSchema = z
  .object({
    ok: z.boolean(),
    chains: z.array(z.object({ chain: z.string(), entries: z.int() })),
    entries: z.int(),
    seals: z.int(),
    segments: z.int(),
    problems: z.array(z.object({ chain: z.string().optional(), seq: z.int().optional(), problem: z.string() })),
  })
  .openapi('LedgerVerdict');

const sealParam = z.object({
  seal: z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/, { error: 'is no instant of a seal' }),
});
const chainParam = z.object({
  chain: z.string().regex(/^(?:system|t-[0-9a-f]{20})$/, { error: 'is no name of a chain' }),
});

/** The ledger: its chains, their entries, the daily seals over them, and whether anything was changed. */
export function defineLedger(app: Api): void {
  endpoint(
    app,
    auditors,
    {
      method: 'get',
      path: '/v1/ledger',
      tags: ['Proof'],
      summary: 'Chains of the ledger with their ends, by name',
      request: { query: pageQuery },
      responses: { 200: json(pageSchema(chainSchema), 'A page of chains') },
    },
    async (c) => {
      const { items, next } = await pageFrom(
        c.req.valid('query'),
        async (range) => await listChains.typed(c.get('deps'), range),
        ({ chain }) => chain,
      );
      return c.json({ items, ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  // Before the entries of a chain, of which it would be taken for the name.
  endpoint(
    app,
    auditors,
    {
      method: 'get',
      path: '/v1/ledger/seals',
      tags: ['Proof'],
      summary: 'Daily seals over all chains, oldest first',
      request: { query: pageQuery },
      responses: { 200: json(pageSchema(sealSchema), 'A page of seals') },
    },
    async (c) => {
      const { items, next } = await pageFrom(
        c.req.valid('query'),
        async (range) => await listSeals.typed(c.get('deps'), range),
        ({ at }) => at,
      );
      return c.json(
        { items: items.map(({ at, root }) => ({ at, root })), ...(next === undefined ? {} : { next }) },
        200,
      );
    },
  );

  endpoint(
    app,
    auditors,
    {
      method: 'get',
      path: '/v1/ledger/seals/{seal}',
      tags: ['Proof'],
      summary: 'A seal as it was signed, with the heads under it',
      request: { params: sealParam },
      responses: { 200: json(storedSealSchema, 'The seal, byte for byte as it lies in the evidence store') },
    },
    (async (c: Context<ApiEnv>) => {
      const file = await readSeal.typed(c.get('deps'), { at: c.req.param('seal') ?? '' });
      return c.body(new Uint8Array(file), 200, { 'content-type': 'application/json' });
    }) as never,
  );

  endpoint(
    app,
    auditors,
    {
      method: 'get',
      path: '/v1/ledger/{chain}',
      tags: ['Proof'],
      summary: 'Entries of a chain in order',
      request: { params: chainParam, query: pageQuery },
      responses: { 200: json(pageSchema(entrySchema), 'A page of entries') },
    },
    async (c) => {
      const { chain } = c.req.valid('param');
      const { items, next } = await pageFrom(
        c.req.valid('query'),
        async (range) => await listLedgerEntries.typed(c.get('deps'), { chain, ...range }),
        ({ seq }) => ordinal(seq),
      );
      return c.json({ items, ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  endpoint(
    app,
    auditors,
    {
      method: 'post',
      path: '/v1/ledger/verify',
      tags: ['Proof'],
      summary: 'Verify every chain and every seal',
      responses: { 200: json(verdictSchema, 'Whether anything was changed') },
    },
    async (c) => {
      const { problems, ...verdict } = await verifyLedger.typed(c.get('deps'), {});
      const told = problems.map(({ chain, seq, problem }) => ({
        problem,
        ...(chain === undefined ? {} : { chain }),
        ...(seq === undefined ? {} : { seq }),
      }));
      return c.json({ ...verdict, problems: told }, 200);
    },
  );
}
