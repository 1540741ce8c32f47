/** A start that cannot go on: one line that names the setting to change, and no stack. */
export class StartError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StartError';
  }
}
