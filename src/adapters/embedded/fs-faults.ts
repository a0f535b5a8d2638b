import { CorruptError, InvalidError, TenureError, UnavailableError } from '../../domain/errors.ts';

/** The code of a foreign error (`ENOENT`), where it has one. */
export function faultCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Media or file system are damaged: the bytes will not come back by waiting. */
const damaged = new Set(['EIO', 'EUCLEAN', 'ELOOP', 'EBADMSG']);

const hints: Record<string, string> = {
  ENOSPC: 'The disk is full: make room, then try again.',
  EDQUOT: 'The disk quota is used up: make room, then try again.',
  EROFS: 'The file system is mounted read-only: mount it for writing, then try again.',
  EACCES: 'Check who owns the folder and its permissions.',
  EPERM: 'Check who owns the folder, and that its file system knows hard links.',
  ENOTSUP: 'The file system must know hard links (ext4, xfs, btrfs, zfs, NFS do).',
  EOPNOTSUPP: 'The file system must know hard links (ext4, xfs, btrfs, zfs, NFS do).',
  EMFILE: 'Too many files are open: raise the limit (ulimit -n), then try again.',
};

/**
 * Gives a foreign file-system error one of our names. Our own errors pass.
 *
 * @param what what was being done, for the message: "cannot read object v1/…"
 */
export function translateFault(error: unknown, what: string): TenureError {
  if (error instanceof TenureError) return error;
  const code = faultCode(error) ?? (error instanceof Error ? error.message : String(error));
  const detail = { cause: error, ...(hints[code] !== undefined && { hint: hints[code] }) };
  if (damaged.has(code)) return new CorruptError(`${what}: ${code}`, detail);
  if (code === 'ENAMETOOLONG') return new InvalidError(`${what}: the path is too long`, detail);
  return new UnavailableError(`${what}: ${code}`, detail);
}
