import { InvalidError, type TenureError, UnavailableError } from '../../domain/errors.ts';
import { awsFault, translated } from './aws-faults.ts';

/** Faults of the account: later, or after somebody has mended it, the same mail goes out. */
const account = [
  {
    fault: /^MessageRejected$/,
    says: /not verified|authority to send/i,
    hint: 'Verify the sender in SES. In the sandbox every recipient must be verified too: ask for production access (docs/operations.md).',
  },
  {
    fault: /^(?:AccountSendingPaused|ConfigurationSetSendingPaused|MessageRejected$)/,
    says: /paused|suspended|disabled|shut down/i,
    hint: 'SES has paused sending: look at "Account dashboard" and "Reputation metrics" in its console.',
  },
  {
    fault: /^(?:Throttling|LimitExceeded|TooManyRequests|Slow)/,
    says: /quota/i,
    hint: 'The daily quota of SES is used up. Mails go out again as the last 24 hours move on; the console raises the quota.',
  },
  {
    fault: /^(?:Throttling|LimitExceeded|TooManyRequests|Slow)/,
    says: /./,
    hint: 'More mails a second than SES allows: try again later.',
  },
  {
    fault: /^ConfigurationSetDoesNotExist/,
    says: /./,
    hint: 'Deploy again: the configuration set of this stage is gone.',
  },
  { fault: /^MailFromDomainNotVerified/, says: /./, hint: 'Mend the MX record of the MAIL FROM domain.' },
];

/**
 * What SES answered, as one of Tenure's own faults. Only what is about the recipient or the mail itself is final: a fault of the
 * account must not make a customer undeliverable, so that everything else may be tried again.
 */
export function translatedSes(error: unknown): TenureError {
  const { name, message } = awsFault(error);
  const text = `Amazon SES did not take the mail: ${message || name}`;
  const known = account.find(({ fault, says }) => fault.test(name) && says.test(message || name));
  if (known !== undefined) {
    return new UnavailableError(text, { cause: error, hint: known.hint, details: { fault: name } });
  }
  // "Address blacklisted", "Illegal address", "Domain contains control or whitespace", a virus.
  if (/^(?:MessageRejected|InvalidParameterValue|InvalidParameter|ValidationError)/.test(name)) {
    return new InvalidError(text, { cause: error, details: { fault: name } });
  }
  return translatedOther(error, text);
}

function translatedOther(error: unknown, text: string): TenureError {
  const other = translated(error, 'Amazon SES did not take the mail');
  if (!(other instanceof InvalidError)) return other;
  return new UnavailableError(text, { cause: error, details: other.details });
}
