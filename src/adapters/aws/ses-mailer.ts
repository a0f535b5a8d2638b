import { type SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
import { InvalidError } from '../../domain/errors.ts';
import { mailTags, tagValue } from '../../domain/mail-tag.ts';
import type { Mail, Mailer } from '../../ports/mailer.ts';
import { buildMime, type Sender } from '../mime.ts';
import { translatedSes } from './ses-faults.ts';

/** What SendRawEmail takes, attachments in Base64 included ("The maximum message size, including attachments, is 10 MB"). */
const largestMail = 10_000_000;

/** Where mails go through. */
export interface SesMailerOptions {
  client: SESClient;
  /** An identity that SES has verified. */
  from: Sender;
  /** Publishes what happens to the mail; without it nobody hears of bounces. */
  configurationSet?: string;
}

/**
 * Sends through Amazon SES, one message to one recipient, so that an event is about one delivery. The level reached is `relayed`;
 * `takeMailEvent` hears of the rest.
 *
 * The bytes that are kept are those that were handed over. SES puts a `Message-ID` and a `Date` of its own over ours and signs
 * ("Amazon SES header fields"); everything else, `X-Tenure-Id` too, arrives as it was written. `providerId` is what SES calls the
 * mail in its events; the tags `tenure-id` and `tenure-trace` (`tagValue`) come back with them as well.
 *
 * SES has no key against repetition: where its answer is lost, a repeated sending is a second mail.
 *
 * @throws InvalidError for an address or a mail that SES will never take; UnavailableError for quotas, rates, the sandbox and
 *   everything else that is about the account
 */
export function sesMailer({ client, from, configurationSet }: SesMailerOptions): Mailer {
  return {
    async send(mail) {
      const { messageId, raw } = await buildMime(mail, from);
      if (raw.length > largestMail) {
        throw new InvalidError(
          `the mail has ${raw.length} bytes with its attachments; Amazon SES takes ${largestMail}`,
          {
            hint: 'Hand the attachments over another way.',
          },
        );
      }
      try {
        const { MessageId: providerId = '' } = await client.send(
          new SendRawEmailCommand({
            Source: from.address,
            Destinations: [mail.to.address],
            RawMessage: { Data: raw },
            Tags: tagsOf(mail),
            ...(configurationSet === undefined ? {} : { ConfigurationSetName: configurationSet }),
          }),
        );
        return { messageId, providerId, level: 'relayed', response: `Amazon SES took it as ${providerId}`, raw };
      } catch (error) {
        throw translatedSes(error);
      }
    },
  };
}

/** An id that is too long for a tag has none: its events are found by the id of SES. */
function tagsOf(mail: Mail): { Name: string; Value: string }[] {
  return Object.entries({ [mailTags.id]: mail.id, [mailTags.trace]: mail.trace ?? '' }).flatMap(([Name, text]) => {
    const Value = tagValue(text);
    return Value === undefined ? [] : [{ Name, Value }];
  });
}
