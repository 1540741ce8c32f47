/** Opening, migrating and closing: what several processes do at once, and what a second one may not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { migrations } from '../../models/migrations/migrations.ts';
import { type Database, type DatabaseSettings, openDatabase, type Tx } from '../../runtime/database.ts';
import { migrate } from '../../runtime/migrate.ts';
import { newHeaders, unpacked } from '../../runtime/trace.ts';
import { oneTo } from '../support/actors.ts';
import { newDataDir } from '../support/data-dir.ts';
import { newSchemaName } from '../support/database.ts';
import { until } from '../support/quiet.ts';
import { couldNotRun, postgresUrl } from '../support/servers.ts';

const url = await postgresUrl();
if (!url) couldNotRun('test/runtime: databases on a real Postgres: no postgres');

(url ? describe : describe.skip)('a real Postgres', () => {
  let opened: Database[] = [];
  let schema: string;
  const open = async (more: Partial<DatabaseSettings> = {}): Promise<Database> => {
    const database = await openDatabase({ url, schema, dataDir: '', poolSize: 2, ...more });
    opened.push(database);
    return database;
  };
  beforeEach(() => {
    schema = newSchemaName();
  });
  afterEach(async () => {
    await opened[0]?.query(`drop schema if exists "${schema}" cascade`);
    await Promise.all(opened.map((database) => database.close()));
    opened = [];
  });

  test('processes that start together run each migration once, and all wait until it is done [C11]', async () => {
    await open();
    const databases = await Promise.all(oneTo(3).map(() => open()));
    const ran = await Promise.all(
      databases.map(async (database) => {
        const names = await migrate(database, migrations);
        await database.query('select from jobs');
        return names;
      }),
    );
    expect(ran.flat()).toEqual(migrations.map(({ name }) => name));
    expect(await migrate(databases[0] as Database, migrations)).toEqual([]);
  });

  test('a migration that fails leaves the next process to try it again', async () => {
    const database = await open();
    const broken = { name: '0001-broken', up: (tx: Tx) => tx.query('create table broken (nothing nowhere)') };
    await expect(migrate(database, [broken])).rejects.toThrow();
    const mended = { name: '0001-broken', up: (tx: Tx) => tx.query('create table broken (nothing text)') };
    expect(await migrate(await open(), [mended])).toEqual(['0001-broken']);
  });

  test('what 0.1.0 left waiting keeps its trace through the upgrade: messages, timers, jobs and dead letters', async () => {
    const database = await open();
    await migrate(database, migrations.slice(0, 2));
    const bare = newHeaders('gateway');
    const whole = { ...newHeaders('order/1', { by: 'anna' }), causationId: '17' };
    for (const [key, headers] of [['bare', bare] as const, ['whole', whole] as const]) {
      const json = JSON.stringify(headers);
      await database.query(`insert into mailbox (actor, key, name, payload, headers) values ('order', $1, 'Go', '{}', $2)`, [key, json]);
      await database.query(`insert into timers (actor, key, name, due_at, payload, headers) values ('order', $1, 'Go', now(), '{}', $2)`, [
        key,
        json,
      ]);
      await database.query(
        `insert into jobs (type, queue, payload, state, max_attempts, timeout_ms, backoff_ms, unique_key, headers)
         values ('go', 'go', '{}', 'dead', 1, 1, 1, $1, $2::json)`,
        [key, json],
      );
      await database.query(
        `insert into dead_letters (id, actor, key, name, payload, headers, error, stack, attempts)
         values ($3, 'order', $1, 'Go', '{}', $2::json, '', '', 1)`,
        [key, json, key.length],
      );
    }
    await migrate(database, migrations);
    for (const from of ['mailbox', 'timers', 'dead_letters', '(select unique_key as key, headers from jobs)']) {
      const rows = await database.query<{ headers: string }>(`select headers from ${from} waiting order by key`);
      expect(rows.map(({ headers }) => unpacked(headers))).toEqual([bare, whole]);
    }
  });

  test('one that does not answer is said in one line that names the setting', async () => {
    await expect(open({ url: 'postgres://nobody@127.0.0.1:1/none', schema: undefined })).rejects.toThrow(
      /^Postgres at 127\.0\.0\.1:1\/none does not answer \(ECONNREFUSED\): check DATABASE_URL/,
    );
  });

  test('a frozen node loses its open turn: the server ends what is idle in a transaction [C31]', async () => {
    const [frozen, other] = [await open(), await open()];
    await frozen.query('create table held (key text primary key)');
    await frozen.query(`insert into held values ('a')`);
    const lost = frozen.transaction(async (tx) => {
      await tx.query('select from held for update');
      await until(async () => (await other.query('select from held for update skip locked')).length === 1, { timeoutMs: 8_000 });
      await tx.query('select 1');
    });
    await expect(lost).rejects.toThrow();
  });
});

describe('the embedded one', () => {
  let dataDir: string;
  let opened: Database[] = [];
  const open = async (): Promise<Database> => {
    const database = await openDatabase({ dataDir, poolSize: 1 });
    opened.push(database);
    return database;
  };
  const lockFile = () => path.join(dataDir, 'lock');
  beforeEach(async () => {
    dataDir = await newDataDir();
  });
  afterEach(async () => {
    await Promise.all(opened.map((database) => database.close()));
    opened = [];
    rmSync(dataDir, { recursive: true });
  });

  test('keeps what was committed when it is closed and opened again', async () => {
    const first = await open();
    await first.query('create table kept (number int)');
    await first.query('insert into kept values (7)');
    await first.close();
    opened = [];
    const second = await open();
    expect(await second.query('select number from kept')).toEqual([{ number: 7 }]);
  });

  test('a directory that another process holds is refused in one line that names it and the process', async () => {
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    await once(holder, 'spawn');
    writeFileSync(lockFile(), `${holder.pid}\n`);
    await expect(open()).rejects.toThrow(
      `DATA_DIR=${dataDir} is in use by process ${holder.pid}: stop it, or give this one another DATA_DIR.`,
    );
    expect(readFileSync(lockFile(), 'utf8')).toBe(`${holder.pid}\n`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    // Its holder is gone: the lock is taken over.
    const database = await open();
    expect(readFileSync(lockFile(), 'utf8')).toBe(`${process.pid}\n`);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('a directory that this process holds is refused too, and free again when it is closed', async () => {
    const first = await open();
    await expect(open()).rejects.toThrow(`DATA_DIR=${dataDir} is already open in this process.`);
    await first.close();
    opened = [];
    await open();
  });

  test('a lock file that says nothing is a stale one', async () => {
    writeFileSync(lockFile(), '');
    await open();
    expect(readFileSync(lockFile(), 'utf8')).toBe(`${process.pid}\n`);
  });

  test('a directory that cannot be made is refused by its name', async () => {
    const file = path.join(dataDir, 'file');
    writeFileSync(file, '');
    await expect(openDatabase({ dataDir: path.join(file, 'below'), poolSize: 1 })).rejects.toThrow(
      /^DATA_DIR=.*below cannot be made \(ENOTDIR\)\.$/,
    );
  });
});
