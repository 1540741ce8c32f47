/** Errors as `application/problem+json` (RFC 9457). What a person can mend is named; stacks, SQL and hosts stay inside. */
import { type FieldError, wordsFor } from '../../models/errors.ts';

export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  correlationId?: string;
  errors?: FieldError[];
  [extension: string]: unknown;
}

interface Thrown {
  name?: string;
  type?: string;
  code?: number | string;
  message?: string;
  data?: Record<string, unknown>;
}

/** What body-parser and Moleculer call things → our words. */
const FOREIGN: Record<string, string> = {
  'entity.parse.failed': 'request.malformed',
  'entity.too.large': 'request.too-large',
  'encoding.unsupported': 'request.media-type',
  'charset.unsupported': 'request.media-type',
  'request.size.invalid': 'request.malformed',
  'request.aborted': 'request.malformed',
  INVALID_REQUEST_BODY: 'request.malformed',
  NOT_FOUND: 'route.unknown',
  UNABLE_DECODE_PARAM: 'route.unknown',
  SERVICE_NOT_FOUND: 'service.unavailable',
  SERVICE_NOT_AVAILABLE: 'service.unavailable',
  REQUEST_TIMEOUT: 'service.unavailable',
  REQUEST_REJECTED: 'service.unavailable',
};

export const problemOf = (error: unknown, correlationId?: string): Problem => {
  const { type = '', data = {}, code: foreign } = error as Thrown;
  const code = FOREIGN[bodyErrorOf(error as Thrown)] ?? (isOurs(type) ? type : (FOREIGN[type] ?? unnamed(foreign)));
  const { title, status } = wordsFor(code);
  // The cause of a failure names hosts and tables: it is for the log.
  const { errors, detail, cause, ...rest } = isOurs(type) ? data : {};
  return {
    // First, so that no refusal's data (a truck's status) takes the place of what is answered.
    ...rest,
    type: 'about:blank',
    title,
    status,
    code,
    detail: typeof detail === 'string' ? detail : title,
    ...(correlationId ? { correlationId } : {}),
    ...(Array.isArray(errors) ? { errors: errors as FieldError[] } : {}),
  };
};

/** A body that claims to be packed and is not: zlib's own codes. */
const unnamed = (code: Thrown['code']): string => (/^Z_[A-Z_]+$/.test(String(code)) ? 'request.malformed' : 'service.failed');

const isOurs = (type: string): boolean => /^[a-z]+\.[a-z-]+$/.test(type) && wordsFor(type) !== wordsFor('service.failed');

/** moleculer-web wraps what body-parser threw and keeps its text; the parser's own `type` says what it was. */
const bodyErrorOf = ({ name, type = '', message = '', data }: Thrown): string => {
  if (/too large/i.test(message)) return 'entity.too.large';
  if (name === 'SyntaxError' || /JSON/.test(message)) return 'entity.parse.failed';
  return String((data?.type as string | undefined) ?? type);
};
