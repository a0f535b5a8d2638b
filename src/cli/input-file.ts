import { readFileSync, writeFileSync } from 'node:fs';
import { InvalidError, NotFoundError, UnavailableError } from '../domain/errors.ts';

/** Reads a file that the command line names; `-` is stdin. @throws NotFoundError, InvalidError, UnavailableError */
export function readInputFile(path: string): Buffer {
  try {
    return readFileSync(path === '-' ? 0 : path);
  } catch (cause) {
    throw fileFault(path, 'read', cause);
  }
}

/** Writes a file that the command line names, in place of what was there. @throws NotFoundError, InvalidError, UnavailableError */
export function writeOutputFile(path: string, content: Buffer): void {
  try {
    writeFileSync(path, content, { flush: true });
  } catch (cause) {
    throw fileFault(path, 'written', cause);
  }
}

/** A fault of the file system about a file that the command line names, as one of ours. */
export function fileFault(path: string, what: 'read' | 'written', cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') {
    const missing = what === 'read' ? `there is no file ${path}` : `there is no folder for ${path}`;
    return new NotFoundError(missing, { hint: 'Correct the name.', cause });
  }
  if (code === 'EISDIR' || code === 'ENOTDIR')
    return new InvalidError(`${path} is no file`, { hint: 'Name a file.', cause });
  return new UnavailableError(`${path} cannot be ${what}: ${code ?? String(cause)}`, {
    hint: 'Look at its permissions and its disk.',
    cause,
  });
}
