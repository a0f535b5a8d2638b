import { once } from 'node:events';
import { InvalidError } from '../domain/errors.ts';
import type { CommandModule, Session } from './cli.ts';

interface ServeOptions {
  port?: string;
  host?: string;
  schedule?: boolean;
}

/** The longest path of a copy, percent-encoded, and a token: more than Node's 16 KiB. */
const largestHeader = 64 * 1024;

/** Port where none is named, as the design has it. */
const defaultPort = '8080';

export const define: CommandModule['define'] = (serve, cli) => {
  serve
    .description('serve the HTTP API of this home and keep its schedules, until it is told to stop (SIGTERM or Ctrl-C)')
    .option('--port <number>', `where to listen; 0 takes a free one (default: ${defaultPort})`)
    .option('--host <address>', 'on which address (default: 127.0.0.1; TLS is the business of what stands before it)')
    .option('--no-schedule', 'start nothing by itself: the schedules are kept elsewhere')
    .action(
      cli.act(async (session, { port = defaultPort, host = '127.0.0.1', schedule }: ServeOptions) => {
        if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new InvalidError(`"${port}" is no port`);
        const { makeApi } = await import('../api/app.ts');
        const { apiMetrics } = await import('../api/metrics.ts');
        const { clientAddress } = await import('../api/client-address.ts');
        const { serve: listen } = await import('@hono/node-server');
        const { getConnInfo } = await import('@hono/node-server/conninfo');
        // What a killed process left goes on while requests are answered.
        await takeOverKilled(session);
        const { oidc, corsOrigins, limits, proxies = 0 } = session.home.api ?? {};
        const { stripeSecrets } = await import('../config.ts');
        const secrets = stripeSecrets(session.home.dir, session.home.api);
        const app = makeApi({
          deps: async () => {
            await session.home.followClock();
            return session.deps;
          },
          ...(oidc === undefined ? {} : { oidc }),
          ...(corsOrigins === undefined ? {} : { corsOrigins }),
          ...(limits === undefined ? {} : { limits }),
          ...(secrets === undefined ? {} : { stripeSecrets: secrets }),
          addressOf: (c) => {
            const context = c as Parameters<typeof getConnInfo>[0];
            const peer = getConnInfo(context).remote.address ?? 'unknown';
            return clientAddress(peer, context.req.header('x-forwarded-for'), proxies);
          },
          metrics: apiMetrics(),
          log: (line) => session.output.note(JSON.stringify(line)),
        });
        const server = listen({
          fetch: app.fetch,
          port: Number(port),
          hostname: host,
          serverOptions: { maxHeaderSize: largestHeader },
        });
        await once(server, 'listening');
        const address = server.address();
        const at = typeof address === 'object' && address !== null ? address.port : port;
        session.output.note(`Tenure listens on http://${host}:${at}; /docs describes the API.`);
        const scheduler = session.deps.clock.simulated || schedule === false ? undefined : await startTicking(session);
        const messenger = await startMessages(session);
        const heir = await startTakingOver(session);
        await stopped();
        heir.stop();
        messenger.stop();
        scheduler?.stop();
        server.close();
        if ('closeIdleConnections' in server) server.closeIdleConnections();
        await session.home.runner.idle();
        return { json: { stopped: true }, text: 'Stopped.' };
      }),
    );
};

/** Ticks every minute, also while the work of the minute before is still being started: then it waits for the next. */
async function startTicking({ deps, output }: Session): Promise<{ stop(): void }> {
  const { Cron } = await import('croner');
  const { tickSchedule } = await import('../use-cases/tick-schedule.ts');
  const tick = async (): Promise<void> => {
    try {
      const done = await tickSchedule.typed(deps, {});
      if (done.outcome === 'elsewhere') return;
      for (const { run } of done.started) output.note(JSON.stringify({ scheduled: run }));
      for (const { work, error } of done.faults) {
        output.note(JSON.stringify({ scheduled: work.kind, at: work.scheduledAt, fault: error.name }));
      }
    } catch (error) {
      output.note(JSON.stringify({ scheduler: 'failed', fault: error instanceof Error ? error.name : 'unknown' }));
    }
  };
  await tick();
  return new Cron('* * * * *', { protect: true }, tick);
}

/** Webhooks are sent whatever the schedule: what waits is looked for every few seconds. */
async function startMessages({ deps, output }: Session): Promise<{ stop(): void }> {
  const { Cron } = await import('croner');
  const { deliverWebhooks } = await import('../use-cases/deliver-webhooks.ts');
  return new Cron('*/5 * * * * *', { protect: true }, async () => {
    try {
      const { delivered, failed, dead } = await deliverWebhooks.typed(deps, {});
      if (delivered + failed + dead > 0) output.note(JSON.stringify({ webhooks: { delivered, failed, dead } }));
    } catch (error) {
      output.note(JSON.stringify({ webhooks: 'failed', fault: error instanceof Error ? error.name : 'unknown' }));
    }
  });
}

async function takeOverKilled({ home, output }: Session): Promise<void> {
  for (const { name } of await home.runner.redriveKilled()) output.note(JSON.stringify({ redriven: name }));
}

/**
 * Whoever keeps the schedules: a process that dies while this one goes on leaves work that nobody else may ever look for. One
 * of another host shows as dead only when its lease has lapsed, which may be after the start of the one in its place.
 */
async function startTakingOver(session: Session): Promise<{ stop(): void }> {
  const { Cron } = await import('croner');
  return new Cron('30 * * * * *', { protect: true }, async () => {
    try {
      await session.home.followClock();
      await takeOverKilled(session);
    } catch (error) {
      session.output.note(
        JSON.stringify({ redriven: 'failed', fault: error instanceof Error ? error.name : 'unknown' }),
      );
    }
  });
}

async function stopped(): Promise<void> {
  await Promise.race(['SIGTERM', 'SIGINT'].map(async (signal) => await once(process, signal)));
}
