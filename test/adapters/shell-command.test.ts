import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../src/adapters/embedded/shell-command.ts';

describe('runCommand', () => {
  it('runs in the shell and tells exit code and output of both channels', async () => {
    expect(await runCommand('echo one && echo two >&2 | cat; exit 3')).toEqual({
      ok: false,
      exitCode: 3,
      output: expect.stringContaining('one'),
    });
    expect(await runCommand('echo problem >&2')).toEqual({ ok: true, exitCode: 0, output: 'problem' });
  });

  it('hands over its own variables, and none of the settings of Tenure', async () => {
    vi.stubEnv('TENURE_PASSPHRASE', 'secret');
    const { output } = await runCommand('echo "[$TENURE_PASSPHRASE$TENURE_SOURCE]"; pwd', {
      env: { TENURE_SOURCE: 'db' },
      cwd: tmpdir(),
    });
    vi.unstubAllEnvs();
    expect(output).toBe(`[db]\n${realpathSync(tmpdir())}`);
  });

  it('keeps the end of a long output', async () => {
    const { output } = await runCommand('seq 1 100000');
    expect(output.length).toBeLessThanOrEqual(8192);
    expect(output.endsWith('99999\n100000')).toBe(true);
  });

  it('ends a command that takes too long, with everything that it started', async () => {
    const before = Date.now();
    const { ok, exitCode, output } = await runCommand('sleep 60 & echo $!; sleep 60', { timeoutMs: 200 });
    expect({ ok, exitCode }).toEqual({ ok: false, exitCode: 124 });
    expect(Date.now() - before).toBeLessThan(10_000);
    await vi.waitFor(() => expect(() => process.kill(Number.parseInt(output, 10), 0)).toThrow(/ESRCH/), {
      timeout: 5000,
    });
  });

  it('does not wait for what it leaves in the background', async () => {
    const before = Date.now();
    expect(await runCommand('sleep 5 & echo done')).toEqual({ ok: true, exitCode: 0, output: 'done' });
    expect(Date.now() - before).toBeLessThan(4000);
  });

  it('tells of a signal and of a folder that is not there', async () => {
    expect(await runCommand('kill -9 $$')).toMatchObject({ ok: false, exitCode: 137 });
    expect(await runCommand('true', { cwd: '/no/such/folder' })).toMatchObject({ ok: false, exitCode: 127 });
  });
});
