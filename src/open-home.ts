import { readAwsConfig } from './config.ts';
import type { Home, OpenOptions } from './home.ts';

/**
 * Opens a home, wherever its stores are: on this machine, or in the deployment on AWS that its `tenure.yml` names.
 *
 * @throws NotFoundError where there is no home; InvalidError for what is wrong in `tenure.yml` or a plan; BlockedError when
 *   the clock may not be set so
 */
export async function openHome(options: OpenOptions): Promise<Home> {
  const aws = readAwsConfig(options.home);
  if (aws !== undefined) return await (await import('./aws-home.ts')).openAwsHome(options, aws);
  return await (await import('./embedded.ts')).openHome(options);
}
