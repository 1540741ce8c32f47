/** Lists at the end, by name, what could not run here; with CI=true that is a failure. Tests report it through could-not-run.ts. */
const { existsSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const file = path.join(tmpdir(), 'yardmaster-could-not-run');

module.exports = class CouldNotRun {
  onRunStart() {
    rmSync(file, { force: true });
  }
  onRunComplete() {
    if (!existsSync(file)) return;
    const missing = [...new Set(readFileSync(file, 'utf8').trim().split('\n'))];
    process.stderr.write(`\nCould not run here:\n${missing.map((line) => `  ${line}`).join('\n')}\n`);
    this.missing = missing;
  }
  getLastError() {
    return process.env.CI === 'true' && this.missing ? new Error('with CI=true everything must run') : undefined;
  }
};
