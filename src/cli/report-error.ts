import { type ErrorCode, exitCodes, TenureError } from '../domain/errors.ts';
import { asLeaving } from '../domain/lost-race.ts';

/** An error as the command line tells it: what and why (`message`), what to do (`hint`). */
export interface ErrorReport {
  code: ErrorCode | 'internal';
  message: string;
  hint?: string;
  details: Record<string, unknown>;
  exitCode: number;
}

/** EX_SOFTWARE of sysexits.h: a fault of the program itself, which no exit code of the catalogue stands for. */
const internalExitCode = 70;

/** Turns whatever was thrown into a report. Faults of the operating system count as unavailable: a later try may succeed. */
export function errorReport(thrown: unknown): ErrorReport {
  const error = asLeaving(thrown);
  if (error instanceof TenureError) {
    const { code, message, hint, details } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }), details, exitCode: exitCodes[code] };
  }
  if (error instanceof Error && isSystemError(error)) {
    return {
      code: 'unavailable',
      message: error.message,
      hint: 'The operating system refused it. Mend the cause and try again.',
      details: { systemCode: error.code },
      exitCode: exitCodes.unavailable,
    };
  }
  return {
    code: 'internal',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    hint: 'This is a fault of Tenure itself. Please report it with the lines above.',
    details: {},
    exitCode: internalExitCode,
  };
}

/** The exit code that belongs to an error known by its name alone, as executions record it. */
export function exitCodeOfName(name: string): number | undefined {
  const code = codesByName[name];
  return code === undefined ? undefined : exitCodes[code];
}

const codesByName: Partial<Record<string, ErrorCode>> = {
  InvalidError: 'invalid',
  NotFoundError: 'not-found',
  ConflictError: 'conflict',
  BlockedError: 'blocked',
  CorruptError: 'corrupt',
  UnavailableError: 'unavailable',
};

function isSystemError(error: Error): error is Error & { code: string } {
  return 'syscall' in error && 'code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code);
}
