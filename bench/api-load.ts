import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import autocannon, { type Client as Connection } from 'autocannon';
import { columns } from '../src/cli/text.ts';
import { main, makeLoadHome } from './api/home.ts';
import { requestsOf } from './api/traffic.ts';

const usage = `npm run bench:api -- [--clients N] [--seconds N] [--rate N] [--tenants N] [--cases N] [--disk DIR]

Serves a home and lets clients ask it at once, each with its own key. Nothing is asserted: the figures are printed.
  --clients N   connections at a time (default 200)
  --seconds N   how long (default 60)
  --rate N      requests a second of one client; 0: the next as soon as the last is answered (default 2)
  --tenants N   each with a source and a copy (default 200)
  --cases N     (default 500)
  --disk DIR    work in a folder of a disk (default: /dev/shm, where there is one)`;

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '2' },
    tenants: { type: 'string', default: '200' },
    cases: { type: 'string', default: '500' },
    disk: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const [clients = 0, seconds = 0, rate = 0, tenants = 0, cases = 0] = (
  ['clients', 'seconds', 'rate', 'tenants', 'cases'] as const
).map((name) => Number(values[name]));
if (values.help || ![clients, seconds, rate, tenants, cases].every((each) => Number.isInteger(each) && each >= 0)) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}

const base = values.disk ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
const place = mkdtempSync(join(resolve(base), 'tenure-load-'));
try {
  await load();
} finally {
  rmSync(place, { recursive: true, force: true });
}

async function load(): Promise<void> {
  const callers = await makeLoadHome(place, { tenants, cases, clients });
  const [minute = 0] = loadavg();
  console.log(
    `${tenants} tenants and copies, ${cases} cases, ${clients} clients for ${seconds} s in ${base}; ${cpus().length} processors, load ${minute.toFixed(2)} before, Node ${process.version}`,
  );
  const served = await serve();
  let next = 0;
  const result = await autocannon({
    ...{ url: served.url, connections: clients, duration: seconds, timeout: 30 },
    ...(rate === 0 ? {} : { connectionRate: rate }),
    setupClient: (connection: Connection) => {
      const n = next++ % callers.length;
      const caller = callers[n];
      if (caller !== undefined) connection.setRequests(requestsOf(caller, n));
    },
  });
  await served.end();
  const { latency, requests, statusCodeStats = {}, errors, timeouts } = result;
  const statuses = Object.entries(statusCodeStats).map(([status, { count = 0 }]) => [
    `status ${status}`,
    String(count),
  ]);
  console.log(
    columns(
      ['OVER ALL', ''],
      [
        ['requests a second', requests.average.toFixed(0)],
        ['p50', `${latency.p50} ms`],
        ['p97.5', `${latency.p97_5} ms`],
        ['p99', `${latency.p99} ms`],
        ['longest', `${latency.max} ms`],
        ...statuses,
        ['errors', String(errors)],
        ['timeouts', String(timeouts)],
      ],
    ),
  );
  const routes = [...served.slow()]
    .slice(0, 12)
    .map(([route, { count, mean, most }]) => [route, ...[String(count), `${mean.toFixed(1)} ms`, `${most} ms`]]);
  console.log(`\n${columns(['ROUTE, AS THE SERVER TIMES IT', 'REQUESTS', 'MEAN', 'LONGEST'], routes)}`);
}

/** The server as a process of its own; its log tells how long each route took. */
async function serve() {
  const flags = process.env.TENURE_BENCH_NODE?.split(' ') ?? [];
  const args = [...flags, main, '--home', join(place, 'home'), 'serve', '--port', '0', '--no-schedule'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  const times = new Map<string, { count: number; total: number; most: number }>();
  const url = await new Promise<string>((found, failed) => {
    void ended.then(() => failed(new Error('serve ended before it listened')));
    createInterface({ input: child.stderr }).on('line', (line) => {
      const [, at] = /listens on (http:\S+);/.exec(line) ?? [];
      if (at !== undefined) found(at);
      if (!line.startsWith('{"method"')) return;
      const { method, route, ms } = JSON.parse(line) as { method: string; route: string; ms: number };
      const key = `${method} ${route}`;
      const known = times.get(key) ?? { count: 0, total: 0, most: 0 };
      times.set(key, { count: known.count + 1, total: known.total + ms, most: Math.max(known.most, ms) });
    });
  });
  return {
    url,
    slow: () =>
      [...times]
        .map(([route, { count, total, most }]) => [route, { count, mean: total / count, most }] as const)
        .sort(([, a], [, b]) => b.mean * b.count - a.mean * a.count),
    end: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
