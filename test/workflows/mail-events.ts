import { createHash } from 'node:crypto';
import { mailTags, tagValue } from '../../src/domain/mail-tag.ts';
import { handlerOf } from '../../src/handlers.ts';
import type { Json } from '../../src/ports/table.ts';
import type { TakenMailEvent } from '../../src/use-cases/take-mail-event.ts';
import type { MemoryHome, TestProcess } from './memory-home.ts';

/** What the mail service calls a mail of this id. */
export function providerIdOf(mailId: string): string {
  return `0100${createHash('sha256').update(mailId).digest('hex').slice(0, 20)}-000000`;
}

/** A process whose mails go through a service that gives each an id of its own. */
export function throughService(home: MemoryHome): TestProcess {
  return home.process({
    change: (deps) => ({
      mailer: {
        send: async (mail) => ({ ...(await deps.mailer.send(mail)), providerId: providerIdOf(mail.id) }),
      },
    }),
  });
}

/** How an event differs from the usual one. */
export interface EventOptions {
  providerId?: string;
  /** Value of the tag; `null`: the mail has no tags of ours. */
  id?: string | null;
  trace?: string;
  at?: string;
}

/** The address that stands in every event, and must stand nowhere else. */
export const recipientAddress = 'ann+private@acme.example';

/** An event of Amazon SES about a mail, as its documentation shows it. */
export function sesEvent(type: string, mailId: string, about: Json, options: EventOptions = {}): Json {
  const id = options.id === undefined ? mailId : options.id;
  return {
    eventType: type,
    mail: {
      timestamp: options.at ?? '2026-03-02T11:00:01.000Z',
      source: 'Keeper <tenure@keeper.example>',
      sourceArn: 'arn:aws:ses:eu-west-1:123456789012:identity/keeper.example',
      sendingAccountId: '123456789012',
      messageId: options.providerId ?? providerIdOf(mailId),
      destination: [recipientAddress],
      headersTruncated: false,
      headers: [{ name: 'To', value: `Ann <${recipientAddress}>` }],
      commonHeaders: { to: [recipientAddress], subject: 'x' },
      tags: {
        'ses:configuration-set': ['tenure-test'],
        ...(id === null ? {} : { [mailTags.id]: [tagValue(id) ?? ''] }),
        ...(options.trace === undefined ? {} : { [mailTags.trace]: [tagValue(options.trace) ?? ''] }),
      },
    },
    ...(about as { [name: string]: Json }),
  };
}

export const delivered = (mailId: string, options?: EventOptions) =>
  sesEvent(
    'Delivery',
    mailId,
    {
      delivery: {
        timestamp: '2026-03-02T11:00:02.500Z',
        processingTimeMillis: 546,
        recipients: [recipientAddress],
        smtpResponse: `250 2.6.0 Message for ${recipientAddress} received`,
        reportingMTA: 'a8-70.smtp-out.amazonses.com',
      },
    },
    options,
  );

export const bounced = (mailId: string, bounceType = 'Permanent', options?: EventOptions) =>
  sesEvent(
    'Bounce',
    mailId,
    {
      bounce: {
        bounceType,
        bounceSubType: bounceType === 'Transient' ? 'MailboxFull' : 'General',
        bouncedRecipients: [
          {
            emailAddress: recipientAddress,
            action: 'failed',
            status: '5.1.1',
            diagnosticCode: `smtp; 550 5.1.1 <${recipientAddress}>: user unknown`,
          },
        ],
        timestamp: '2026-03-20T11:00:00.000Z',
        feedbackId: `feedback-${bounceType}`,
        reportingMTA: 'dsn; mta.example.com',
      },
    },
    options,
  );

export const complained = (mailId: string, options?: EventOptions) =>
  sesEvent(
    'Complaint',
    mailId,
    {
      complaint: {
        complainedRecipients: [{ emailAddress: recipientAddress }],
        timestamp: '2026-03-03T11:00:00.000Z',
        feedbackId: 'feedback-complaint',
        complaintSubType: null,
        complaintFeedbackType: 'abuse',
      },
    },
    options,
  );

/** The event as EventBridge brings it. */
export function bridged(event: Json): Json {
  const types: Record<string, string> = { Delivery: 'Email Delivered', Bounce: 'Email Bounced' };
  const { eventType } = event as { eventType: string };
  return {
    ...{ version: '0', id: 'e-1', account: '123456789012', time: '2026-03-02T11:00:03Z', region: 'eu-west-1' },
    ...{ source: 'aws.ses', 'detail-type': types[eventType] ?? 'Email Complaint Received', resources: [] },
    detail: event,
  };
}

/** Hands an event to the function that takes it. */
export async function take(process: TestProcess, event: Json): Promise<TakenMailEvent[]> {
  const handler = await handlerOf('TakeMailEvent', process.deps);
  return ((await handler(event)) as unknown as { mailEvents: TakenMailEvent[] }).mailEvents;
}
