/** Every law is held on a real Postgres and on the embedded one. */
import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import { Ledgers } from '../support/actors.ts';
import { openTestDatabase } from '../support/database.ts';
import { couldNotRun, postgresUrl } from '../support/servers.ts';

export type Kind = 'real' | 'embedded';
/** The ledgers of the file: there once its tests run. */
export type Given = () => Ledgers;
export type Laws = (given: Given, kind: Kind) => void;

const there = (await postgresUrl()) !== undefined;

const on = (kind: Kind, laws: Laws): void => {
  let ledgers: Ledgers;
  beforeAll(async () => {
    ledgers = await Ledgers.open(() => openTestDatabase(kind));
  });
  afterEach(() => ledgers.rest());
  afterAll(() => ledgers?.close());
  laws(() => ledgers, kind);
};

export const onReal = (title: string, laws: Laws): void => {
  if (!there) couldNotRun(`test/runtime: ${title}: no postgres`);
  (there ? describe : describe.skip)(`${title}, on a real Postgres`, () => on('real', laws));
};

export const onBoth = (title: string, laws: Laws): void => {
  onReal(title, laws);
  describe(`${title}, embedded`, () => on('embedded', laws));
};
