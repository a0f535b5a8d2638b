import { ReadableStream } from 'node:stream/web';
import type { Context } from 'hono';
import type { ApiEnv } from './api.ts';

/** An answer that broke off while it was sent. It is logged by what sends it. */
export class AnswerBroken extends Error {
  override readonly name = 'AnswerBroken';

  constructor(requestId: string, cause: unknown) {
    const { name, code } = cause instanceof Error ? (cause as Error & { code?: unknown }) : { name: typeof cause };
    super(`the answer to ${requestId} broke off: ${name}${code === undefined ? '' : ` (${String(code)})`}`);
    this.stack = `${this.name}: ${this.message}`;
  }
}

/**
 * The body of an answer that is sent as its content is read. What goes wrong then breaks the answer off, and tells nothing but class
 * and code of the fault: its message and stack, which end in the log, may name customers' files.
 */
export function streamed(c: Context<ApiEnv>, content: AsyncIterable<Buffer>): globalThis.ReadableStream {
  const pieces = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* content;
    } catch (error) {
      throw new AnswerBroken(c.get('requestId'), error);
    }
  };
  return ReadableStream.from(pieces()) as globalThis.ReadableStream;
}
