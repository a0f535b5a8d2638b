import type { Packaged } from './packaged.ts';

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: { [operator: string]: { [key: string]: unknown } };
}

interface Role {
  Policies?: { PolicyDocument: { Statement: Statement[] } }[];
  ManagedPolicyArns?: unknown[];
}

/**
 * What each role of the template may do: `action → resource`, with the condition where there is one, sorted. References are written
 * as they read: `CatalogTable.Arn`.
 */
export function granted({ template }: Pick<Packaged, 'template'>): Record<string, string[]> {
  const roles = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::IAM::Role');
  return Object.fromEntries(
    roles
      .map(([name, { Properties }]): [string, string[]] => [name, rightsOf(Properties as Role)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function rightsOf({ Policies = [], ManagedPolicyArns = [] }: Role): string[] {
  const own = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement).flatMap((statement) => {
    const { Effect, Action, Resource, Condition } = statement;
    const condition = Condition === undefined ? '' : ` if ${conditionText(Condition)}`;
    return [Action]
      .flat()
      .flatMap((action) =>
        [Resource]
          .flat()
          .map((resource) => `${Effect === 'Allow' ? '' : `${Effect} `}${action} → ${textOf(resource)}${condition}`),
      );
  });
  return [...own, ...ManagedPolicyArns.map((arn) => `policy ${textOf(arn)}`)].sort();
}

function conditionText(condition: NonNullable<Statement['Condition']>): string {
  return Object.values(condition)
    .flatMap((keys) =>
      Object.entries(keys).map(([key, value]) => `${key} is ${[value].flat().map(textOf).join(' or ')}`),
    )
    .join(' and ');
}

/** A value of a template as text. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, argument]] = Object.entries(value as Record<string, unknown>) as [[string, unknown]];
  if (name === 'Ref') return String(argument);
  if (name === 'Fn::GetAtt') return (argument as string[]).join('.');
  if (name === 'Fn::Sub') return String(argument);
  if (name === 'Fn::If') {
    const [condition, then, otherwise] = argument as [string, unknown, unknown];
    const other = textOf(otherwise);
    return `(${condition}: ${textOf(then)}${other === 'AWS::NoValue' ? '' : `, else ${other}`})`;
  }
  throw new Error(`unknown in a policy: ${JSON.stringify(value)}`);
}
