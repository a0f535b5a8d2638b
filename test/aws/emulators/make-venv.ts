import { makeVenv } from './venv.ts';

try {
  makeVenv((line) => console.error(line));
} catch (error) {
  console.error(`The AWS emulators cannot be set up: ${(error as Error).message}`);
  process.exitCode = 1;
}
