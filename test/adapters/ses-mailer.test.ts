import { SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
import { mockClient } from 'aws-sdk-client-mock';
import { simpleParser } from 'mailparser';
import { beforeEach, describe, expect, test } from 'vitest';
import { sesMailer } from '../../src/adapters/aws/ses-mailer.ts';
import { describeMailer, exampleMail } from '../contracts/mailer.ts';

const ses = mockClient(SESClient);
const from = { name: 'Keeper', address: 'tenure@keeper.example' };
const client = new SESClient({ region: 'eu-west-1' });
const mailer = sesMailer({ client, from, configurationSet: 'tenure-prod' });
const fault = (name: string, message: string) =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });
const inputs = () => ses.commandCalls(SendRawEmailCommand).map(({ args: [command] }) => command.input);

beforeEach(() => {
  ses.reset();
  ses.on(SendRawEmailCommand).resolves({ MessageId: '0100018b-1' });
});

describeMailer('Amazon SES', async () => {
  ses.resetHistory();
  return { mailer, arrived: () => inputs().map(({ RawMessage }) => Buffer.from(RawMessage?.Data ?? [])), once: false };
});

describe('a mail through SES', () => {
  test('goes to its one recipient through the configuration set, with tags that come back with its events', async () => {
    const receipt = await mailer.send({ ...exampleMail, trace: 't-0123456789/c-0123456789' });
    expect(receipt).toMatchObject({
      level: 'relayed',
      providerId: '0100018b-1',
      response: expect.stringContaining('0100018b-1') as string,
    });
    const [input] = inputs();
    expect(input).toMatchObject({
      Source: 'tenure@keeper.example',
      Destinations: ['ana@example.com'],
      ConfigurationSetName: 'tenure-prod',
      Tags: [
        { Name: 'tenure-id', Value: 'notice_2fc-0123456789_2f1' },
        { Name: 'tenure-trace', Value: 't-0123456789_2fc-0123456789' },
      ],
    });
    expect((await simpleParser(receipt.raw)).headers.get('x-tenure-id')).toBe(exampleMail.id);
  });

  test('without a configuration set names none; an id that is too long for a tag goes without', async () => {
    await sesMailer({ client, from }).send({ ...exampleMail, id: `long/${'x'.repeat(300)}` });
    const [input] = inputs();
    expect(input).not.toHaveProperty('ConfigurationSetName');
    expect(input?.Tags).toEqual([]);
  });

  test('of more than 10 MB is refused before it is sent', async () => {
    const content = Buffer.alloc(7_600_000);
    const attachments = [{ filename: 'inventory.jsonl', contentType: 'application/x-ndjson', content }];
    await expect(mailer.send({ ...exampleMail, attachments })).rejects.toMatchObject({
      name: 'InvalidError',
      message: expect.stringContaining('10000000') as string,
    });
    expect(inputs()).toEqual([]);
  });

  test('with the largest inventory that is mailed, and a certificate of 1 MB, is sent', async () => {
    const attachments = [6 * 1024 * 1024, 1_000_000].map((size) => ({
      ...{ filename: 'x.bin', contentType: 'application/octet-stream' },
      content: Buffer.alloc(size, 'x'),
    }));
    const { raw } = await mailer.send({ ...exampleMail, attachments });
    expect(raw.length).toBeGreaterThan(9_000_000);
  });

  test.each([
    ['MessageRejected', 'Address blacklisted.'],
    ['MessageRejected', 'Message contains virus.'],
    ['InvalidParameterValue', "Missing final '@domain'"],
    ['InvalidParameterValue', 'Domain contains control or whitespace'],
    ['InvalidParameterValue', 'Illegal address'],
  ])('that is refused for the recipient (%s: %s) is refused for good', async (name, message) => {
    ses.on(SendRawEmailCommand).rejects(fault(name, message));
    await expect(mailer.send(exampleMail)).rejects.toMatchObject({
      name: 'InvalidError',
      message: expect.stringContaining(message) as string,
    });
  });

  test.each([
    [
      'MessageRejected',
      'Email address is not verified. The following identities failed the check in region EU-WEST-1: ana@example.com',
      /sandbox/,
    ],
    ['MessageRejected', 'Sending suspended for this account.', /paused/],
    ['AccountSendingPausedException', 'Email sending is disabled for your account', /paused/],
    ['ConfigurationSetSendingPausedException', 'Email sending is disabled for the configuration set', /paused/],
    ['ConfigurationSetDoesNotExistException', 'Configuration set <tenure-prod> does not exist.', /Deploy again/],
    ['MailFromDomainNotVerifiedException', 'could not read the MX record', /MX record/],
    ['Throttling', 'Daily message quota exceeded.', /daily quota/],
    ['Throttling', 'Maximum sending rate exceeded.', /More mails a second/],
    ['LimitExceededException', 'limit', /More mails a second/],
  ])(
    'that is refused for the account (%s: %s) may go out later, and the hint says what to do',
    async (name, message, hint) => {
      ses.on(SendRawEmailCommand).rejects(fault(name, message));
      await expect(mailer.send(exampleMail)).rejects.toMatchObject({
        name: 'UnavailableError',
        hint: expect.stringMatching(hint) as string,
      });
    },
  );

  test.each([
    ['ServiceUnavailable', 'UnavailableError'],
    ['TimeoutError', 'UnavailableError'],
    ['InvalidClientTokenId', 'UnavailableError'],
    ['AccessDenied', 'BlockedError'],
  ])('that meets %s is a %s: no customer becomes undeliverable by it', async (name, own) => {
    ses.on(SendRawEmailCommand).rejects(fault(name, 'x'));
    await expect(mailer.send(exampleMail)).rejects.toMatchObject({ name: own });
  });
});
