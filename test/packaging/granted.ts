import type { Packaged } from './packaged.ts';

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: { [operator: string]: { [key: string]: unknown } };
}

interface Policy {
  PolicyDocument: { Statement: Statement[] };
}

interface Role {
  Policies?: Policy[];
  ManagedPolicyArns?: unknown[];
}

/** One thing that a role may do. */
export interface Grant {
  role: string;
  /** `s3:GetObject`; of a policy that AWS keeps: `policy`. */
  action: string;
  /** References are written as they read: `CatalogTable.Arn`. */
  resource: string;
  /** Empty where there is none. */
  condition: string;
}

/** What the roles of the template may do. */
export function granted({ template }: Pick<Packaged, 'template'>): Grant[] {
  return Object.entries(template.Resources).flatMap(([role, { Type, Properties }]) => {
    if (Type === 'AWS::IAM::ManagedPolicy') return grantsOf(role, { Policies: [Properties as unknown as Policy] });
    return Type === 'AWS::IAM::Role' ? grantsOf(role, Properties as Role) : [];
  });
}

function grantsOf(role: string, { Policies = [], ManagedPolicyArns = [] }: Role): Grant[] {
  const statements = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const own = statements.flatMap(({ Effect, Action, Resource, Condition }) => {
    if (Effect !== 'Allow') throw new Error(`${role} is denied something: the review reads what is allowed`);
    const condition = Condition === undefined ? '' : conditionText(Condition);
    return [Action]
      .flat()
      .flatMap((action) =>
        [Resource].flat().map((resource) => ({ role, action, resource: textOf(resource), condition })),
      );
  });
  const managed = ManagedPolicyArns.map((arn) => ({ role, action: 'policy', resource: textOf(arn), condition: '' }));
  return [...own, ...managed];
}

/** The list that a person reviews: by role and resource, what may be done to it. Sorted. */
export function reviewText(grants: readonly Grant[]): string {
  const lists: Record<string, Record<string, string[]>> = {};
  const order = (a: Grant, b: Grant) => (line(a) < line(b) ? -1 : 1);
  for (const grant of [...grants].sort(order)) {
    const { role, action, resource, condition } = grant;
    const about = condition === '' ? resource : `${resource} if ${condition}`;
    lists[role] ??= {};
    lists[role][about] ??= [];
    if (!lists[role][about].includes(action)) lists[role][about].push(action);
  }
  const text = (actions: string[]) => actions.join(', ');
  const roles = Object.entries(lists).map(([role, list]) => [
    role,
    Object.fromEntries(Object.entries(list).map(([about, actions]) => [about, text(actions)])),
  ]);
  return `${JSON.stringify(Object.fromEntries(roles), null, 2)}\n`;
}

const line = ({ role, action, resource, condition }: Grant) => [role, resource, condition, action].join('\n');

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
