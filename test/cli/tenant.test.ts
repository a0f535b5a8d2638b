import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { simulatedHome } from './tenure.ts';

describe('tenant', () => {
  it('is added with its contacts, listed in short and shown in full', async () => {
    const home = await simulatedHome();
    const args = ['--name', 'Beta SL', '--email', 'Ana Ruiz <ana@beta.example>', '--email', 'b@beta.example'];
    await home.ends(
      0,
      'tenant',
      'add',
      'beta',
      ...args,
      '--locale',
      'es',
      '--timezone',
      'America/Bogota',
      '--plan',
      'unattended',
      '--agreement',
      'B-7',
    );
    expect(await home.json(0, 'tenant', 'list')).toEqual([
      { id: 'acme', name: 'Acme Ltd', status: 'active', plan: 'standard' },
      { id: 'beta', name: 'Beta SL', status: 'active', plan: 'unattended' },
    ]);
    expect(await home.json(0, 'tenant', 'show', 'beta')).toMatchObject({
      contacts: [
        { name: 'Ana Ruiz', email: 'ana@beta.example' },
        { name: 'Beta SL', email: 'b@beta.example' },
      ],
      locale: 'es',
      timezone: 'America/Bogota',
      agreement: { reference: 'B-7' },
      sources: [],
    });
    expect(await home.json(0, 'tenant', 'show', 'acme')).toMatchObject({
      locale: 'en',
      timezone: 'UTC',
      plan: 'standard',
    });
  });

  it('is refused where something is wrong with it', async () => {
    const home = await simulatedHome();
    const add = (id: string, ...more: string[]) =>
      home.run('tenant', 'add', id, '--name', 'X', '--email', 'x@x.example', ...more);
    expect((await add('acme')).code).toBe(4);
    for (const [id, ...more] of [
      ['Beta'],
      ['beta', '--timezone', 'Mars/Olympus'],
      ['beta', '--locale', 'fr'],
      ['beta', '--plan', 'gold'],
      ['beta', '--email', 'nowhere'],
      ['beta', '--email', 'X@x.example'],
    ]) {
      expect([more, (await add(id ?? '', ...more)).code]).toEqual([more, 2]);
    }
    expect(await home.json(0, 'tenant', 'list')).toHaveLength(1);
  });

  it('is changed only where it is told to', async () => {
    const home = await simulatedHome();
    await home.ends(0, 'tenant', 'set', 'acme', '--locale', 'de', '--agreement', 'A-1');
    await home.ends(0, 'tenant', 'set', 'acme', '--agreement-ended', '2026-12-31');
    expect(await home.json(0, 'tenant', 'show', 'acme')).toMatchObject({
      name: 'Acme Ltd',
      locale: 'de',
      contacts: [{ email: 'ana@acme.example' }, { email: 'bo@acme.example' }],
      agreement: { reference: 'A-1', endedOn: '2026-12-31' },
    });
    await home.ends(2, 'tenant', 'set', 'acme', '--plan', 'gold');
    await home.ends(2, 'tenant', 'set', 'acme', '--agreement-ended', '2026-02-31');
    await home.ends(3, 'tenant', 'set', 'nobody', '--locale', 'de');
    await home.ends(3, 'tenant', 'show', 'nobody');
  });

  it('is not backed up while it is paused', async () => {
    const home = await simulatedHome((at) => at.folder('data'));
    await home.ends(0, 'tenant', 'pause', 'acme');
    expect(await home.json(0, 'run', 'backup')).toMatchObject({ outcome: 'nothing-to-do' });
    await home.ends(0, 'tenant', 'pause', 'acme', '--end');
    expect(await home.json(0, 'run', 'backup')).toMatchObject({ outcome: 'ok', items: [{ status: 'done' }] });
  });
});

describe('source', () => {
  it('must lie apart from the home and from every other source, in either direction, by its real path', async () => {
    const home = await simulatedHome((at) => at.folder('data', 'inside'));
    const link = join(home.folder('links'), 'to-data');
    symlinkSync(home.folder('data'), link);
    for (const [directory, message] of [
      [home.dir, 'overlaps'],
      [join(home.dir, 'plans'), 'overlaps'],
      [home.beside, 'overlaps'],
      [home.folder('data'), 'overlaps'],
      [home.folder('data', 'inside', 'deeper'), 'overlaps'],
      [join(link, 'inside'), 'overlaps'],
      [link, 'symbolic link'],
    ] as const) {
      const refused = await home.ends(2, 'source', 'add', 'acme', 'other', '--directory', directory);
      expect([directory, refused.stderr]).toEqual([directory, expect.stringContaining(message)]);
    }
    await home.ends(0, 'source', 'add', 'acme', 'other', '--directory', home.folder('apart'));
  });

  it('is refused where it cannot be protected', async () => {
    const home = await simulatedHome((at) => at.folder('data'));
    const other = home.folder('other');
    await home.ends(3, 'source', 'add', 'nobody', 'files', '--directory', other);
    await home.ends(4, 'source', 'add', 'acme', 'files', '--directory', other);
    await home.ends(3, 'source', 'add', 'acme', 'more', '--directory', join(other, 'none'));
    await home.ends(2, 'source', 'add', 'acme', 'Files!', '--directory', other);
    await home.ends(2, 'source', 'add', 'acme', 'more');
    await home.ends(2, 'source', 'add', 'acme', 'more', '--directory', other, '--s3', 's3://bucket/x');
    await home.ends(2, 'source', 'add', 'acme', 'more', '--s3', 's3://Not_A_Bucket/x');
    const { stderr } = await home.ends(
      2,
      'source',
      'add',
      'acme',
      'more',
      '--aws-backup',
      'arn:aws:rds:eu-west-1:1:db:x',
    );
    expect(stderr).toContain('AWS deployment');
  });

  it('can be removed and come back under its name', async () => {
    const home = await simulatedHome((at) => at.folder('data'));
    await home.ends(0, 'source', 'remove', 'acme', 'files');
    expect(await home.json(0, 'source', 'list', 'acme')).toMatchObject([{ name: 'files', status: 'removed' }]);
    expect(await home.json(0, 'run', 'backup')).toMatchObject({ outcome: 'nothing-to-do' });
    await home.ends(0, 'source', 'add', 'acme', 'files', '--directory', home.folder('data'));
    expect(await home.json(0, 'source', 'list')).toMatchObject([{ tenant: 'acme', name: 'files', status: 'active' }]);
    await home.ends(3, 'source', 'remove', 'acme', 'none');
    await home.ends(3, 'source', 'list', 'nobody');
  });
});
