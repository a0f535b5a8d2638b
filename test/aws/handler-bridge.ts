import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Json } from '../../src/ports/table.ts';

/** Largest payload that Step Functions takes from a task or hands to one (quota "Maximum input or output size"). */
export const maxPayloadBytes = 256 * 1024;

/** Handlers of this process, callable over HTTP by an emulator that has no Node of its own. */
export interface HandlerBridge {
  /** What stands for the function's ARN in a definition. */
  functionName(name: string): string;
  /** Largest payload that went in or came out, in bytes. */
  largestPayload(): number;
  close(): Promise<void>;
}

/** Serves handlers on loopback as `launch.py` calls them: the payload in, `{ok}` or `{error}` out, as Lambda words them. */
export async function handlerBridge(handler: (name: string, event: Json) => Promise<Json>): Promise<HandlerBridge> {
  let largest = 0;
  const measured = (json: string) => {
    largest = Math.max(largest, Buffer.byteLength(json));
    return json;
  };
  const answerTo = async (name: string, event: string): Promise<string> => {
    try {
      const result = (await handler(name, JSON.parse(measured(event)) as Json)) ?? null;
      measured(JSON.stringify(result));
      return JSON.stringify({ ok: result });
    } catch (error) {
      const { name: errorType, message: errorMessage } = error as Error;
      return JSON.stringify({ error: { errorType, errorMessage } });
    }
  };
  const server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1);
    text(request)
      .then((event) => answerTo(name, event))
      .then(
        (answer) => response.end(answer),
        () => response.destroy(),
      );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    functionName: (name) => `bridge-${port}-${name}`,
    largestPayload: () => largest,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
