import type { Deployment } from './deployment.ts';
import type { Arrived } from './mailbox.ts';

/**
 * Puts the event on the bus that Amazon SES puts there when the recipient's server has taken a mail ("Delivery object", Amazon SES
 * Developer Guide), since no emulator sends one.
 */
export async function putMailEvent(
  { place, region }: Deployment,
  { sesId, to, mail }: Arrived,
  at: string,
): Promise<void> {
  const detail = {
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
      tags: {},
    },
    delivery: {
      timestamp: at,
      processingTimeMillis: 500,
      recipients: to,
      smtpResponse: '250 2.6.0 Message received',
      reportingMTA: 'a8-53.smtp-out.amazonses.com',
    },
  };
  const entry = {
    Source: 'aws.ses',
    DetailType: 'Email Delivered',
    Detail: JSON.stringify(detail),
    Time: Date.parse(at) / 1000,
  };
  const answer = await fetch(place.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSEvents.PutEvents',
      authorization: `AWS4-HMAC-SHA256 Credential=test/20261122/${region}/events/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify({ Entries: [entry] }),
  });
  const { FailedEntryCount } = (await answer.json()) as { FailedEntryCount?: number };
  if (!answer.ok || FailedEntryCount !== 0) throw new Error(`the event was not taken: ${answer.status}`);
}
