import { defaultExclude, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Those need the emulators: `npm run test:aws`.
    exclude: [...defaultExclude, 'test/aws/**'],
    // A folder for the browser that some unpack; it goes with the run.
    globalSetup: 'test/browser/global-setup.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
