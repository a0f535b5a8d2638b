import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { simulatedHome, type TestHome } from './tenure.ts';

function file(home: TestHome, text: string): string {
  const path = join(home.beside, 'tenants.yml');
  writeFileSync(path, text);
  return path;
}

const good = `tenants:
  - id: acme
    name: Acme AG
    contacts: [{ name: Ana, email: ana@acme.example }]
    sources:
      - { name: files, directory: data }
      - { name: more, directory: more, prepare: "true" }
  - id: beta
    name: Beta
    contacts: [{ name: Bo, email: bo@beta.example }]
    locale: de
    plan: unattended
    paused: true
`;

describe('apply', () => {
  it('makes tenants and sources what the file says, and changes nothing the second time', async () => {
    const home = await simulatedHome((at) => at.folder('data'));
    home.folder('more');
    const path = file(home, good);
    const changes = [
      { what: 'tenant', id: 'acme', change: 'change', fields: ['name', 'contacts'] },
      { what: 'source', id: 'acme/files', change: 'none', fields: [] },
      { what: 'source', id: 'acme/more', change: 'add', fields: ['tenant', 'name', 'kind', 'location', 'prepare'] },
      { what: 'tenant', id: 'beta', change: 'add', fields: expect.any(Array) },
    ];
    expect(await home.json(0, 'apply', '-f', path, '--dry-run')).toEqual({ dryRun: true, changes });
    expect(await home.json(0, 'tenant', 'list')).toHaveLength(1);
    expect(await home.json(0, 'apply', '-f', path)).toEqual({ dryRun: false, changes });
    expect(await home.json(0, 'tenant', 'show', 'beta')).toMatchObject({
      locale: 'de',
      plan: 'unattended',
      paused: true,
    });
    expect(await home.json(0, 'source', 'list')).toMatchObject([
      { name: 'files' },
      { name: 'more', location: join(home.beside, 'more') },
    ]);
    const again = await home.json<{ changes: { change: string }[] }>(0, 'apply', '-f', path);
    expect(again.changes.map(({ change }) => change)).toEqual(['none', 'none', 'none', 'none']);
  });

  it('changes nothing when anything is wrong, and names the line of each problem', async () => {
    const home = await simulatedHome((at) => at.folder('data'));
    home.folder('new', 'inside');
    const path = file(
      home,
      `tenants:
  - id: acme
    name: Acme AG
    contacts: [{ name: Ana, email: ana@acme.example }]
    plan: gold
    sources:
      - { name: a, directory: new }
      - { name: b, directory: new/inside }
      - { name: c, directory: home/plans }
      - name: d
        s3: s3://Bucket/prefix
      - { name: e, directory: nowhere }
`,
    );
    const { stderr } = await home.ends(2, 'apply', '-f', path);
    for (const line of [':5: tenants.0.plan:', ':7: ', ':8: ', ':9: ', ':11: tenants.0.sources.3.s3', ':12: ']) {
      expect(stderr).toContain(`${path}${line}`);
    }
    expect(await home.json(0, 'tenant', 'show', 'acme')).toMatchObject({ name: 'Acme Ltd' });
  });

  it.each([
    ['a misspelt field', 'tenants:\n  - id: x\n    nmae: X\n', ':3: tenants.0.nmae: unknown field'],
    [
      'a name that comes twice',
      `${good}  - id: acme\n    name: A\n    contacts: [{ name: A, email: a@a.example }]\n`,
      ':14: tenants.2.id: "acme" stands there twice',
    ],
    ['an address that is none', good.replace('ana@acme.example', 'ana'), ':4: tenants.0.contacts.0.email'],
    [
      'a source of two places',
      good.replace('directory: data', 'directory: data, s3: s3://b/c'),
      ':6: tenants.0.sources.0',
    ],
    ['text that is no YAML', 'tenants: [', ':1: '],
  ])('refuses %s', async (_what, text, message) => {
    const home = await simulatedHome();
    expect((await home.ends(2, 'apply', '-f', file(home, text))).stderr).toContain(message);
  });

  it('ends with 2 for a file that is not there', async () => {
    const home = await simulatedHome();
    await home.ends(2, 'apply', '-f', join(home.beside, 'none.yml'));
  });
});
