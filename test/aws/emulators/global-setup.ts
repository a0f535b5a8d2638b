import type { TestProject } from 'vitest/node';
import { startMinistack, startMoto } from './start.ts';

/** Starts both emulators before the first test file and stops them after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [ministack, moto] = await Promise.all([startMinistack(), startMoto()]);
  project.provide('ministack', ministack.url);
  project.provide('moto', moto.url);
  return async () => {
    await Promise.all([ministack.stop(), moto.stop()]);
  };
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Endpoint of ministack, for instance `http://127.0.0.1:40123`. */
    ministack: string;
    /** Endpoint of moto. */
    moto: string;
  }
}
