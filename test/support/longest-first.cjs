const Sequencer = require('@jest/test-sequencer').default;

/** The levels by how long their files take: a file of a minute that begins last keeps one worker waiting for it. */
const LEVELS = ['crash', 'system', 'mesh', 'runtime', 'rules', 'laws'];
const levelOf = ({ path }) => LEVELS.findIndex((level) => path.includes(`/test/${level}/`));

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => levelOf(one) - levelOf(other));
  }
};
