import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import { getSystemErrorName } from 'node:util';

/**
 * Calls of the C library that Node does not offer. Paths are NUL-terminated bytes; the numbers are Linux's on 64-bit
 * little-endian machines (uapi/linux/stat.h, fcntl.h), elsewhere `libc()` answers undefined.
 */
export interface Libc {
  /** statx(2) into `out` (256 bytes). Throws a system error. */
  statx(fd: number, path: Buffer, flags: number, out: Buffer): void;
  /** llistxattr(2): length of the NUL-separated names; -1 where the file system has none or refuses. */
  llistxattr(path: Buffer, out: Buffer | null, size: number): number;
  /** utimensat(2) with two timespecs of 16 bytes each. Throws a system error. */
  utimensat(fd: number, path: Buffer, times: Buffer, flags: number): void;
  /** futimens(3). Throws a system error. */
  futimens(fd: number, times: Buffer): void;
  /** syncfs(2): all of the file system that holds `fd` is durable afterwards. Throws a system error. */
  syncfs(fd: number): void;
  /** posix_fadvise(POSIX_FADV_DONTNEED) over the whole file; false where it is refused. */
  dropPageCache(fd: number): boolean;
}

/** Flags of the *at calls (uapi/linux/fcntl.h). */
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_NO_AUTOMOUNT = 0x800;
export const AT_EMPTY_PATH = 0x1000;
/** STATX_BASIC_STATS (uapi/linux/stat.h). */
const STATX_BASIC_STATS = 0x7ff;
const POSIX_FADV_DONTNEED = 4;

type Koffi = typeof import('koffi');

let loaded: { libc: Libc | undefined } | undefined;

/**
 * The C library through koffi, loaded at first use (8 ms), or undefined where it cannot be: callers fall back to what
 * Node offers and say so. `TENURE_NO_NATIVE=1` switches it off.
 */
export function libc(): Libc | undefined {
  loaded ??= { libc: load() };
  return loaded.libc;
}

function load(): Libc | undefined {
  const fits = process.platform === 'linux' && ['x64', 'arm64', 'riscv64', 'loong64'].includes(process.arch);
  if (!fits || endianness() !== 'LE' || process.env.TENURE_NO_NATIVE === '1') return undefined;
  try {
    return bind(createRequire(import.meta.url)('koffi') as Koffi);
  } catch {
    return undefined;
  }
}

function bind(koffi: Koffi): Libc {
  const lib = koffi.load(null);
  const statx = lib.func('int statx(int fd, const void *path, int flags, unsigned int mask, void *out)');
  const llistxattr = lib.func('int64_t llistxattr(const void *path, void *list, size_t size)');
  const utimensat = lib.func('int utimensat(int fd, const void *path, const void *times, int flags)');
  const futimens = lib.func('int futimens(int fd, const void *times)');
  const syncfs = lib.func('int syncfs(int fd)');
  const fadvise = lib.func('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)');
  const must = (call: string, result: number): void => {
    if (result < 0) throw systemError(koffi.errno(), call);
  };
  return {
    statx: (fd, path, flags, out) => must('statx', statx(fd, path, flags, STATX_BASIC_STATS, out)),
    llistxattr: (path, out, size) => Number(llistxattr(path, out, size)),
    utimensat: (fd, path, times, flags) => must('utimensat', utimensat(fd, path, times, flags)),
    futimens: (fd, times) => must('futimens', futimens(fd, times)),
    syncfs: (fd) => must('syncfs', syncfs(fd)),
    dropPageCache: (fd) => fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) === 0,
  };
}

function systemError(errno: number, syscall: string): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${code}: ${syscall}`), { code, errno: -errno, syscall });
}

/** The code (`ENOENT`) of an error of the operating system, else undefined. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
