import { existsSync, mkdirSync } from 'node:fs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { clientConfig } from './adapters/aws/aws-client.ts';
import { translated } from './adapters/aws/aws-faults.ts';
import { deployedSettings } from './aws-home.ts';
import { type AwsHomeConfig, awsConfigText, homePaths, readAwsConfig } from './config.ts';
import { UnavailableError } from './domain/errors.ts';
import { assertFreeForHome, writeConfigText } from './home-files.ts';

const registered = z.object({ plans: z.array(z.string()) });

/**
 * Makes a home that stands for a deployment, and has the deployment put its plans on record. Repeatable in a home that stands
 * for it already, so that the plans of a new deployment count at once.
 *
 * @returns names of the plans
 * @throws NotFoundError when there is no such deployment, ConflictError when the folder holds anything else
 */
export async function makeAwsHome(home: string, config: AwsHomeConfig): Promise<string[]> {
  const known = existsSync(homePaths(home).config) ? readAwsConfig(home) : undefined;
  const again = known?.stage === config.stage && known.region === config.region;
  if (!again) assertFreeForHome(home);
  const settings = await deployedSettings(config);
  const plans = await registerPlansThere(`tenure-${settings.stage}-RegisterPlans`, config.region);
  if (!again) {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeConfigText(home, awsConfigText(config));
  }
  return plans;
}

async function registerPlansThere(name: string, region: string): Promise<string[]> {
  const client = new LambdaClient(clientConfig({ region }));
  const answer = await client.send(new InvokeCommand({ FunctionName: name, Payload: '{}' })).catch((error: unknown) => {
    throw translated(error, `the function ${name} cannot be called`);
  });
  const text = Buffer.from(answer.Payload ?? []).toString();
  if (answer.FunctionError !== undefined) {
    throw new UnavailableError(`the function ${name} failed: ${text.slice(0, 500)}`, {
      hint: 'Its log group says more; then deploy again.',
    });
  }
  return registered.parse(JSON.parse(text)).plans;
}
