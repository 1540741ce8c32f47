/**
 * Imports go down only: models ← runtime ← mixins ← services ← the top (node.ts, main.ts). `npm run imports` holds it.
 * A floor may import itself and the floors below; a room of services/ imports no other room.
 */
const FLOORS = '^(models|runtime|mixins|services)/';
const TOP = '^(main|node|config|config\\.(settings|clocks)|moleculer\\.config)\\.ts$';
const ABOVE = '^(bench|scripts|test)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'models-import-nothing-of-ours',
      comment: 'Words stand alone: what they need of ours belongs into models/ too, or does not belong there.',
      severity: 'error',
      from: { path: '^models/' },
      to: { path: `${FLOORS}|${TOP}|${ABOVE}`, pathNot: '^models/' },
    },
    {
      name: 'runtime-knows-no-service',
      comment: 'The machine imports models only: hand it what it needs from node.ts.',
      severity: 'error',
      from: { path: '^runtime/' },
      to: { path: `${FLOORS}|${TOP}|${ABOVE}`, pathNot: '^(models|runtime)/' },
    },
    {
      name: 'mixins-know-no-service',
      comment: 'A power is taken by services and knows none of them.',
      severity: 'error',
      from: { path: '^mixins/' },
      to: { path: `${FLOORS}|${TOP}|${ABOVE}`, pathNot: '^(models|runtime|mixins)/' },
    },
    {
      name: 'no-room-imports-another',
      comment: 'Rooms talk by messages, events and actions. What two of them need stands directly in services/, or below.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/[^/]+/', pathNot: '^services/$1/' },
    },
    {
      name: 'what-rooms-share-knows-no-room',
      comment: 'A file directly in services/ serves all rooms.',
      severity: 'error',
      from: { path: '^services/[^/]+\\.ts$' },
      to: { path: '^services/[^/]+/' },
    },
    {
      name: 'services-do-not-import-the-top',
      comment: 'Settings come in as an argument: of the top only the types of config.ts are known. A *.main.ts is a start of its own.',
      severity: 'error',
      from: { path: '^services/', pathNot: '\\.main\\.ts$' },
      to: { path: `${TOP}|${ABOVE}`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'of-the-top-services-know-config',
      comment: 'node.ts starts services; they do not know who starts them.',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: `${TOP}|${ABOVE}`, pathNot: '^config\\.ts$' },
    },
    {
      name: 'config-stands-on-the-start-error',
      comment: 'Settings are read before anything is loaded: config.ts knows the error that ends a start, and nothing else of ours.',
      severity: 'error',
      from: { path: '^(config|moleculer\\.config)\\.ts$' },
      to: { path: `${FLOORS}|^(main|node)\\.ts$|${ABOVE}`, pathNot: '^runtime/start-error\\.ts$' },
    },
    {
      name: 'nothing-imports-tests-or-benchmarks',
      comment: 'What runs in production does not reach into test/, bench/ or scripts/.',
      severity: 'error',
      from: { path: `${FLOORS}|${TOP}` },
      to: { path: ABOVE },
    },
    {
      name: 'deciders-are-pure',
      comment:
        'Rules know the words (models/), the contract (runtime/decider.ts) and the rules of their own room; time and chance come in with the context.',
      severity: 'error',
      from: { path: '^services/([^/]+)/.*\\.(decider|intake|state|effects|rules)\\.ts$' },
      to: {
        pathNot: [
          '^models/',
          '^runtime/decider\\.ts$',
          '^services/$1/[^/]+\\.(decider|intake|state|effects|rules)\\.ts$',
          '^node_modules/zod/',
        ],
      },
    },
    {
      name: 'deciders-take-only-types-of-their-tools',
      comment: 'Another decider of the room, and zod, lend a decider their types only; what two rules share stands in state and effects.',
      severity: 'error',
      from: { path: '\\.(decider|intake|state|effects|rules)\\.ts$' },
      to: {
        path: ['\\.decider\\.ts$', '^node_modules/'],
        pathNot: '^runtime/decider\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-circles',
      comment: 'A circle has no bottom to begin reading at.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-unresolved',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, dependencyTypesNot: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Types count: a floor that knows the types of the one above knows it.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
