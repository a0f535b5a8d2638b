import { z } from 'zod';
import { apiSchema } from './api-config.ts';
import { InvalidError } from './domain/errors.ts';

const text = z.string().min(1);

/** Of the section `api` of `tenure.yml` what has a meaning behind API Gateway. */
export const apiOnAws = apiSchema.pick({
  oidc: true,
  corsOrigins: true,
  limits: true,
  paymentUrl: true,
  proxies: true,
  allowPrivateTargets: true,
});

/**
 * What one deployment consists of. Each function gets it as environment variables (`TENURE_` and the name in capitals); the
 * command line reads it as JSON from the parameter `/tenure/<stage>/settings`, which the deployment writes.
 */
const schema = z.object({
  stage: text,
  region: text,
  repositoryBucket: text,
  evidenceBucket: text,
  scratchBucket: text,
  catalogTable: text,
  keysTable: text,
  /** Region of the second replica of the keys; absent: there is one replica, and `doctor` warns. */
  keysSecondRegion: text.exactOptional(),
  /** Id or ARN of the KMS key that wraps tenant and evidence keys. */
  masterKey: text,
  /** Id or ARN of the KMS key (ECC_NIST_P256, SIGN_VERIFY) that signs certificates and seals. */
  signingKey: text,
  /** ARN of the state machines up to the machine's name: `arn:aws:states:…:stateMachine:tenure-prod-`. */
  machines: text,
  backupVault: text,
  /** Role that AWS Backup takes on to back up and restore. */
  backupRole: text,
  configurationSet: text.exactOptional(),
  mailFrom: text,
  company: text,
  operatorName: text,
  operatorEmail: text,
  /** Where the API is reached from outside, for links in mails; absent: mails have none. */
  publicUrl: z.url({ protocol: /^https$/ }).exactOptional(),
  /** Settings of the API, as JSON. */
  api: z
    .string()
    .transform((json) => apiOnAws.parse(JSON.parse(json)))
    .exactOptional(),
  /** SSM parameter with the secrets of the Stripe endpoint. */
  stripeParameter: text.exactOptional(),
  /** `s3://bucket/prefix` below which operators restore over HTTP. */
  restoreRoot: z
    .string()
    .regex(/^s3:\/\/[a-z0-9.-]+(?:\/|$)/, { error: 'must be a place in a bucket: s3://bucket/prefix' })
    .exactOptional(),
  /** How evidence is locked: `COMPLIANCE` by nobody to be lifted, `GOVERNANCE` with a right of its own, `none` where the store cannot. */
  evidenceLock: z.enum(['none', 'GOVERNANCE', 'COMPLIANCE']).default('none'),
  /** ISO instant at which the clock of a rehearsal begins; absent in every deployment whose life is real. */
  simulatedSince: z.iso.datetime().exactOptional(),
});

/** See {@link settingsFromEnv}. */
export type AwsSettings = z.output<typeof schema>;

const names = Object.keys(schema.shape) as (keyof AwsSettings)[];

/** `repositoryBucket` → `TENURE_REPOSITORY_BUCKET`. */
export function settingVariable(name: string): string {
  return `TENURE_${name.replaceAll(/([A-Z])/g, '_$1').toUpperCase()}`;
}

/** Settings of a function. @throws InvalidError that names each variable that is missing */
export function settingsFromEnv(env: NodeJS.ProcessEnv): AwsSettings {
  const given = names.flatMap((name) => {
    const value = env[settingVariable(name)];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  return parsed({ region: env.AWS_REGION, ...Object.fromEntries(given) }, settingVariable);
}

/** Settings as the deployment's parameter holds them. @throws InvalidError */
export function settingsFromJson(json: string): AwsSettings {
  const value = JSON.parse(json) as Record<string, unknown>;
  // CloudFormation has no way to leave a field out.
  return parsed(Object.fromEntries(Object.entries(value).filter(([, field]) => field !== '')), (name) => name);
}

function parsed(value: unknown, nameOf: (field: string) => string): AwsSettings {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${nameOf(String(path[0]))}: ${message}`);
  throw new InvalidError(`the settings of this deployment are not complete: ${problems.join('; ')}`, {
    hint: 'Deploy again; the settings come from serverless.yml.',
  });
}
