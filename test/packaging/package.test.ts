import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleFunctions } from '../../infra/bundle.js';
import { settingVariable } from '../../src/aws-settings.ts';
import { unzip } from '../cli/unzip.ts';
import { type Grant, granted, reviewText } from './granted.ts';
import { type Packaged, packageService } from './packaged.ts';

const root = join(import.meta.dirname, '../..');
const functions = readdirSync(join(root, 'functions')).map((file) => file.replace('.ts', ''));
const machines = readdirSync(join(root, 'state-machines')).map((file) => file.replace('.asl.json', ''));
const pascal = (name: string) => name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** What every function is told, with an endpoint where nobody listens. */
const environment = {
  ...Object.fromEntries(
    Object.entries({
      stage: 'test',
      repositoryBucket: 'repository',
      evidenceBucket: 'evidence',
      scratchBucket: 'scratch',
      catalogTable: 'catalog',
      keysTable: 'keys',
      masterKey: 'arn:aws:kms:eu-west-1:123456789012:key/1',
      signingKey: 'arn:aws:kms:eu-west-1:123456789012:key/2',
      machines: 'arn:aws:states:eu-west-1:123456789012:stateMachine:tenure-test-',
      backupVault: 'vault',
      backupRole: 'arn:aws:iam::123456789012:role/backup',
      mailFrom: 'tenure@example.com',
      company: 'Acme',
      operatorName: 'Olga',
      operatorEmail: 'olga@example.com',
    }).map(([name, value]) => [settingVariable(name), value]),
  ),
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
};

let made: Packaged;

// On an idle machine it takes ten seconds.
beforeAll(() => {
  made = packageService('test', {
    sourceBuckets: 'arn:aws:s3:::acme-*',
    sourceRoles: 'arn:aws:iam::*:role/tenure-source-*',
  });
}, 600_000);
afterAll(() => rmSync(made.dir, { recursive: true, force: true }));

describe('the package, made without network and credentials', () => {
  test('has every function and every workflow, with names of the stage', () => {
    const named = (type: string, property: string) =>
      Object.values(made.template.Resources)
        .filter(({ Type }) => Type === type)
        .map(({ Properties }) => Properties[property] as string)
        .sort();
    expect(named('AWS::Lambda::Function', 'FunctionName')).toEqual(
      functions.map((name) => `tenure-test-${pascal(name)}`).sort(),
    );
    expect(named('AWS::StepFunctions::StateMachine', 'StateMachineName')).toEqual(
      machines.map((name) => `tenure-test-${name}`).sort(),
    );
  });

  test('has a zip of less than 1 MB for each function', () => {
    const size = (name: string) => statSync(made.zip(name)).size;
    for (const name of functions.filter((each) => each !== 'serve-api'))
      expect(size(name), name).toBeLessThan(1_000_000);
    // The whole API, with its reference page and what reads certificates.
    expect(size('serve-api')).toBeLessThan(2_000_000);
  });

  test('brings code alone, and a font where something is drawn', () => {
    const besides = (name: string) =>
      [...unzip(readFileSync(made.zip(name))).keys()].filter((file) => !/^functions\/[\w-]+\.js$/.test(file));
    expect(besides('back-up-shard')).toEqual(['package.json']);
    expect(besides('serve-api').filter((file) => !file.startsWith('node_modules/swagger-ui-dist/'))).toEqual([
      'package.json',
    ]);
    expect(besides('issue-certificate')).toEqual(['functions/fonts/DejaVuSans.ttf', 'package.json']);
  });

  test('keeps data, keys and their tables when the stack goes', () => {
    const kept = [
      'RepositoryBucket',
      'EvidenceBucket',
      'CatalogTable',
      'KeysTable',
      'MasterKey',
      'SigningKey',
      'BackupVault',
    ];
    for (const name of kept) expect(made.template.Resources[name]?.DeletionPolicy, name).toBe('Retain');
  });
});

