import { z } from 'zod';
import type { MailReport } from '../domain/notice.ts';

/**
 * Events of Amazon SES about a mail, as far as they are looked at ("Contents of event data that Amazon SES publishes"). The
 * same JSON comes in an EventBridge event, in an SNS message, and in an SQS message around either.
 */
const recipient = z.looseObject({ status: z.string().optional(), diagnosticCode: z.string().optional() });

const sesEvent = z.looseObject({
  eventType: z.string().optional(),
  /** Its name where events are set up on an identity instead of a configuration set. */
  notificationType: z.string().optional(),
  mail: z.looseObject({
    messageId: z.string().min(1),
    timestamp: z.string(),
    tags: z.record(z.string(), z.array(z.string())).optional(),
  }),
  delivery: z.looseObject({ timestamp: z.string(), smtpResponse: z.string().optional() }).optional(),
  bounce: z
    .looseObject({
      timestamp: z.string(),
      feedbackId: z.string().optional(),
      bounceType: z.string(),
      bounceSubType: z.string().optional(),
      bouncedRecipients: z.array(recipient).default([]),
    })
    .optional(),
  complaint: z
    .looseObject({
      timestamp: z.string(),
      feedbackId: z.string().optional(),
      complaintFeedbackType: z.string().optional(),
      complaintSubType: z.string().nullish(),
    })
    .optional(),
  deliveryDelay: z
    .looseObject({
      timestamp: z.string(),
      delayType: z.string().optional(),
      delayedRecipients: z.array(recipient).default([]),
    })
    .optional(),
  reject: z.looseObject({ reason: z.string().optional() }).optional(),
});

type SesEvent = z.output<typeof sesEvent>;

const eventBridge = z.looseObject({ source: z.literal('aws.ses'), 'detail-type': z.string(), detail: sesEvent });
const snsNotification = z.looseObject({ Type: z.literal('Notification'), Message: z.string() });
const sns = z.looseObject({ Records: z.array(z.looseObject({ Sns: z.looseObject({ Message: z.string() }) })).min(1) });
const sqs = z.looseObject({ Records: z.array(z.looseObject({ body: z.string() })).min(1) });

/** One event, in our own words. */
export interface SesMailEvent {
  /** What SES calls the mail. */
  providerId: string;
  /** Tags of the mail, by name. */
  tags: Record<string, string | undefined>;
  /** What kind of event it was to SES. */
  type: string;
  /** What it says; absent where it says nothing that is kept (sent, opened, clicked). */
  report?: Omit<MailReport, 'digest' | 'evidence'>;
  /** The event as it came, for evidence. Holds addresses. */
  raw: unknown;
}

/** Shape of everything that an event source may send; answers the events in it. */
export const sesEvents = z.unknown().transform((value, context): SesMailEvent[] => {
  try {
    return eventsOf(value);
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    context.addIssue({ code: 'custom', message: `is no event of Amazon SES: ${problem}` });
    return z.NEVER;
  }
});

function eventsOf(value: unknown): SesMailEvent[] {
  const bySns = sns.safeParse(value);
  if (bySns.success) return bySns.data.Records.flatMap(({ Sns }) => eventsOf(JSON.parse(Sns.Message)));
  const bySqs = sqs.safeParse(value);
  if (bySqs.success) return bySqs.data.Records.flatMap(({ body }) => eventsOf(JSON.parse(body)));
  const notification = snsNotification.safeParse(value);
  if (notification.success) return eventsOf(JSON.parse(notification.data.Message));
  const bridged = eventBridge.safeParse(value);
  return [eventOf(bridged.success ? bridged.data.detail : sesEvent.parse(value))];
}

function eventOf(event: SesEvent): SesMailEvent {
  const { messageId, tags = {} } = event.mail;
  const type = event.eventType ?? event.notificationType ?? 'unknown';
  const said = saidBy(event);
  return {
    providerId: messageId,
    tags: Object.fromEntries(Object.entries(tags).map(([name, values]) => [name, values[0]])),
    type,
    ...(said === undefined ? {} : { report: { ...said, id: `${said.kind}/${messageId}/${said.id}` } }),
    raw: event,
  };
}

/**
 * What an event says. Bounces that are not permanent may be an answer from an absent person, or a mailbox that is full today: that
 * the mail never arrived is for a person to judge.
 */
function saidBy({ mail, delivery, bounce, complaint, deliveryDelay, reject }: SesEvent): SesMailEvent['report'] {
  if (delivery !== undefined) {
    return { kind: 'delivered', id: delivery.timestamp, at: delivery.timestamp, response: delivery.smtpResponse ?? '' };
  }
  if (bounce !== undefined) {
    const { timestamp, feedbackId = timestamp, bounceType, bounceSubType, bouncedRecipients } = bounce;
    const kind = bounceType === 'Permanent' ? 'bounced' : 'failing';
    const words = [bounceType, bounceSubType, ...wordsOf(bouncedRecipients)];
    return { kind, id: feedbackId, at: timestamp, response: sentence(words) };
  }
  if (complaint !== undefined) {
    const { timestamp, feedbackId = timestamp, complaintFeedbackType, complaintSubType } = complaint;
    const words = [complaintFeedbackType ?? 'complaint', complaintSubType ?? undefined];
    return { kind: 'complaint', id: feedbackId, at: timestamp, response: sentence(words) };
  }
  if (deliveryDelay !== undefined) {
    const { timestamp, delayType, delayedRecipients } = deliveryDelay;
    return {
      kind: 'delayed',
      id: timestamp,
      at: timestamp,
      response: sentence([delayType, ...wordsOf(delayedRecipients)]),
    };
  }
  if (reject !== undefined) {
    return {
      kind: 'bounced',
      id: 'reject',
      at: mail.timestamp,
      response: sentence(['rejected by SES', reject.reason]),
    };
  }
  return undefined;
}

/** Of each recipient what their server said; there is one, since every mail has one. */
const wordsOf = (recipients: readonly z.output<typeof recipient>[]) =>
  recipients.map(({ diagnosticCode, status }) => diagnosticCode ?? status);

/** Long enough for what servers say; a case keeps it. */
const sentence = (words: readonly (string | undefined)[]) =>
  words
    .filter((word) => word !== undefined && word !== '')
    .join(', ')
    .slice(0, 450);
