/** What the runtime asks of a log: Moleculer's loggers and pino fit. */
export interface Logger {
  /** Whether debug lines are written: asked before one is put together in a hot path. */
  wordy?: boolean;
  /** Whether info lines are not. */
  quiet?: boolean;
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
