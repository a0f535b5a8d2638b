import { expect, it } from 'vitest';
import { describeMailer, exampleMail } from '../contracts/mailer.ts';
import { memoryMailer } from '../memory-ports.ts';

describeMailer('memory mailer', async () => {
  const mailer = memoryMailer();
  return { mailer, once: true, arrived: () => mailer.raw };
});

it('refuses and goes down as a test says', async () => {
  const mailer = memoryMailer();
  mailer.refused.add(exampleMail.to.address);
  await expect(mailer.send(exampleMail)).rejects.toMatchObject({ name: 'InvalidError' });
  mailer.down = true;
  await expect(mailer.send(exampleMail)).rejects.toMatchObject({ name: 'UnavailableError' });
  expect(mailer.sent).toEqual([]);
});
