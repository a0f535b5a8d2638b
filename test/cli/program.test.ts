import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { ProgressLine } from '../../src/cli/progress.ts';
import { errorReport } from '../../src/cli/report-error.ts';
import { BlockedError, ConflictError, CorruptError, InvalidError, UnavailableError } from '../../src/domain/errors.ts';
import { TestHome, tempFolder, tenure } from './tenure.ts';

describe('the program', () => {
  it('lists every command in its help', async () => {
    const { code, stdout } = await tenure(['--help']);
    expect(code).toBe(0);
    for (const { name } of commands) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  });

  it('shows the help of a command, also through the command help', async () => {
    const asked = await tenure(['tenant', 'add', '--help']);
    expect(asked).toMatchObject({ code: 0, stdout: expect.stringContaining('--timezone') });
    expect((await tenure(['help', 'tenant', 'add'])).stdout).toBe(asked.stdout);
  });

  it('prints its version', async () => {
    expect(await tenure(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it.each([
    ['an unknown command', ['frobnicate']],
    ['an unknown option', ['tenant', 'list', '--frobnicate']],
    ['an unknown subcommand', ['tenant', 'frobnicate']],
    ['a command without its subcommand', ['tenant']],
    ['no command', []],
    ['a missing argument', ['tenant', 'show']],
    ['an argument too many', ['tenant', 'list', 'acme', 'more']],
    ['a missing option', ['tenant', 'add', 'acme']],
    ['no home', ['tenant', 'list']],
  ])('ends with 2 for %s', async (_what, args) => {
    const { code, stderr } = await tenure(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^tenure: \S/m);
  });

  it('ends with 3 where there is no home', async () => {
    const { code, stderr } = await tenure(['--home', tempFolder(), 'tenant', 'list']);
    expect(code).toBe(3);
    expect(stderr).toContain('init');
  });

  it('tells an error with --json as one document on stdout, and to people on stderr', async () => {
    for (const args of [
      ['--json', 'tenant', 'list', '--frob'],
      ['tenant', 'list', '--json'],
    ]) {
      const { stdout, stderr } = await tenure(args);
      expect(JSON.parse(stdout)).toEqual({
        error: { code: 'invalid', message: expect.any(String), hint: expect.any(String), details: {} },
      });
      expect(stderr).toMatch(/^tenure: .+\n {2}\S/);
    }
  });

  it('takes global options before and after the command, and from the environment', async () => {
    const home = new TestHome();
    await home.ends(0, 'init');
    expect((await tenure(['tenant', 'list', '--json', '--home', home.dir])).stdout).toBe('[]\n');
    expect((await tenure(['--json', 'tenant', 'list'], { env: { TENURE_HOME: home.dir } })).stdout).toBe('[]\n');
  });

  it('says nothing with --quiet when a change went well, and answers questions all the same', async () => {
    const home = new TestHome();
    expect(await home.ends(0, 'init', '--quiet')).toMatchObject({ stderr: '' });
    const added = await home.ends(0, 'tenant', 'add', 'acme', '--name', 'Acme', '--email', 'a@b.example', '--quiet');
    expect(added).toMatchObject({ stdout: '', stderr: '' });
    expect((await home.ends(0, 'tenant', 'list', '--quiet')).stdout).toContain('acme');
  });

  it('ends quietly when its reader leaves', () => {
    const shell = `"${process.execPath}" "${TestHome.program}/tenure.js" --help | head -1; echo "\${PIPESTATUS[0]}"`;
    const printed = execFileSync('/bin/bash', ['-c', shell], { encoding: 'utf8' });
    expect(printed.trimEnd().split('\n').at(-1)).toBe('0');
  });
});

describe('errors', () => {
  it.each([
    [new InvalidError('x'), 2],
    [new BlockedError('x'), 5],
    [new CorruptError('x'), 6],
    [new UnavailableError('x'), 75],
    [new ConflictError('refused'), 4],
    [new ConflictError('rows changed meanwhile', { details: { failed: [0] } }), 75],
    [Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' }), 75],
    [new TypeError('undefined is not a function'), 70],
    ['a string', 70],
  ])('%s ends with %d', (error, exitCode) => {
    expect(errorReport(error).exitCode).toBe(exitCode);
  });
});

describe('progress', () => {
  const shownOn = (isTTY: boolean, quiet = false) => {
    let now = 0;
    const written: string[] = [];
    const line = new ProgressLine(
      { isTTY, columns: 40, write: (text) => written.push(text) },
      () => quiet,
      () => now,
    );
    for (; now < 12_000; now += 50)
      line.report({ what: 'backing up acme/files', objects: now, bytes: now * 1024, of: 20_000 });
    line.clear();
    return written;
  };

  it('rewrites one line on a terminal and clears it at the end', () => {
    const written = shownOn(true);
    expect(written.length).toBeGreaterThan(100);
    for (const text of written)
      expect(text).toSatisfy((line: string) => line.startsWith('\r\x1b[K') && !line.includes('\n') && line.length < 44);
    expect(written.at(-1)).toBe('\r\x1b[K');
  });

  it('writes a plain line now and then elsewhere', () => {
    expect(shownOn(false)).toEqual([
      'backing up acme/files: 5,000 of 20,000 objects, 4.9 MiB\n',
      'backing up acme/files: 10,000 of 20,000 objects, 9.8 MiB\n',
    ]);
  });

  it('is silent with --quiet', () => {
    expect(shownOn(true, true)).toEqual([]);
  });
});
