import type { z } from 'zod';
import type { Deps } from './deps.ts';
import { InvalidError } from './domain/errors.ts';

/** One verb: the shape of its input and what it does. Input is parsed before anything else happens. */
export interface UseCase<Input, Outcome> {
  (deps: Deps): (input: unknown) => Promise<Outcome>;
  /** The same for callers in the same program, whose input the compiler has checked. */
  typed: (deps: Deps, input: Input) => Promise<Outcome>;
}

/** Makes a use case of an input schema and a function; wrong input is an InvalidError that names each field. */
export function useCase<Schema extends z.ZodType, Outcome>(
  schema: Schema,
  run: (deps: Deps, input: z.output<Schema>) => Promise<Outcome>,
): UseCase<z.input<Schema>, Outcome> {
  const parse = (input: unknown): z.output<Schema> => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`);
    throw new InvalidError(problems.join('; '), { details: { problems }, fields: parsed.error.issues });
  };
  const bound = (deps: Deps) => async (input: unknown) => await run(deps, parse(input));
  return Object.assign(bound, { typed: async (deps: Deps, input: z.input<Schema>) => await run(deps, parse(input)) });
}