test('every handler imports and answers from its zip', async () => {
  const folder = join(made.dir, 'unzipped');
  for (const name of functions) {
    for (const [file, bytes] of unzip(readFileSync(made.zip(name)))) {
      const path = join(folder, name, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
    }
  }
  const script = join(import.meta.dirname, 'call-handlers.js');
  const { stderr } = await promisify(execFile)(process.execPath, [script, folder, ...functions], {
    env: { PATH: process.env.PATH, ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  const answers = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as Record<
    string,
    { error?: string; message?: string; outcome?: { statusCode?: number } }
  >;
  expect(Object.keys(answers)).toEqual(functions);
  expect(answers['serve-api']?.outcome).toMatchObject({ statusCode: 503 });
  for (const [name, { error, message }] of Object.entries(answers).filter(([each]) => each !== 'serve-api')) {
    // Those that take an empty event go on, and find nobody at the other end.
    expect(['InvalidError', 'UnavailableError'], `${name}: ${error}: ${message}`).toContain(error);
  }
}, 600_000);

test('the same sources make the same zips, whatever the order and the clock', async () => {
  const names = ['record-fault', 'select-cases'];
  const bytesOf = async (order: string[], folder: string) => {
    const out = join(made.dir, folder);
    const zips = await bundleFunctions(order, { plans: join(root, 'infra/plans'), out });
    return names.map((name) => readFileSync(zips.get(name)?.path ?? '').toString('base64'));
  };
  expect(await bytesOf(names, 'once')).toEqual(await bytesOf(names.toReversed(), 'again'));
}, 600_000);

describe('rights', () => {
  /** Actions on everything, and why. */
  const unbounded: Record<string, string> = {
    'xray:PutTraceSegments': 'traces know no resources',
    'xray:PutTelemetryRecords': 'traces know no resources',
    'xray:GetSamplingRules': 'traces know no resources',
    'xray:GetSamplingTargets': 'traces know no resources',
    'logs:CreateLogDelivery': 'log deliveries know no resources',
    'logs:GetLogDelivery': 'log deliveries know no resources',
    'logs:UpdateLogDelivery': 'log deliveries know no resources',
    'logs:DeleteLogDelivery': 'log deliveries know no resources',
    'logs:ListLogDeliveries': 'log deliveries know no resources',
    'logs:PutResourcePolicy': 'log deliveries know no resources',
    'logs:DescribeResourcePolicies': 'log deliveries know no resources',
    'logs:DescribeLogGroups': 'log deliveries know no resources',
    'dynamodb:ListBackups': 'lists know no resources',
    'dynamodb:ListExports': 'lists know no resources',
    'backup:DescribeBackupJob': 'jobs know no resources',
    'backup:ListBackupJobs': 'jobs know no resources',
    'backup:ListRecoveryPointsByResource': 'lists know no resources',
    'backup:ListRestoreJobs': 'jobs know no resources',
    'backup:DescribeRestoreJob': 'jobs know no resources',
    'backup:PutRestoreValidationResult': 'jobs know no resources',
  };

  test('are those that were reviewed: `vitest run test/packaging -u` writes them anew, for a person to read', async () => {
    await expect(reviewText(granted(made))).toMatchFileSnapshot('../../infra/iam-reviewed.json');
  });

  test('reach everything only where there is nothing to name', () => {
    for (const { role, action, resource } of granted(made)) {
      if (action === 'policy') continue;
      expect(action, role).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
      if (resource === '*') expect(unbounded, role).toHaveProperty([action]);
      // A recovery point bears the name of the service that holds it.
      if (resource.includes('Partition}:*:')) expect(action, role).toMatch(/^backup:\w+RecoveryPoint$/);
    }
  });

  test('to destroy a tenant’s key, or to delete live data, has the erasure alone', () => {
    const having = (wanted: (grant: Grant) => boolean) =>
      [
        ...new Set(
          granted(made)
            .filter(wanted)
            .map(({ role }) => role),
        ),
      ].sort();
    const destroys = ({ action, resource }: Grant) =>
      resource === 'KeysTable.Arn' && action === 'dynamodb:BatchWriteItem';
    expect(having((grant) => destroys(grant) && /\btenant\b/.test(grant.condition))).toEqual(['DestroyKeysRole']);
    expect(having((grant) => destroys(grant) && grant.condition === '')).toEqual([]);
    expect(
      having(({ action, resource }) => action === 's3:DeleteObject' && resource.startsWith('arn:aws:s3:::acme-')),
    ).toEqual(['DeleteLiveRole']);
  });
});
