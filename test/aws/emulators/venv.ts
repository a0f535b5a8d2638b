import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const folder = join(root, '.venv');
const pinsFile = join(folder, 'pins');
const requirements = join(import.meta.dirname, 'requirements.txt');
const constraints = join(import.meta.dirname, 'constraints.txt');

/** Lowest Python that the pinned packages run on. */
const lowest = [3, 11] as const;

/** A program of the virtual environment: `python`, `cfn-lint`. */
export function venvProgram(name: string): string {
  return join(folder, 'bin', name);
}

/**
 * Makes `.venv/` with the pinned emulators, or leaves it as it is when it was made from the same pins by the same Python.
 * A half-made one (no `pins` file) is made anew.
 *
 * @throws Error that says what to install where Python, venv or pip is missing
 */
export function makeVenv(say: (line: string) => void): void {
  const python = pythonVersion();
  const pins = createHash('sha256')
    .update(readFileSync(requirements))
    .update(readFileSync(constraints))
    .update(python)
    .digest('hex');
  if (existsSync(pinsFile) && readFileSync(pinsFile, 'utf8') === pins) return;
  say(`making .venv/ with ${python} (once, until the pins change)`);
  rmSync(folder, { recursive: true, force: true });
  run(
    'python3',
    ['-m', 'venv', folder],
    'python3 -m venv fails: install venv and pip (Debian, Ubuntu: apt install python3-venv)',
  );
  run(
    venvProgram('python'),
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements, '-c', constraints],
    `pip could not install ${requirements}: it needs a package index (or a wheel folder named in PIP_FIND_LINKS)`,
  );
  writeFileSync(pinsFile, pins);
}

function pythonVersion(): string {
  const found = spawnSync('python3', ['--version'], { encoding: 'utf8' });
  const version = /^Python (\d+)\.(\d+)\.\S+/.exec(found.stdout ?? '');
  if (found.error !== undefined || version === null) {
    throw new Error('python3 is not on the PATH: install it (Debian, Ubuntu: apt install python3 python3-venv)');
  }
  const [text, major, minor] = version;
  if (Number(major) !== lowest[0] || Number(minor) < lowest[1]) {
    throw new Error(`${text} is too old for the emulators: install Python ${lowest.join('.')} or later`);
  }
  return text;
}

function run(program: string, args: string[], advice: string): void {
  try {
    execFileSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  } catch (error) {
    throw new Error(advice, { cause: error });
  }
}
