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
  /** What they carried, by operation. */
  loads(): Map<string, Load>;
  /** Faults so far, by kind. */
  faults(): Map<FaultKind, number>;
  /** Requests that were carried out and of which the caller got no good answer, by operation. */
  lostReplies(): Map<string, number>;
  /** Sets how much is disturbed from now on: 0 to 1. */
  disturb(rate: number): void;
  close(): Promise<void>;
}

/** What the requests of one operation carried, in the units in which DynamoDB counts: begun KB written, begun 4 KB read. */
export interface Load {
  writtenKb: number;
  read4Kb: number;
  /** The largest body, either way, in bytes. */
  largest: number;
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
  const loads = new Map<string, Load>();
  const faults = new Map<FaultKind, number>();
  const lost = new Map<string, number>();
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
    note(operation, Number(incoming.headers['content-length'] ?? 0), Number(answer.headers['content-length'] ?? 0));
    if (fault === 'lost-reply' || fault === 'failed-reply') {
      for await (const _ of answer);
      lost.set(operation, (lost.get(operation) ?? 0) + 1);
      if (fault === 'lost-reply') incoming.socket.destroy();
      else faultAnswer('failed', operation, outgoing);
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.on('error', () => outgoing.destroy());
    answer.pipe(outgoing);
  }

  function note(operation: string, sent: number, received: number): void {
    const load = loads.get(operation) ?? { writtenKb: 0, read4Kb: 0, largest: 0 };
    loads.set(operation, {
      writtenKb: load.writtenKb + Math.max(1, Math.ceil(sent / 1024)),
      read4Kb: load.read4Kb + Math.max(1, Math.ceil(received / 4096)),
      largest: Math.max(load.largest, sent, received),
    });
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
    loads: () => new Map(loads),
    faults: () => new Map(faults),
    lostReplies: () => new Map(lost),
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
