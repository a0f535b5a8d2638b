import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import type { CommandResult, Deps } from '../../deps.ts';
import { InvalidError, UnavailableError } from '../../domain/errors.ts';
import { awsFault, translated } from './aws-faults.ts';

/**
 * Name, name with version or alias, or ARN with or without them. The beginning keeps functions of a deployment, one of which
 * destroys keys, from being named as a command.
 */
const hook =
  /^(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?tenure-hook-[A-Za-z0-9_-]{1,52}(?::[A-Za-z0-9$_-]{1,128})?$/;

/** A Lambda ends after 15 minutes at the latest (Lambda quotas), so nobody needs to wait longer for one. */
const longestMs = 15 * 60_000;

const tailLength = 8 * 1024;

const answer = z.object({ ok: z.boolean(), output: z.string().exactOptional() });

/** What the commands of a deployment are run with. */
export interface LambdaCommandOptions {
  client: LambdaClient;
  /** Milliseconds that the caller still has; a command that takes longer counts as failed. Default: 15 minutes. */
  timeLeft?: () => number;
}

/**
 * Runs a command of the customer's on AWS: it is a Lambda function whose name begins with `tenure-hook-`, invoked synchronously
 * with `{ "env": { … }, "cwd": "…" }`, which answers `{ "ok": true }` or `{ "ok": false, "output": "why" }`. A validator finds
 * what was restored under `env.TENURE_RESTORED`, as `s3://bucket/prefix`.
 *
 * What the function does wrong is a result and not thrown, with exit codes as a shell has them: 1 it said no or failed, 124 it
 * took too long, 126 it may not be invoked, 127 there is none. It may be invoked twice where an answer is lost.
 *
 * @throws InvalidError for a command that is no such name; UnavailableError where Lambda does not answer
 */
export function lambdaCommand({ client, timeLeft = () => longestMs }: LambdaCommandOptions): Deps['runCommand'] {
  return async (command, options) => {
    const FunctionName = command.trim();
    if (!hook.test(FunctionName)) {
      throw new InvalidError(`on AWS a command is a Lambda function, and "${FunctionName.slice(0, 200)}" names none`, {
        hint: 'Give its name or ARN; the name begins with tenure-hook-, for instance tenure-hook-dump-orders.',
      });
    }
    const Payload = JSON.stringify({
      env: options.env ?? {},
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const waitMs = Math.max(0, Math.min(longestMs, timeLeft()));
    const abort = AbortSignal.timeout(waitMs);
    try {
      const invoke = new InvokeCommand({ FunctionName, InvocationType: 'RequestResponse', Payload });
      return resultOf(await client.send(invoke, { abortSignal: abort, requestTimeout: waitMs }));
    } catch (error) {
      if (abort.aborted) return failed(124, `it took longer than the ${Math.round(waitMs / 1000)} s that were left`);
      const { name, message } = awsFault(error);
      if (name === 'ResourceNotFoundException') return failed(127, message);
      if (name === 'AccessDeniedException') return failed(126, message);
      throw faultOf(error, `the function ${FunctionName} could not be invoked`);
    }
  };
}

function resultOf({ FunctionError, Payload }: InvokeCommandOutput): CommandResult {
  const text = Buffer.from(Payload ?? []).toString('utf8');
  const value = parsed(text);
  if (FunctionError !== undefined) {
    const { errorType = FunctionError, errorMessage = text } = (value ?? {}) as Record<string, string | undefined>;
    return failed(/timed out after/i.test(errorMessage) ? 124 : 1, `${errorType}: ${errorMessage}`);
  }
  const said = answer.safeParse(value);
  if (!said.success) {
    return failed(
      1,
      `it must answer {"ok": true} or {"ok": false, "output": "why"}, and answered ${text.slice(0, 500) || 'nothing'}`,
    );
  }
  const { ok, output = '' } = said.data;
  return { ok, exitCode: ok ? 0 : 1, output: tailOf(output) };
}

const failed = (exitCode: number, output: string): CommandResult => ({ ok: false, exitCode, output: tailOf(output) });

const tailOf = (text: string): string => text.slice(-tailLength).trimEnd();

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Throttled, or new: `CodeArtifactUserPending`, `ResourceConflict` while it is being deployed. */
function faultOf(error: unknown, what: string) {
  const { name, message } = awsFault(error);
  if (/^(?:ResourceConflict|ResourceNotReady|CodeArtifact|TooManyRequests)/.test(name)) {
    return new UnavailableError(`${what}: ${message}`, { cause: error, details: { fault: name } });
  }
  return translated(error, what);
}
