/** Tests run the very code that `npm start` runs: types are stripped by Node, nothing else is changed. */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.cjs' },
  testEnvironment: 'node',
  testTimeout: 60_000,
  maxWorkers: 3, // One more than the machine has: a third of the crash tests is waiting for leases and servers.
  testSequencer: '<rootDir>/test/support/longest-first.cjs',
  reporters: ['default', '<rootDir>/test/support/could-not-run.cjs'],
};
