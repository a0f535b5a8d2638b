import { once } from 'node:events';
import { InvalidError } from '../domain/errors.ts';
import type { CommandModule } from './cli.ts';
import { takeOver } from './run.ts';

interface ServeOptions {
  port?: string;
  host?: string;
}

/** Port where none is named, as the design has it. */
const defaultPort = '8080';

export const define: CommandModule['define'] = (serve, cli) => {
  serve
    .description('serve the HTTP API of this home until it is told to stop (SIGTERM or Ctrl-C)')
    .option('--port <number>', `where to listen; 0 takes a free one (default: ${defaultPort})`)
    .option('--host <address>', 'on which address (default: 127.0.0.1; TLS is the business of what stands before it)')
    .action(
      cli.act(async (session, { port = defaultPort, host = '127.0.0.1' }: ServeOptions) => {
        if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new InvalidError(`"${port}" is no port`);
        const { makeApi } = await import('../api/app.ts');
        const { apiMetrics } = await import('../api/metrics.ts');
        const { serve: listen } = await import('@hono/node-server');
        const { getConnInfo } = await import('@hono/node-server/conninfo');
        await takeOver(session);
        const app = makeApi({
          deps: () => session.deps,
          addressOf: (c) => getConnInfo(c as Parameters<typeof getConnInfo>[0]).remote.address ?? 'unknown',
          metrics: apiMetrics(),
          log: (line) => session.output.note(JSON.stringify(line)),
        });
        const server = listen({ fetch: app.fetch, port: Number(port), hostname: host });
        await once(server, 'listening');
        const address = server.address();
        const at = typeof address === 'object' && address !== null ? address.port : port;
        session.output.note(`Tenure listens on http://${host}:${at}; /docs describes the API.`);
        await stopped();
        server.close();
        if ('closeIdleConnections' in server) server.closeIdleConnections();
        await session.home.runner.idle();
        return { json: { stopped: true }, text: 'Stopped.' };
      }),
    );
};

async function stopped(): Promise<void> {
  await Promise.race(['SIGTERM', 'SIGINT'].map(async (signal) => await once(process, signal)));
}
