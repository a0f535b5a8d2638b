import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type ApiConfig, apiSchema, text } from './api-config.ts';
import { parseInstant } from './domain/calendar.ts';
import { parseCheckedYaml } from './domain/checked-yaml.ts';
import { InvalidError, NotFoundError, UnavailableError } from './domain/errors.ts';

/** Where things lie in a home. What `tenure.yml` may put elsewhere is in {@link Config}. */
export interface HomePaths {
  config: string;
  plans: string;
  catalog: string;
  outbox: string;
  scratch: string;
}

/** The paths of a home. */
export function homePaths(home: string): HomePaths {
  return {
    config: join(home, 'tenure.yml'),
    plans: join(home, 'plans'),
    catalog: join(home, 'catalog.db'),
    outbox: join(home, 'outbox'),
    scratch: join(home, 'scratch'),
  };
}

const address = text.regex(/^[^\s@<>]+@[^\s@<>]+$/, { error: (issue) => `"${issue.input}" is not an e-mail address` });

const configSchema = z.strictObject({
  company: text,
  operator: z.strictObject({ name: text, email: address }),
  mail: z.strictObject({
    from: z.strictObject({ name: text, email: address }),
    transport: text.regex(/^(?:outbox|smtps?:\/\/\S+)$/, {
      error: 'must be outbox, or smtp://user:password@host:port',
    }),
  }),
  repository: text.default('repository'),
  evidence: text.default('evidence'),
  keys: z.strictObject({
    replicas: z.array(text, { error: 'must be a list of folders' }).min(1, { error: 'names no folder' }),
    master: z.union([z.strictObject({ keyFile: text }), z.literal('passphrase')], {
      error: 'must be passphrase, or { keyFile: PATH }',
    }),
  }),
  api: apiSchema.exactOptional(),
  /** Only in a home made with `init --now`. */
  simulated: z.strictObject({ since: z.iso.datetime({ error: 'must be an ISO instant' }) }).exactOptional(),
});

/** What `tenure.yml` says, with paths as they stand there: relative ones begin at the home. */
export type ConfigFile = z.output<typeof configSchema>;

/** What `tenure.yml` says, with absolute paths. */
export type Config = ConfigFile;

/**
 * Reads a home's `tenure.yml`.
 *
 * @throws NotFoundError when there is no home; InvalidError that names line and field of each problem
 */
export function readConfig(home: string): Config {
  const file = homePaths(home).config;
  const { value, refuse } = parseCheckedYaml(readConfigText(home, file), configSchema, {
    fileName: 'tenure.yml',
    empty: 'the file is empty',
    hint: `Correct ${file}.`,
  });
  if (new Set(value.keys.replicas.map((path) => resolve(home, path))).size < value.keys.replicas.length) {
    refuse([
      { path: ['keys', 'replicas'], message: 'names the same folder twice: a replica must be a place of its own' },
    ]);
  }
  return atHome(home, value);
}

/** The same with absolute paths. */
export function atHome(home: string, config: ConfigFile): Config {
  const { simulated, keys, ...rest } = config;
  return {
    ...rest,
    repository: resolve(home, config.repository),
    evidence: resolve(home, config.evidence),
    keys: {
      replicas: keys.replicas.map((path) => resolve(home, path)),
      master: keys.master === 'passphrase' ? keys.master : { keyFile: resolve(home, keys.master.keyFile) },
    },
    ...(simulated === undefined ? {} : { simulated: { since: parseInstant(simulated.since) } }),
  };
}

const awsConfigSchema = z.strictObject({
  aws: z.strictObject({
    /** Stage of the deployment, as `serverless deploy --stage` named it. */
    stage: text.regex(/^[a-z][a-z0-9-]{0,15}$/, { error: 'must be a-z, 0-9 and -, at most 16 characters' }),
    region: text,
  }),
});

/** Which deployment on AWS a home stands for. */
export type AwsHomeConfig = z.output<typeof awsConfigSchema>['aws'];

/** The deployment that a home stands for; `undefined` for a home whose stores are on this machine. @throws as {@link readConfig} */
export function readAwsConfig(home: string): AwsHomeConfig | undefined {
  const file = homePaths(home).config;
  const found = readConfigText(home, file);
  if (!/^aws:/m.test(found)) return undefined;
  const words = { fileName: 'tenure.yml', empty: 'the file is empty', hint: `Correct ${file}.` };
  return parseCheckedYaml(found, awsConfigSchema, words).value.aws;
}

/** `tenure.yml` of a home that stands for a deployment, as `init --aws` writes it. */
export function awsConfigText(aws: AwsHomeConfig): string {
  return `# A home of Tenure whose stores are in a deployment on AWS. Credentials come from where the AWS tools find them.\n${stringify({ aws })}`;
}

