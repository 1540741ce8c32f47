/** The drawn pages say what the code says: after a change of states, messages, jobs or settings, run `npm run draw`. */
import { expect, test } from '@jest/globals';
import { outOfDate } from '../../scripts/draw.ts';

test('docs/states.md, docs/messages.md, docs/settings.md, docs/requirements.md and the table in README.md are as the code has them', () => {
  expect(outOfDate()).toEqual([]);
});
