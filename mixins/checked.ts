/** The door of an action: its schema is checked before its handler runs, and what is wrong is named field by field. */
import type { ActionSchema, Context } from 'moleculer';
import { z } from 'zod';
import { type FieldError, invalid } from '../models/errors.ts';

/** @param action what Moleculer knows of an action (visibility, timeout …) beside its schema and handler */
export const checked = <Schema extends z.ZodType, Result>(
  schema: Schema,
  handler: (params: z.output<Schema>, ctx: Context<unknown, Record<string, unknown>>) => Promise<Result> | Result,
  action: Partial<ActionSchema> = {},
): ActionSchema => ({
  visibility: 'public',
  door: true,
  ...action,
  handler: (ctx: Context<unknown, Record<string, unknown>>) => handler(check(schema, ctx.params), ctx),
});

/** @throws Refused `request.invalid` with an entry for each wrong field */
export const check = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  throw invalid(fieldErrors(parsed.error));
};

const step = (part: PropertyKey): string => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** JSON pointers (RFC 6901) into what was sent. */
export const fieldErrors = (error: z.ZodError): FieldError[] =>
  error.issues.flatMap((issue) => {
    const at = issue.path.map(step).join('');
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ pointer: `${at}${step(key)}`, detail: 'is not known here' }));
    return [{ pointer: at, detail: issue.message }];
  });

export const nothing = z.strictObject({});
