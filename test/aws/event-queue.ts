import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import type { ApiStage } from './api-stage.ts';

/** An event as EventBridge hands it on. */
export interface BusEvent {
  source: string;
  'detail-type': string;
  detail: Record<string, string>;
}

/** A rule of somebody else's for the events of a stage, and a queue that takes them; answers what has come so far. */
export async function eventsOf({ deployment: { stage, place } }: ApiStage): Promise<() => Promise<BusEvent[]>> {
  const QueueName = `heard-${stage}`;
  const sqs = async (action: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(place.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AmazonSQS.${action}`,
        authorization: `AWS4-HMAC-SHA256 Credential=test/20261122/${place.region}/sqs/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${action}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  const { QueueUrl } = await sqs('CreateQueue', { QueueName });
  const bus = new EventBridgeClient(place);
  const Rule = `heard-${stage}`;
  await bus.send(new PutRuleCommand({ Name: Rule, EventPattern: JSON.stringify({ source: [`tenure.${stage}`] }) }));
  const Arn = `arn:aws:sqs:${place.region}:000000000000:${QueueName}`;
  await bus.send(new PutTargetsCommand({ Rule, Targets: [{ Id: 'queue', Arn }] }));
  const heard: BusEvent[] = [];
  return async () => {
    const { Messages } = await sqs('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    for (const { Body, ReceiptHandle } of (Messages ?? []) as { Body: string; ReceiptHandle: string }[]) {
      heard.push(JSON.parse(Body) as BusEvent);
      await sqs('DeleteMessage', { QueueUrl, ReceiptHandle });
    }
    return heard;
  };
}
