import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { NotFoundError } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import { type Stored, sources } from '../records.ts';
import { nameField } from './tenant-fields.ts';

const command = z.string().trim().min(1, { error: 'is empty' }).max(4000, { error: 'is longer than 4000 characters' });

const locations: Record<Source['kind'], { shape: RegExp; example: string }> = {
  directory: { shape: /^\/[^\0]*$/, example: 'an absolute path' },
  s3: { shape: /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/.*)?$/, example: 's3://BUCKET/PREFIX' },
  'aws-backup': { shape: /^arn:[a-z0-9-]+:[a-z0-9-]+:[^:]*:[^:]*:.+$/, example: 'the ARN of a resource' },
};

/** The fields of a source that an operator sets. */
export const sourceFields = z
  .strictObject({
    tenant: nameField,
    name: nameField,
    kind: z.enum(['directory', 's3', 'aws-backup']),
    location: z.string().min(1),
    prepare: command.exactOptional(),
    release: command.exactOptional(),
  })
  .superRefine(({ kind, location }, context) => {
    const { shape, example } = locations[kind];
    if (!shape.test(location))
      context.addIssue({ code: 'custom', path: ['location'], message: `"${location}" is not ${example}` });
  });

/** A source, or NotFoundError. */
export async function requireSource(deps: Pick<Deps, 'table'>, tenant: string, name: string): Promise<Stored<Source>> {
  const stored = await sources.read(deps.table, tenant, name);
  if (stored === undefined) {
    throw new NotFoundError(`there is no source ${tenant}/${name}`, {
      hint: '`tenure source list` shows all sources.',
    });
  }
  return stored;
}

/**
 * Where other sources of the same kind lie, removed ones included: a new one must lie apart, or the erasure of one would
 * take what the other protects.
 */
export async function otherLocations(
  deps: Pick<Deps, 'table'>,
  own: Pick<Source, 'tenant' | 'name' | 'kind'>,
): Promise<string[]> {
  return (await sources.all(deps.table))
    .map((stored) => stored.value)
    .filter((other) => other.kind === own.kind && other.status !== 'erased')
    .filter((other) => other.tenant !== own.tenant || other.name !== own.name)
    .map((other) => other.location);
}
