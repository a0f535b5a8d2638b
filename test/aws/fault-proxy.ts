import { hash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { operationOf } from './aws-operation.ts';
import { faultAnswer } from './fault-answers.ts';

/** What can happen to a request on its way. `lost-reply` and `failed-reply`: it was carried out, and the caller does not know. */
export const faultKinds = ['throttled', 'failed', 'dropped', 'lost-reply', 'failed-reply'] as const;

export type FaultKind = (typeof faultKinds)[number];

/** A proxy on loopback between callers and an emulator, that counts what passes and disturbs a share of it. */
export interface FaultProxy {
  url: string;
  /** Requests that were carried out, by operation: `S3.PutObject`. */
  counts(): Map<string, number>;
  /** Faults so far, by kind. */
  faults(): Map<FaultKind, number>;
  /** Sets how much is disturbed from now on: 0 to 1. */
  disturb(rate: number): void;
  close(): Promise<void>;
}

/** What the proxy is told. */
export interface FaultProxyOptions {
  /** Endpoint of the emulator. */
  target: string;
  /** Share of the requests that meet a fault, 0 to 1. Default: none. */
  rate?: number;
  /** The n-th request meets the same fate with the same seed. */
  seed?: string;
  /** Where to listen. Default: any port that is free. */
  port?: number;
}

/** Starts a {@link FaultProxy}. */
export async function faultProxy({ target, rate = 0, seed = '', port = 0 }: FaultProxyOptions): Promise<FaultProxy> {
  const upstream = new URL(target);
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const counts = new Map<string, number>();
  const faults = new Map<FaultKind, number>();
  let share = rate;
  let nth = 0;

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const fault = fateOf(`${seed}/${nth++}`, share);
    const { operation, body } = await operationOf(incoming);
    if (fault !== undefined) faults.set(fault, (faults.get(fault) ?? 0) + 1);
    if (fault === 'throttled' || fault === 'failed' || fault === 'dropped') {
      // The whole request is taken in first: one that is answered while it is still sent breaks in other ways.
      if (body === undefined) for await (const _ of incoming);
      if (fault === 'dropped') incoming.socket.destroy();
      else faultAnswer(fault, operation, outgoing);
      return;
    }
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
    const answer = await forward(incoming, body);
    if (fault === 'lost-reply' || fault === 'failed-reply') {
      for await (const _ of answer);
      if (fault === 'lost-reply') incoming.socket.destroy();
      else faultAnswer('failed', operation, outgoing);
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.on('error', () => outgoing.destroy());
    answer.pipe(outgoing);
  }

  async function forward(incoming: IncomingMessage, body: Buffer | undefined): Promise<IncomingMessage> {
    const headers = { ...incoming.headers, host: upstream.host };
    // The proxy has already said "continue".
    delete headers.expect;
    const sent = request({
      agent,
      hostname: upstream.hostname,
      port: upstream.port,
      method: incoming.method,
      path: incoming.url,
      headers,
    });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    if (body === undefined) incoming.pipe(sent);
    else sent.end(body);
    return (await answered)[0];
  }

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  // Keeps connections longer than the SDK does, so that no fault happens that was not asked for.
  server.keepAliveTimeout = 120_000;
  server.requestTimeout = 0;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: () => new Map(counts),
    faults: () => new Map(faults),
    disturb(next) {
      share = next;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await once(server, 'close');
    },
  };
}

/** The fault that the request with this name meets, if any: as likely as `rate` says, each kind as likely as the others. */
export function fateOf(name: string, rate: number): FaultKind | undefined {
  const [draw = 1, kind = 0] = new Uint32Array(hash('sha256', name, 'buffer').buffer.slice(0, 8));
  return draw / 2 ** 32 < rate ? faultKinds[kind % faultKinds.length] : undefined;
}
