import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import autocannon, { type Client as Connection, type Result } from 'autocannon';
import { columns } from '../src/cli/text.ts';
import { type Client as Caller, main, makeLoadHome } from './api/home.ts';
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
  const before = served.processorSeconds();
  const { times, statuses, errors } = await ask(served.url, callers);
  const busy = served.processorSeconds() - before;
  await served.end();
  times.sort((a, b) => a - b);
  const at = (share: number): string => `${(times[Math.floor(times.length * share)] ?? 0).toFixed(0)} ms`;
  const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, n]) => [`status ${status}`, String(n)]);
  console.log(
    columns(
      ['OVER ALL', ''],
      [
        ['requests a second', (times.length / seconds).toFixed(0)],
        ...[0.5, 0.95, 0.99].map((share) => [`p${share * 100}`, at(share)]),
        ['longest', at(1 - 1 / times.length)],
        ...counts,
        ['errors and timeouts', String(errors)],
        [
          'processor time of the server',
          `${busy.toFixed(1)} s, ${((busy / times.length) * 1000).toFixed(2)} ms a request`,
        ],
      ],
    ),
  );
  const routes = [...served.slow()]
    .slice(0, 12)
    .map(([route, { count, mean, most }]) => [route, ...[String(count), `${mean.toFixed(1)} ms`, `${most} ms`]]);
  console.log(`\n${columns(['ROUTE, AS THE SERVER TIMES IT', 'REQUESTS', 'MEAN', 'LONGEST'], routes)}`);
}

/**
 * The load generator lets all its connections begin at once, and again at every full second where there is a rate. People and
 * machines do not: the clients come in groups, one after the other within the second.
 */
async function ask(url: string, callers: readonly Caller[]) {
  const times: number[] = [];
  const statuses = new Map<number, number>();
  let errors = 0;
  let next = 0;
  const group = async (connections: number, afterMs: number): Promise<void> => {
    await setTimeout(afterMs);
    const ended = Promise.withResolvers<Result>();
    const options = {
      ...{ url, connections, duration: seconds, timeout: 30 },
      ...(rate === 0 ? {} : { connectionRate: rate }),
      setupClient: (connection: Connection) => {
        const n = next++ % callers.length;
        const caller = callers[n];
        if (caller !== undefined) connection.setRequests(requestsOf(caller, n));
      },
    };
    const run = autocannon(options, (error, result) => (error ? ended.reject(error) : ended.resolve(result)));
    run.on('response', (_connection, status, _bytes, ms) => {
      times.push(ms);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    const result = await ended.promise;
    errors += result.errors + result.timeouts;
  };
  const groups = Math.min(clients, 40);
  const sizes = Array.from({ length: groups }, (_, n) => Math.floor((clients + n) / groups));
  await Promise.all(sizes.map(async (size, n) => await group(size, (n * 1000) / groups)));
  return { times, statuses, errors };
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
    /** Where the system tells; other programs beside it make answers slower, and this not. */
    processorSeconds: () => {
      if (!existsSync(`/proc/${child.pid}/stat`)) return Number.NaN;
      // proc(5): utime and stime are the 14th and 15th field, in hundredths; the name before them may hold blanks.
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
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
