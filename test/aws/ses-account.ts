import { SESClient, VerifyEmailIdentityCommand } from '@aws-sdk/client-ses';
import type { Deployment } from './deployment.ts';

/** What an operator does by hand before the first mail (docs/deploy.md): verifies the sender. The emulator has no sandbox. */
export async function verifySender({ place }: Deployment, sender: string): Promise<void> {
  await new SESClient(place).send(new VerifyEmailIdentityCommand({ EmailAddress: sender }));
}
