import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { NotFoundError } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import { type Stored, sources } from '../records.ts';
import { nameField } from './tenant-fields.ts';
import { textField } from './text-fields.ts';

const command = z.string().trim().min(1, { error: 'is empty' }).max(4000, { error: 'is longer than 4000 characters' });

const locations: Record<Source['kind'], { shape: RegExp; example: string }> = {
  directory: { shape: /^\/[^\0]*$/, example: 'an absolute path' },
  s3: { shape: /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/.*)?$/, example: 's3://BUCKET/PREFIX' },
  'aws-backup': { shape: /^arn:[a-z0-9-]+:[a-z0-9-]+:[^:]*:[^:]*:.+$/, example: 'the ARN of a resource' },
};

/** Role and external id, as IAM writes them ("AssumeRole", STS API Reference). */
export const roleFields = {
  role: z
    .string({ error: 'must be text' })
    .regex(/^arn:[a-z0-9-]+:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/, { error: 'is not the ARN of a role' }),
  externalId: z
    .string({ error: 'must be text' })
    .regex(/^[\w+=,.@:/-]{2,1224}$/, { error: 'must be 2 to 1224 letters, digits and _+=,.@:/-' }),
};

/** The fields of a source that an operator sets. */
export const sourceFields = z
  .strictObject({
    tenant: nameField,
    name: nameField,
    kind: z.enum(['directory', 's3', 'aws-backup']),
    location: textField(4096).min(1),
    role: roleFields.role.exactOptional(),
    externalId: roleFields.externalId.exactOptional(),
    prepare: command.exactOptional(),
    release: command.exactOptional(),
  })
  .superRefine(({ kind, location, role, externalId }, context) => {
    const { shape, example } = locations[kind];
    if (!shape.test(location))
      context.addIssue({ code: 'custom', path: ['location'], message: `"${location}" is not ${example}` });
    if (role !== undefined && kind !== 's3')
      context.addIssue({ code: 'custom', path: ['role'], message: 'goes with a bucket only' });
    if (externalId !== undefined && role === undefined)
      context.addIssue({ code: 'custom', path: ['externalId'], message: 'goes with a role only' });
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