function readConfigText(home: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new NotFoundError(`${home} is not a home of Tenure: it has no tenure.yml`, {
        hint: `Make one with \`tenure --home ${home} init\`, or name another with --home or TENURE_HOME.`,
        cause,
      });
    }
    throw new UnavailableError(`${file} cannot be read: ${code}`, {
      hint: 'Run Tenure as the user that owns the home.',
      cause,
    });
  }
}

/** `tenure.yml` as `init` and `recover` write it. */
export function configText(config: ConfigFile): string {
  const part = (value: object): string => stringify(value, { lineWidth: 0 });
  return `# A home of Tenure. Relative paths begin in the folder of this file; plans are the files in plans/.

# Who runs Tenure, as it stands on mails and certificates, and who is told when something slips.
${part({ company: config.company, operator: config.operator })}
# transport: outbox (mails become .eml files in outbox/), or smtp://user:password@host:port (smtps:// for TLS from the start).
${part({ mail: config.mail })}
# Copies, and what outlives them (certificates, notices as sent, ledger).
${part({ repository: config.repository, evidence: config.evidence })}
# Each replica holds every key; put them on different disks. master: { keyFile: PATH } (0600) or passphrase, which is then
# read from TENURE_PASSPHRASE or from the file that TENURE_PASSPHRASE_FILE or --passphrase-file names.
# Whoever has a replica and the master key reads every copy; whoever has lost them reads none.
${part({ keys: config.keys })}${config.api === undefined ? '' : `\n# How \`tenure serve\` is reached, and by whom.\n${part({ api: config.api })}`}${
  config.simulated === undefined
    ? ''
    : `
# This home lives under a simulated clock: --now moves it, documents say SIMULATION. It was made so and stays so.
${part({ simulated: config.simulated })}`
}`;
}

/** Where the master key comes from. @throws InvalidError when it is a passphrase and none is given */
export function masterSource(
  config: Pick<Config, 'keys'>,
  passphrase: () => string | undefined,
): { keyFile: string } | { passphrase: string } {
  if (config.keys.master !== 'passphrase') return config.keys.master;
  const secret = passphrase();
  if (secret === undefined) {
    throw new InvalidError('the master key of this home comes from a passphrase, and none is given', {
      hint: 'Set TENURE_PASSPHRASE, or name a file with TENURE_PASSPHRASE_FILE or --passphrase-file.',
    });
  }
  return { passphrase: secret };
}

/** The settings that come from the environment and the command line. */
export interface Ambient {
  home: string;
  /** Acting operator: `--as`, TENURE_ACTOR, else the user of the operating system. */
  actor: string;
  passphrase: () => string | undefined;
}

/**
 * Joins command line and environment; the command line wins.
 *
 * @throws InvalidError when no home is named, or a passphrase comes from two places
 */
export function ambient(
  options: { home?: string; as?: string; passphraseFile?: string },
  env: NodeJS.ProcessEnv,
  osUser: () => string,
): Ambient {
  const home = options.home ?? env.TENURE_HOME;
  if (home === undefined || home === '') {
    throw new InvalidError('no home is named', { hint: 'Add --home DIR, or set TENURE_HOME.' });
  }
  return {
    home: resolve(home),
    actor: options.as ?? env.TENURE_ACTOR ?? osUser(),
    passphrase: () => passphraseOf(options.passphraseFile, env),
  };
}

/** Secrets of the Stripe endpoint; `undefined`: there is none. @throws InvalidError for a file that cannot be read or holds none */
export function stripeSecrets(home: string, api: ApiConfig | undefined): string[] | undefined {
  return api?.stripeSecretFiles?.map((name) => {
    const file = resolve(home, name);
    try {
      const secret = readFileSync(file, 'utf8').trim();
      if (/^whsec_\S+$/.test(secret)) return secret;
    } catch (cause) {
      throw new InvalidError(`the file ${file} cannot be read: ${(cause as NodeJS.ErrnoException).code}`, { cause });
    }
    throw new InvalidError(`${file} holds no secret of a Stripe endpoint (whsec_…)`);
  });
}

function passphraseOf(option: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const file = option ?? env.TENURE_PASSPHRASE_FILE;
  if (file === undefined) return env.TENURE_PASSPHRASE === '' ? undefined : env.TENURE_PASSPHRASE;
  if (option === undefined && env.TENURE_PASSPHRASE !== undefined) {
    throw new InvalidError('TENURE_PASSPHRASE and TENURE_PASSPHRASE_FILE are both set', { hint: 'Set one of them.' });
  }
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new InvalidError(`the passphrase file ${file} cannot be read: ${(cause as NodeJS.ErrnoException).code}`, {
      cause,
    });
  }
}
