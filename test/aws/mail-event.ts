import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Deployment } from './deployment.ts';
import type { Arrived } from './mailbox.ts';

/**
 * Delivers the event that Amazon SES puts on the bus when the recipient's server has taken a mail ("Delivery object", Amazon SES
 * Developer Guide). No emulator sends one, and nobody but AWS may put events of `aws.ses`: so the rules of the deployment are
 * asked whether they match it, and the targets of those that do are invoked, as the bus would.
 */
export async function deliverMailEvent(
  deployment: Deployment,
  { sesId, to, mail }: Arrived,
  at: string,
): Promise<void> {
  const event = {
    version: '0',
    id: 'a5c4a2b4-0000-4000-8000-000000000001',
    account: '000000000000',
    region: deployment.region,
    source: 'aws.ses',
    'detail-type': 'Email Delivered',
    time: at,
    resources: [`arn:aws:ses:${deployment.region}:000000000000:configuration-set/tenure-${deployment.stage}`],
    detail: {
      eventType: 'Delivery',
      mail: {
        timestamp: at,
        messageId: sesId,
        source: mail.from?.value[0]?.address,
        destination: to,
        headersTruncated: false,
        headers: [...mail.headerLines].map(({ key, line }) => ({
          name: key,
          value: line.slice(line.indexOf(':') + 1).trim(),
        })),
        tags: { 'ses:configuration-set': [`tenure-${deployment.stage}`] },
      },
      delivery: {
        timestamp: at,
        processingTimeMillis: 500,
        recipients: to,
        smtpResponse: '250 2.6.0 Message received',
        reportingMTA: 'a8-53.smtp-out.amazonses.com',
      },
    },
  };
  const targets = await targetsOf(deployment, event);
  if (targets.length === 0) throw new Error('no rule of the deployment takes the events of Amazon SES');
  const lambda = new LambdaClient(deployment.place);
  for (const FunctionName of targets) {
    const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
    const text = Buffer.from(answer.Payload ?? []).toString();
    if (answer.FunctionError !== undefined) throw new Error(`${FunctionName}: ${text}`);
  }
}

/** ARNs of what the rules that match an event call. */
async function targetsOf(deployment: Deployment, event: object): Promise<string[]> {
  const { Rules } = (await events(deployment, 'ListRules', {})) as { Rules: { Name: string; EventPattern?: string }[] };
  const found: string[] = [];
  for (const { Name, EventPattern } of Rules) {
    if (EventPattern === undefined) continue;
    const { Result } = (await events(deployment, 'TestEventPattern', {
      EventPattern,
      Event: JSON.stringify(event),
    })) as { Result: boolean };
    if (!Result) continue;
    const { Targets } = (await events(deployment, 'ListTargetsByRule', { Rule: Name })) as {
      Targets: { Arn: string }[];
    };
    found.push(...Targets.map(({ Arn }) => Arn));
  }
  return found;
}

async function events({ place, region }: Deployment, operation: string, input: object): Promise<unknown> {
  const answer = await fetch(place.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSEvents.${operation}`,
      // The emulator reads the service and the region from here; it checks no signature.
      authorization: `AWS4-HMAC-SHA256 Credential=test/20261122/${region}/events/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
  });
  if (!answer.ok) throw new Error(`${operation}: ${answer.status} ${await answer.text()}`);
  return await answer.json();
}
