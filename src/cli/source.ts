import { resolve } from 'node:path';
import { InvalidError } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import type { CommandModule } from './cli.ts';
import { columns } from './text.ts';

interface AddOptions {
  directory?: string;
  s3?: string;
  awsBackup?: string;
  role?: string;
  externalId?: string;
  prepare?: string;
  release?: string;
}

export const define: CommandModule['define'] = (source, cli) => {
  source
    .command('add')
    .argument('<tenant>')
    .argument('<name>', 'a-z, 0-9 and -')
    .description('protect a directory or a bucket (aws-backup comes with the AWS deployment)')
    .option('--directory <path>', 'a folder of this machine')
    .option('--s3 <url>', 's3://BUCKET/PREFIX')
    .option('--role <arn>', 'with --s3: a role to take on for a bucket of another account')
    .option('--external-id <id>', 'with --role: the external id that the role asks for')
    .option('--aws-backup <arn>', 'a resource that AWS Backup protects')
    .option('--prepare <command>', 'run before each backup; when it fails, so does the backup')
    .option('--release <command>', 'run after each backup, whatever came of it')
    .action(
      cli.act(async ({ deps, actor }, tenant: string, name: string, options: AddOptions) => {
        const { addSource } = await import('../use-cases/add-source.ts');
        const { role, externalId, prepare, release } = options;
        const added = await addSource.typed(deps, {
          source: {
            tenant,
            name,
            ...placeOf(options),
            ...(role === undefined ? {} : { role }),
            ...(externalId === undefined ? {} : { externalId }),
            ...(prepare === undefined ? {} : { prepare }),
            ...(release === undefined ? {} : { release }),
          },
          actor,
        });
        return {
          json: added,
          text: `Source ${tenant}/${name} is protected from the next backup on: ${added.location}`,
        };
      }),
    );

  source
    .command('list')
    .argument('[tenant]')
    .description('all sources, or those of one tenant')
    .action(
      cli.view(async ({ deps }, tenant: string | undefined) => {
        const { listSources } = await import('../use-cases/list-sources.ts');
        const found = await listSources.typed(deps, tenant === undefined ? {} : { tenant });
        const rows = found.map((each) => [each.tenant, each.name, each.kind, each.status, each.location]);
        return {
          json: found,
          text:
            found.length === 0
              ? 'No sources yet: `tenure source add`.'
              : columns(['TENANT', 'SOURCE', 'KIND', 'STATUS', 'LOCATION'], rows),
        };
      }),
    );

  source
    .command('remove')
    .argument('<tenant>')
    .argument('<name>')
    .description('protect it no longer; its copies stay until they expire')
    .action(
      cli.act(async ({ deps, actor }, tenant: string, name: string) => {
        const { removeSource } = await import('../use-cases/remove-source.ts');
        const removed = await removeSource.typed(deps, { tenant, name, actor });
        return {
          json: removed,
          text: `Source ${tenant}/${name} is backed up no longer; its copies stay until they expire.`,
        };
      }),
    );
};

function placeOf({ directory, s3, awsBackup }: AddOptions): Pick<Source, 'kind' | 'location'> {
  const places: Pick<Source, 'kind' | 'location'>[] = [];
  if (directory !== undefined) places.push({ kind: 'directory', location: resolve(directory) });
  if (s3 !== undefined) places.push({ kind: 's3', location: s3 });
  if (awsBackup !== undefined) places.push({ kind: 'aws-backup', location: awsBackup });
  const [place, another] = places;
  if (place === undefined || another !== undefined) {
    throw new InvalidError(place === undefined ? 'no place is named' : 'more than one place is named', {
      hint: 'Name one: --directory PATH, --s3 s3://BUCKET/PREFIX or --aws-backup ARN.',
    });
  }
  return place;
}
