import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { packageService } from '../packaging/packaged.ts';
import { venvProgram } from './emulators/venv.ts';

// W3005 is about `DependsOn` that osls writes beside a `GetAtt`.
test('cfn-lint finds nothing in the template but the W3005 of osls', async () => {
  const made = packageService('prod', {
    secondRegion: 'eu-central-1',
    alarmMail: 'alarms@example.com',
    sourceBuckets: 'arn:aws:s3:::acme-data,arn:aws:s3:::acme-mail',
    sourceRoles: 'arn:aws:iam::*:role/tenure-source-*',
    operatorRoles: 'arn:aws:iam::123456789012:role/olga',
  });
  try {
    const template = join(made.dir, '.serverless/cloudformation-template-update-stack.json');
    const second = join(import.meta.dirname, '../../infra/second-region.yml');
    const found = await promisify(execFile)(venvProgram('cfn-lint'), [
      '--format',
      'json',
      '--ignore-checks',
      'W3005',
      '--',
      template,
      second,
    ])
      // It ends with the kinds of what it found.
      .catch((error: { stdout: string; stderr: string }) => error);
    expect(found.stderr).toBe('');
    expect(JSON.parse(found.stdout)).toEqual([]);
  } finally {
    rmSync(made.dir, { recursive: true, force: true });
  }
}, 600_000);
