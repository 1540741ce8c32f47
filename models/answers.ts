/** How a job's end reaches the actor that asked for it (runtime/jobs.ts writes it). */
import { z } from 'zod';

export const jobAnswer = <Result extends z.ZodType>(result: Result) =>
  z.object({
    jobId: z.string(),
    outcome: z.enum(['completed', 'dead']),
    result: result.nullable(),
    error: z.string().nullable(),
  });
