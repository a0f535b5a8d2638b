import { SESClient, VerifyEmailIdentityCommand } from '@aws-sdk/client-ses';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clientConfig } from '../../../src/adapters/aws/aws-client.ts';
import { sesMailer } from '../../../src/adapters/aws/ses-mailer.ts';
import { describeMailer, exampleMail, type MailerUnderTest } from '../../contracts/mailer.ts';
import { type Emulator, startMoto } from '../emulators/start.ts';

const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' });
let opened = 0;

// One of its own: what moto holds is read all at once, and it cannot write down what other tests have left in a shared one.
let moto: Emulator;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(async () => {
  await moto.stop();
});

/** A sender of its own for each case, so that its mails can be told from all others. */
async function fresh(
  endpoint: string,
  held: (endpoint: string, sender: string) => Promise<Buffer[]>,
): Promise<MailerUnderTest> {
  const client = new SESClient(clientConfig({ region: 'us-east-1', endpoint, credentials }));
  const address = `tenure-${process.pid}-${++opened}@example.org`;
  await client.send(new VerifyEmailIdentityCommand({ EmailAddress: address }));
  const mailer = sesMailer({ client, from: { name: 'Keeper', address } });
  return { mailer, arrived: async () => await held(endpoint, address), once: false };
}

interface MinistackMail {
  Source: string;
  To: string[];
  Subject: string;
  BodyText: string;
}

async function ministackMails(endpoint: string, sender: string): Promise<MinistackMail[]> {
  const answer = (await (await fetch(`${endpoint}/_ministack/ses/messages`)).json()) as {
    messages: Record<string, MinistackMail[]>;
  };
  return Object.values(answer.messages)
    .flat()
    .filter(({ Source }) => Source === sender);
}

async function onMinistack(): Promise<MailerUnderTest> {
  return await fresh(inject('ministack'), async (endpoint, sender) =>
    (await ministackMails(endpoint, sender)).map((mail) => Buffer.from(JSON.stringify(mail))),
  );
}

async function onMoto(): Promise<MailerUnderTest> {
  return await fresh(moto.url, async (endpoint, sender) => {
    const data = (await (await fetch(`${endpoint}/moto-api/data.json`)).json()) as {
      ses: { RawMessage: { source: string; raw_data: string }[] };
    };
    return data.ses.RawMessage.filter(({ source }) => source === sender).map(({ raw_data }) => Buffer.from(raw_data));
  });
}

describeMailer('Amazon SES on ministack', onMinistack, {
  skip: { 'sends exactly the bytes that it hands back': 'ministack keeps subject and text, no bytes' },
});

describeMailer('Amazon SES on moto', onMoto);

describe('Amazon SES on ministack', () => {
  it('holds recipient, subject and text of what was sent, and gives each an id', async () => {
    const { mailer, arrived } = await onMinistack();
    const { providerId, response } = await mailer.send(exampleMail);
    expect(providerId).toMatch(/^[^\s]+$/);
    expect(response).toContain(providerId);
    const [mail] = (await arrived()).map((held) => JSON.parse(held.toString()) as MinistackMail);
    expect(mail?.Subject).toBe(exampleMail.subject);
    expect(mail?.To.join()).toContain('ana@example.com');
    expect(mail?.BodyText).toContain('Estimada señora Núñez');
    expect((await mailer.send(exampleMail)).providerId).not.toBe(providerId);
  });
});
