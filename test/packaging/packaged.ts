import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceFolder } from './service-folder.ts';

const root = join(import.meta.dirname, '../..');

/** A resource of a template. */
export interface Resource {
  Type: string;
  Properties: { [name: string]: unknown };
  Condition?: string;
  DeletionPolicy?: string;
}

/** What `serverless package` has made. */
export interface Packaged {
  /** Folder of the service; `.serverless` and `.build` lie in it. */
  dir: string;
  template: { Resources: Record<string, Resource> };
  /** Path of a function's zip: `back-up-shard`. */
  zip(name: string): string;
}

/** Nobody listens there: whatever asked the network would fail. */
const nowhere = 'http://127.0.0.1:1';

/** Packages the service, as on a machine without network and without credentials. */
export function packageService(stage: string, params: Record<string, string> = {}): Packaged {
  const dir = serviceFolder();
  const home = join(dir, 'home');
  const given = Object.entries(params).map(([name, value]) => `--param=${name}=${value}`);
  execFileSync(
    process.execPath,
    [
      join(root, 'node_modules/serverless/bin/serverless.js'),
      'package',
      '--stage',
      stage,
      '--region',
      'eu-west-1',
      ...given,
    ],
    {
      cwd: dir,
      env: {
        PATH: process.env.PATH,
        HOME: home,
        AWS_EC2_METADATA_DISABLED: 'true',
        HTTP_PROXY: nowhere,
        HTTPS_PROXY: nowhere,
        http_proxy: nowhere,
        https_proxy: nowhere,
      },
      stdio: 'pipe',
    },
  );
  const template = JSON.parse(
    readFileSync(join(dir, '.serverless/cloudformation-template-update-stack.json'), 'utf8'),
  ) as Packaged['template'];
  return { dir, template, zip: (name) => join(dir, '.build/functions', `${name}.zip`) };
}
