import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import type { Source } from '../domain/source.ts';
import { roleFields } from './source-fields.ts';
import { nameField, tenantFields } from './tenant-fields.ts';

const command = z.string({ error: 'must be text' }).trim().min(1, { error: 'is empty' });
const place = z.string({ error: 'must be text' }).min(1, { error: 'is empty' });

const source = z
  .strictObject({
    name: nameField,
    /** Exactly one of the three; a relative path begins at the file. */
    directory: place.exactOptional(),
    s3: place.exactOptional(),
    awsBackup: place.exactOptional(),
    /** With `s3`: a role of the bucket's account, and what it asks for. */
    role: roleFields.role.exactOptional(),
    externalId: roleFields.externalId.exactOptional(),
    prepare: command.exactOptional(),
    release: command.exactOptional(),
  })
  .refine((value) => [value.directory, value.s3, value.awsBackup].filter((each) => each !== undefined).length === 1, {
    error: 'must have one of directory, s3, awsBackup',
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .refine(({ s3, role }) => role === undefined || s3 !== undefined, { error: 'role goes with s3 only', path: ['role'] })
  .refine(({ role, externalId }) => externalId === undefined || role !== undefined, {
    error: 'externalId goes with a role only',
    path: ['externalId'],
  });

const tenant = z.strictObject({
  id: nameField,
  name: tenantFields.name,
  contacts: tenantFields.contacts,
  /** What is not named keeps its value, or gets the default of `tenure tenant add`. */
  locale: tenantFields.locale.exactOptional(),
  timezone: tenantFields.timezone.exactOptional(),
  plan: tenantFields.plan.exactOptional(),
  agreement: tenantFields.agreement.exactOptional(),
  /** `null`: none any more. */
  stripeCustomer: tenantFields.stripeCustomer.nullable().exactOptional(),
  paused: z.boolean({ error: 'must be true or false' }).exactOptional(),
  sources: z
    .array(source, { error: 'must be a list of sources' })
    .superRefine(refuseTwice((each) => each.name, 'name'))
    .default([]),
});

/** A file for `tenure apply`: tenants with their sources. */
export const applySchema = z.strictObject({
  tenants: z
    .array(tenant, { error: 'must be a list of tenants' })
    .superRefine(refuseTwice((each) => each.id, 'id'))
    .superRefine(refuseTwice((each) => each.stripeCustomer ?? undefined, 'stripeCustomer')),
});

/** A tenant as the file has it. */
export type AppliedTenant = z.output<typeof tenant>;

/** A source of the file in the words of the use cases. */
export function sourceOf(
  of: string,
  { name, directory, s3, awsBackup, role, externalId, prepare, release }: z.output<typeof source>,
  folder: string,
): Omit<Source, 'status' | 'createdAt'> {
  const located: Pick<Source, 'kind' | 'location'> =
    directory !== undefined
      ? { kind: 'directory', location: isAbsolute(directory) ? resolve(directory) : resolve(folder, directory) }
      : s3 !== undefined
        ? { kind: 's3', location: s3 }
        : { kind: 'aws-backup', location: awsBackup ?? '' };
  return {
    tenant: of,
    name,
    ...located,
    ...(role === undefined ? {} : { role }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(prepare === undefined ? {} : { prepare }),
    ...(release === undefined ? {} : { release }),
  };
}

function refuseTwice<T>(idOf: (each: T) => string | undefined, field: string) {
  return (all: T[], context: z.core.$RefinementCtx): void => {
    all.forEach((each, index) => {
      if (idOf(each) === undefined || all.findIndex((other) => idOf(other) === idOf(each)) === index) return;
      context.addIssue({ code: 'custom', path: [index, field], message: `"${idOf(each)}" stands there twice` });
    });
  };
}
