/** As much of a JSON schema as the app's description holds. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  enum?: unknown[];
  oneOf?: Schema[];
  maxLength?: number;
  additionalProperties?: unknown;
}

/** A parameter as the description has it. */
export interface Parameter {
  name: string;
  in: 'path' | 'query';
  required?: boolean;
  schema: Schema;
}

/** One operation of the app. */
export interface Operation {
  route: string;
  method: string;
  path: string;
  parameters: Parameter[];
  /** Of the JSON body; an upload has none. */
  body?: Schema;
}

interface Described {
  paths: Record<
    string,
    Record<
      string,
      { parameters?: Parameter[]; requestBody?: { content: Record<string, { schema: Schema & { format?: string } }> } }
    >
  >;
  components: { schemas: Record<string, Schema> };
}

/** Every operation of a description, with references followed. */
export function operationsOf(document: Described): Operation[] {
  const followed = (schema: Schema): Schema => {
    const { $ref, properties, items, oneOf, ...own } = schema;
    if ($ref !== undefined) return followed(document.components.schemas[$ref.split('/').at(-1) ?? ''] ?? {});
    if (oneOf !== undefined) return merged(oneOf.map(followed));
    return {
      ...own,
      ...(properties === undefined
        ? {}
        : { properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, followed(each)])) }),
      ...(items === undefined ? {} : { items: followed(items) }),
    };
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => {
      const schema = requestBody?.content['application/json']?.schema;
      return {
        ...{ route: `${method} ${path}`, method: method.toUpperCase(), path, parameters },
        ...(schema === undefined || schema.format === 'binary' ? {} : { body: followed(schema) }),
      };
    }),
  );
}

/** What may stand in a body that has several forms. */
function merged(forms: readonly Schema[]): Schema {
  return {
    type: 'object',
    properties: Object.assign({}, ...forms.map(({ properties }) => properties)),
    additionalProperties: forms.every(({ additionalProperties }) => additionalProperties === false) ? false : undefined,
  };
}

/** Every field of a schema with the path to it; the items of a list are its first. */
export function fieldsOf(
  schema: Schema,
  path: (string | number)[] = [],
): { path: (string | number)[]; schema: Schema }[] {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, each]) => fieldsOf(each, [...path, name]));
  const items = schema.items === undefined ? [] : fieldsOf(schema.items, [...path, 0]);
  return [...(path.length === 0 ? [] : [{ path, schema }]), ...inner, ...items];
}
