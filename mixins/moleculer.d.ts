/** What Moleculer's own types leave out of what it does. */
import 'moleculer';

declare module 'moleculer' {
  interface ActionSchema {
    /** Set by `checked`: one of our own doors, which mixins may surround. */
    door?: boolean;
  }
  interface EventSchema {
    /** Set by the actor mixin: these events reach us durably, by subscription. */
    actors?: boolean;
  }
  interface ServiceSchema {
    crons?: unknown[];
    adapter?: unknown;
    model?: unknown;
    merged?(schema: unknown): void;
  }
  interface ServiceSettingSchema {
    idField?: string;
    maxLimit?: number;
    [name: string]: unknown;
  }
}
