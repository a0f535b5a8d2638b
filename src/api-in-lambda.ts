import { Logger } from '@aws-lambda-powertools/logger';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { handle, type LambdaEvent } from 'hono/aws-lambda';
import { clientConfig } from './adapters/aws/aws-client.ts';
import { makeApi } from './api/app.ts';
import { clientAddress } from './api/client-address.ts';
import { type AwsSettings, settingsFromEnv } from './aws-settings.ts';
import { lambdaDeps } from './lambda.ts';

type Answer = ReturnType<ReturnType<typeof handle>>;

let app: Promise<ReturnType<typeof handle>> | undefined;
let current: Context;

/** Answers one request. The app stays while the process is warm; one process answers one request at a time. */
export async function answerRequest(event: APIGatewayProxyEventV2, context: Context): Promise<Awaited<Answer>> {
  current = context;
  app ??= open().catch((error: unknown) => {
    app = undefined;
    throw error;
  });
  return await (await app)(event as unknown as LambdaEvent, context as never);
}

async function open(): Promise<ReturnType<typeof handle>> {
  const logger = new Logger({ serviceName: 'tenure' });
  const settings = settingsFromEnv(process.env);
  const { oidc, corsOrigins, limits, proxies = 0 } = settings.api ?? {};
  const secrets = await stripeSecrets(settings);
  return handle(
    makeApi({
      deps: async () => await lambdaDeps(current),
      ...(oidc === undefined ? {} : { oidc }),
      ...(corsOrigins === undefined ? {} : { corsOrigins }),
      ...(limits === undefined ? {} : { limits }),
      ...(secrets === undefined ? {} : { stripeSecrets: secrets }),
      addressOf: (c) => sourceAddress(c, proxies),
      log: (line) => logger.info('request', { ...line }),
    }),
  );
}

/**
 * Who has asked, as API Gateway saw it. Where something stands in front of it (CloudFront), that address is the same for everybody:
 * then `proxies` says how many of the last names in `X-Forwarded-For` are believed, API Gateway's own included.
 */
function sourceAddress(c: unknown, proxies: number): string {
  const { env } = c as { env?: { event?: APIGatewayProxyEventV2 } };
  const peer = env?.event?.requestContext.http.sourceIp ?? 'unknown';
  return clientAddress(peer, env?.event?.headers['x-forwarded-for'], proxies);
}

/** Secrets of the Stripe endpoint, one a line, the current one first. Read once: a change of them wants a new process. */
async function stripeSecrets({ region, stripeParameter }: AwsSettings): Promise<string[] | undefined> {
  if (stripeParameter === undefined) return undefined;
  const { GetParameterCommand, SSMClient } = await import('@aws-sdk/client-ssm');
  const { Parameter } = await new SSMClient(clientConfig({ region })).send(
    new GetParameterCommand({ Name: stripeParameter, WithDecryption: true }),
  );
  return (Parameter?.Value ?? '').split(/\s+/).filter((line) => line !== '');
}
