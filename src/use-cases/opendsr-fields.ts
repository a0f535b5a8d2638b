import { z } from 'zod';
import { identityFormats, identityProblem } from '../domain/opendsr-identity.ts';
import { actorInput } from './actor-input.ts';
import { nameField } from './tenant-fields.ts';
import { pathField, textField } from './text-fields.ts';

/** A UUID v4 in lower case (specification, section 1.1). */
export const requestIdField = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, {
    error: 'must be a UUID of version 4 in lower case',
  });

const identityField = z
  .object({
    identity_type: z.enum(['controller_customer_id', 'email'], {
      error: 'is none that is known here: controller_customer_id, email',
    }),
    identity_value: textField(320).min(1),
    identity_format: z.enum(identityFormats),
  })
  .superRefine((identity, ctx) => {
    const message = identityProblem(identity);
    if (message === undefined) return;
    const path = message.includes('is not taken') ? 'identity_format' : 'identity_value';
    ctx.addIssue({ code: 'custom', path: [path], message });
  });

/** The body of a request (specification, section 7.1). What it has besides is not looked at. */
export const opendsrBody = z.object({
  regulation: z.enum(['gdpr', 'ccpa']),
  subject_request_id: requestIdField,
  subject_request_type: z.enum(['erasure'], { error: 'is none that is done here: only erasure is' }),
  submitted_time: z.iso.datetime({ offset: true, error: 'must be an instant such as 2026-11-22T20:00:00Z' }),
  subject_identities: z.array(identityField).min(1).max(20),
  api_version: z
    .string()
    .regex(/^2(?:\.\d{1,3})?$/, { error: 'is not spoken here: 2.0 is' })
    .optional(),
  status_callback_urls: z
    .array(z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).max(2000))
    .max(5)
    .optional(),
  extensions: z.record(z.string().max(253), z.unknown()).optional(),
});

/** What stands under our own domain in `extensions`: the part that is to be erased, where it is not the whole tenant. */
export const opendsrExtension = z.strictObject({
  source: nameField.exactOptional(),
  paths: z.array(pathField(4096).min(1)).min(1).max(1000).exactOptional(),
});

/** Whose request it is. */
export const controllerInput = z.object({
  actor: actorInput,
  /** The one tenant that the caller may speak about; absent: all. */
  own: z.string().exactOptional(),
});

export type Controller = z.infer<typeof controllerInput>;
export type OpendsrBody = z.infer<typeof opendsrBody>;
